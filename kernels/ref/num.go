package ref

import "math"

// Float is the number type of an arena.
type Float interface{ float32 | float64 }

// single reports whether T is float32. The compiler folds it to a constant.
func single[T Float]() bool { return T(1<<24+1) == T(1<<24) }

func fma[T Float](a, b, c T) T {
	if single[T]() {
		return T(FMA(float32(a), float32(b), float32(c)))
	}
	return T(math.FMA(float64(a), float64(b), float64(c)))
}

// FMA returns a*b + c rounded once to float32.
//
// The product of two float32 is exact in float64. Rounding the sum first to float64 and then to
// float32 is wrong only if the first rounding gives the midpoint of two float32. This case and
// subnormal float32 results use fmaSlow.
func FMA(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	u := math.Float64bits(s)
	if u&(1<<29-1) == 1<<28 || u<<1 < 0x381<<53 {
		return fmaSlow(p, float64(c), s)
	}
	return float32(s)
}

// fmaSlow rounds p+c to odd before it rounds to float32. s is p+c rounded to nearest. The exact
// error of that rounding (Knuth's two-sum) tells on which side of s the true sum is.
func fmaSlow(p, c, s float64) float32 {
	part := s - p
	err := (p - (s - part)) + (c - part)
	u := math.Float64bits(s)
	if err == 0 || err != err || u&1 == 1 {
		return float32(s)
	}
	if (err > 0) == (s > 0) {
		return float32(math.Float64frombits(u + 1))
	}
	return float32(math.Float64frombits(u - 1))
}

func sqrt[T Float](x T) T { return T(math.Sqrt(float64(x))) }

func isNaN[T Float](x T) bool { return x != x }

func nan[T Float]() T { return T(math.NaN()) }

func inf[T Float]() T { return T(math.Inf(1)) }

// index converts an index stored as a float. ok is false unless 0 <= i < n.
func index[T Float](v T, n int) (i int, ok bool) {
	if !(v >= 0 && v < T(n)) {
		return 0, false
	}
	return int(v), true
}

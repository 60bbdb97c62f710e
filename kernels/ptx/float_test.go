package ptx

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactly is the rounded value of an exact one, given as a fraction; plain has the same value in float64, for what is not finite and
// for the sign of zero.
func exactly(x *big.Rat, plain float64) uint64 {
	switch {
	case plain != plain:
		return 0x7fffffff
	case x == nil || x.Sign() == 0:
		return uint64(math.Float32bits(float32(plain)))
	}
	f, _ := x.Float32()
	return uint64(math.Float32bits(f))
}

// rat is a number as a fraction, nil if it is not finite.
func rat(bits uint64) *big.Rat { return new(big.Rat).SetFloat64(f64(bits)) }

func f64(bits uint64) float64 { return float64(math.Float32frombits(uint32(bits))) }

// combine is f of fractions, nil if one is not finite.
func combine(f func(x ...*big.Rat) *big.Rat, bits ...uint64) *big.Rat {
	var all []*big.Rat
	for _, b := range bits {
		if all = append(all, rat(b)); all[len(all)-1] == nil {
			return nil
		}
	}
	return f(all...)
}

// ties are inputs of fma whose product is half of the way between two numbers, and a summand that decides.
func ties() (all [][4]uint64) {
	near := uint64(math.Float32bits(1 + 0x1p-12))
	for _, c := range []float32{0, 0x1p-80, -0x1p-80, 0x1p-149, -0x1p-149, 0x1p-24, -1, 3} {
		all = append(all, [4]uint64{near, near, uint64(math.Float32bits(c))})
	}
	// The same among subnormal numbers: (1 + e)(1 - e) 2^-150 is just below half of a step.
	a, b := uint64(math.Float32bits(0x1.000002p-75)), uint64(math.Float32bits(0x1.fffffcp-76))
	for _, c := range []float32{0, 1<<22 + 1, -(1<<22 + 1), 1 << 22, 1<<23 - 1} {
		all = append(all, [4]uint64{a, b, uint64(math.Float32bits(c * 0x1p-149))}, [4]uint64{a, a, uint64(math.Float32bits(c * 0x1p-149))})
	}
	return all
}

// numbers are inputs of float instructions of 32 bits: near each other, so that sums round, and any bits.
func numbers(n int) [][4]uint64 {
	r := rand.New(rand.NewPCG(3, 4))
	all := append(tuples(n), ties()...)
	for range n {
		var x [4]uint64
		for i := range x {
			x[i] = uint64(math.Float32bits(float32(math.Ldexp(r.Float64()-0.5, r.IntN(50)-25))))
		}
		all = append(all, x)
	}
	return all[:min(len(all), MaxThreads)]
}

// floatCases are instructions on numbers of 32 bits.
var floatCases = instructions{
	"add.rn.f32 r r r": func(x [4]uint64) uint64 {
		sum := func(v ...*big.Rat) *big.Rat { return new(big.Rat).Add(v[0], v[1]) }
		return exactly(combine(sum, x[0], x[1]), f64(x[0])+f64(x[1]))
	},
	"sub.rn.f32 r r r": func(x [4]uint64) uint64 {
		difference := func(v ...*big.Rat) *big.Rat { return new(big.Rat).Sub(v[0], v[1]) }
		return exactly(combine(difference, x[0], x[1]), f64(x[0])-f64(x[1]))
	},
	"mul.rn.f32 r r r": func(x [4]uint64) uint64 {
		product := func(v ...*big.Rat) *big.Rat { return new(big.Rat).Mul(v[0], v[1]) }
		return exactly(combine(product, x[0], x[1]), f64(x[0])*f64(x[1]))
	},
	"fma.rn.f32 r r r r": func(x [4]uint64) uint64 {
		both := func(v ...*big.Rat) *big.Rat { return new(big.Rat).Add(new(big.Rat).Mul(v[0], v[1]), v[2]) }
		return exactly(combine(both, x[0], x[1], x[2]), math.FMA(f64(x[0]), f64(x[1]), f64(x[2])))
	},
	"div.rn.f32 r r r": func(x [4]uint64) uint64 { return exactQuotient(x[0], x[1]) },
	"rcp.rn.f32 r r":   func(x [4]uint64) uint64 { return exactQuotient(uint64(math.Float32bits(1)), x[0]) },
	"sqrt.rn.f32 r r": func(x [4]uint64) uint64 {
		v := f64(x[0])
		if !(v > 0) || math.IsInf(v, 0) {
			return exactly(nil, math.Sqrt(v))
		}
		f, _ := new(big.Float).SetPrec(200).Sqrt(new(big.Float).SetPrec(200).SetFloat64(v)).Float32()
		return uint64(math.Float32bits(f))
	},
	"ex2.approx.f32 r r": func(x [4]uint64) uint64 { return exactly(nil, math.Pow(2, f64(x[0]))) },
	"ex2.approx.ftz.f32 r r": func(x [4]uint64) uint64 {
		if y := math.Pow(2, f64(x[0])); !(y < 0x1p-126) { // a subnormal x gives 1 with and without
			return exactly(nil, y)
		}
		return 0
	},
	"copysign.f32 r r r": func(x [4]uint64) uint64 { return x[0]&(1<<31) | x[1]&(1<<31-1) },
	"neg.f32 r r":        func(x [4]uint64) uint64 { return uint64(uint32(x[0] ^ 1<<31)) },
	"abs.f32 r r":        func(x [4]uint64) uint64 { return x[0] & 0x7fffffff },
	"min.f32 r r r":      func(x [4]uint64) uint64 { return extremeFloat(math.Min, x) },
	"max.f32 r r r":      func(x [4]uint64) uint64 { return extremeFloat(math.Max, x) },
}

func TestFloats(t *testing.T) {
	in := numbers(450)
	for instruction, want := range floatCases {
		for i, got := range evaluate(t, instruction, in) {
			if w := want(in[i]); got != w {
				t.Errorf("%s of %#x gives %#x, want %#x", instruction, in[i], got, w)
				break
			}
		}
	}
}

func exactQuotient(x, y uint64) uint64 {
	quotient := func(v ...*big.Rat) *big.Rat {
		if v[1].Sign() == 0 {
			return nil
		}
		return new(big.Rat).Quo(v[0], v[1])
	}
	return exactly(combine(quotient, x, y), f64(x)/f64(y))
}

// extremeFloat ignores what is not a number, unless both are not. f orders zeros by their signs.
func extremeFloat(f func(x, y float64) float64, x [4]uint64) uint64 {
	a, b := f64(x[0]), f64(x[1])
	switch {
	case a != a && b != b:
		return 0x7fffffff
	case a != a:
		return uint64(uint32(x[1]))
	case b != b:
		return uint64(uint32(x[0]))
	}
	return uint64(math.Float32bits(float32(f(a, b))))
}

func double(bits uint64) float64 { return math.Float64frombits(bits) }

// doubleCases are instructions on numbers of 64 bits.
var doubleCases = map[string]func(x [4]uint64) float64{
	"add.rn.f64 d d d":    func(x [4]uint64) float64 { return double(x[0]) + double(x[1]) },
	"sub.rn.f64 d d d":    func(x [4]uint64) float64 { return double(x[0]) - double(x[1]) },
	"mul.rn.f64 d d d":    func(x [4]uint64) float64 { return double(x[0]) * double(x[1]) },
	"div.rn.f64 d d d":    func(x [4]uint64) float64 { return double(x[0]) / double(x[1]) },
	"fma.rn.f64 d d d d":  func(x [4]uint64) float64 { return math.FMA(double(x[0]), double(x[1]), double(x[2])) },
	"sqrt.rn.f64 d d":     func(x [4]uint64) float64 { return math.Sqrt(double(x[0])) },
	"neg.f64 d d":         func(x [4]uint64) float64 { return math.Copysign(double(x[0]), -math.Copysign(1, double(x[0]))) },
	"abs.f64 d d":         func(x [4]uint64) float64 { return math.Abs(double(x[0])) },
	"cvt.rmi.f64.f64 d d": func(x [4]uint64) float64 { return math.Floor(double(x[0])) },
	"cvt.f64.f32 d r":     func(x [4]uint64) float64 { return f64(x[0]) },
}

func TestDoubles(t *testing.T) {
	in := tuples(500)
	for instruction, want := range doubleCases {
		for i, got := range evaluate(t, instruction, in) {
			if w := want(in[i]); got != math.Float64bits(w) && (w == w || double(got) == double(got)) {
				t.Errorf("%s of %#x gives %v, want %v", instruction, in[i], double(got), w)
				break
			}
		}
	}
}

// relations are those of setp by what they say of ordered numbers, the sign of x - y being -1, 0 or 1.
var relations = map[string]func(sign int) bool{
	"eq": func(s int) bool { return s == 0 }, "ne": func(s int) bool { return s != 0 }, "lt": func(s int) bool { return s < 0 },
	"le": func(s int) bool { return s <= 0 }, "gt": func(s int) bool { return s > 0 }, "ge": func(s int) bool { return s >= 0 },
}

func TestComparisons(t *testing.T) {
	all := instructions{}
	for name, holds := range relations {
		all["setp."+name+".s32 p r r"] = func(x [4]uint64) uint64 { return uint64(truth(holds(s32(x[0]).Cmp(s32(x[1]))))) }
		all["setp."+name+".s64 p d d"] = func(x [4]uint64) uint64 { return uint64(truth(holds(s64(x[0]).Cmp(s64(x[1]))))) }
		all["setp."+name+".u32 p r r"] = func(x [4]uint64) uint64 { return uint64(truth(holds(u32(x[0]).Cmp(u32(x[1]))))) }
		all["setp."+name+".u64 p d 7"] = func(x [4]uint64) uint64 { return uint64(truth(holds(u64(x[0]).Cmp(big.NewInt(7))))) }
		all["setp."+name+".s16 p h -1"] = func(x [4]uint64) uint64 {
			return uint64(truth(holds(big.NewInt(int64(int16(x[0]))).Cmp(big.NewInt(-1)))))
		}
		for suffix, unordered := range map[string]bool{"": false, "u": true} {
			all["setp."+name+suffix+".f32 p r r"] = func(x [4]uint64) uint64 { return ordered(f64(x[0]), f64(x[1]), holds, unordered) }
			all["setp."+name+suffix+".f64 p d d"] = func(x [4]uint64) uint64 {
				return ordered(math.Float64frombits(x[0]), math.Float64frombits(x[1]), holds, unordered)
			}
		}
		all["setp."+name+".and.s32 p r r p"] = func(x [4]uint64) uint64 { return uint64(truth(holds(s32(x[0]).Cmp(s32(x[1]))))) & x[2] & 1 }
		all["setp."+name+".xor.s32 p r r !%p3"] = func(x [4]uint64) uint64 { return uint64(truth(holds(s32(x[0]).Cmp(s32(x[1]))))) ^ 1 }
	}
	all["setp.nan.f32 p r r"] = func(x [4]uint64) uint64 { return uint64(truth(f64(x[0]) != f64(x[0]) || f64(x[1]) != f64(x[1]))) }
	all["setp.num.f32 p r r"] = func(x [4]uint64) uint64 { return uint64(truth(f64(x[0]) == f64(x[0]) && f64(x[1]) == f64(x[1]))) }
	all.check(t)
}

// ordered is a relation of floats; that of -0 and 0 is equality. "ne" is false for unordered numbers, like all without u.
func ordered(x, y float64, holds func(int) bool, unordered bool) uint64 {
	if x != x || y != y {
		return uint64(truth(unordered))
	}
	return uint64(truth(holds(new(big.Float).SetFloat64(x).Cmp(new(big.Float).SetFloat64(y)))))
}

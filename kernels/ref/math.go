package ref

import "math"

// Constants of the polynomials (S. Moshier, Cephes, single precision). The C code repeats them.
const (
	log2e    = 1.44269504088896341
	ln2Hi    = 0.693359375
	ln2Lo    = -2.12194440e-4
	magic    = 12582912 // 1.5 * 2^23: after adding it, the low bits are the rounded integer
	expMax   = 88.7228317
	expMin   = -87.3365402
	sqrtHalf = 0.707106781186547524
)

var (
	expPoly  = [...]float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
	logPoly  = [...]float32{7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1}
	tanhPoly = [...]float32{-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1}
	sinPoly  = [...]float32{-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1}
	cosPoly  = [...]float32{2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2}
)

// horner evaluates c[0] x^n + ... + c[n] with one fma per coefficient.
func horner(x float32, c []float32) float32 {
	p := c[0]
	for _, ci := range c[1:] {
		p = FMA(p, x, ci)
	}
	return p
}

// Exp is e^x within 2 ulp. It is exactly 0 below -87.33654, so no result is subnormal. It is +Inf
// above 88.72283 and NaN for NaN.
func Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > expMax:
		return float32(math.Inf(1))
	case x < expMin:
		return 0
	}
	t := FMA(x, log2e, magic)
	n := t - magic
	r := FMA(n, -ln2Hi, x)
	r = FMA(n, -ln2Lo, r)
	p := horner(r, expPoly[:])
	p = FMA(p, r*r, r) + 1
	// The low bits of t hold n: this multiplies p by 2^n.
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(t)<<23)
}

// Log is the natural logarithm within 2 ulp. It is -Inf at 0, NaN below 0 and +Inf at +Inf.
func Log(x float32) float32 {
	switch {
	case x != x || x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	case x > math.MaxFloat32:
		return x
	}
	var e float32
	if x < 0x1p-126 {
		x, e = x*0x1p23, -23
	}
	bits := math.Float32bits(x)
	e += float32(int32(bits>>23) - 126)
	m := math.Float32frombits(bits&0x7fffff | 0x3f000000) // in [1/2, 1)
	if m < sqrtHalf {
		e--
		m += m
	}
	m--
	z := m * m
	y := float32(float32(horner(m, logPoly[:])*m) * z)
	y = FMA(e, ln2Lo, y)
	y = FMA(-0.5, z, y)
	return FMA(e, ln2Hi, m+y)
}

// Tanh is within 2 ulp: an odd polynomial below 0.625, 1 - 2/(e^2|x| + 1) above.
func Tanh(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	if a < 0.625 {
		z := x * x
		return FMA(horner(z, tanhPoly[:])*z, x, x)
	}
	r := 1 - 2/(Exp(a+a)+1)
	return math.Float32frombits(math.Float32bits(r) | math.Float32bits(x)&(1<<31))
}

// Sigmoid is 1 / (1 + e^-x) within 4 ulp, with one Exp, one addition and one division.
func Sigmoid(x float32) float32 { return 1 / (1 + Exp(-x)) }

// sinCosTurns returns sin and cos of 2 pi u for u in [0, 1). It subtracts the nearest quarter turn
// exactly; the remainder is at most an eighth of a turn.
func sinCosTurns(u float32) (sin, cos float32) {
	t := FMA(u, 4, magic)
	q := math.Float32bits(t)
	f := FMA(t-magic, -0.25, u)
	a := f * (2 * math.Pi)
	z := a * a
	s := FMA(horner(z, sinPoly[:])*z, a, a)
	c := FMA(horner(z, cosPoly[:])*z, z, FMA(z, -0.5, 1))
	if q&1 == 1 {
		s, c = c, s
	}
	if q&2 != 0 {
		s = -s
	}
	if (q+1)&2 != 0 {
		c = -c
	}
	return s, c
}

func exp[T Float](x T) T  { return pick(x, Exp, math.Exp) }
func log[T Float](x T) T  { return pick(x, Log, math.Log) }
func tanh[T Float](x T) T { return pick(x, Tanh, math.Tanh) }
func sigmoid[T Float](x T) T {
	return pick(x, Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
}

func pick[T Float](x T, f32 func(float32) float32, f64 func(float64) float64) T {
	if single[T]() {
		return T(f32(float32(x)))
	}
	return T(f64(float64(x)))
}

func sinCos[T Float](turns T) (sin, cos T) {
	if single[T]() {
		s, c := sinCosTurns(float32(turns))
		return T(s), T(c)
	}
	s, c := math.Sincos(2 * math.Pi * float64(turns))
	return T(s), T(c)
}

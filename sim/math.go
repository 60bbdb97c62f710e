package sim

import "math"

// The elementary functions of the slot step. They are short and use only
// float32: additions, multiplications, one division and bit operations in a
// fixed order. So C and CUDA versions give the same bits.
//
// The Go language allows x*y + z to become one fused operation, and compilers
// fuse it on arm64 and on amd64 at level v3. An explicit float32(x*y) forbids
// that; every product below that is added to something has this form.

const (
	ln2   float32 = 0.693147180559945309
	log2e float32 = 1.44269504088896341
)

// log2f returns log2(x) for positive normal x with an error below 2 ulp.
//
// With x = 2^e m, m in [sqrt(1/2), sqrt(2)), f = m - 1 and s = f/(2+f):
// ln m = f - f^2/2 + s (f^2/2 + R(s^2)), where R(z) = 2z/3 + 2z^2/5 + ... is the
// tail of the series of 2 artanh(s). Because f is outside the series, the result
// is exact to rounding near x = 1.
func log2f(x float32) float32 {
	const sqrtHalf = 0x3f3504f3 // bits of sqrt(1/2)
	bits := math.Float32bits(x) + (0x3f800000 - sqrtHalf)
	e := float32(int32(bits>>23) - 127)
	m := math.Float32frombits(bits&0x007fffff + sqrtHalf)
	f := m - 1
	s := f / (2 + f)
	z := float32(s * s)
	r := float32(z * (2. / 9))
	r = float32(z * (r + 2./7))
	r = float32(z * (r + 2./5))
	r = float32(z * (r + 2./3))
	half := float32(float32(0.5*f) * f)
	ln := f - (half - float32(s*(half+r)))
	return float32(ln*log2e) + e
}

// exp2f returns 2^x with an error below 2 ulp for -126 <= x < 128. Below this
// range it returns 0; above, the value at the upper bound. 2^r is its Taylor
// polynomial of degree 7 on [-1/2, 1/2], with relative truncation error 5e-9.
func exp2f(x float32) float32 {
	if x < -126 {
		return 0
	}
	x = min(x, 127.99999)
	n := int32(x + 128.5) // rounds to nearest: the sum is positive, and the conversion truncates
	r := x - float32(n-128)
	p := float32(r*1.5252734e-05) + 1.5403530e-04
	p = float32(r*p) + 1.3333558e-03
	p = float32(r*p) + 9.6181291e-03
	p = float32(r*p) + 5.5504109e-02
	p = float32(r*p) + 2.4022651e-01
	p = float32(r*p) + ln2
	p = float32(r*p) + 1
	if n == 256 { // 2^128 is not a float32: scale in two steps
		return float32(p * 0x1p127 * 2)
	}
	return float32(p * math.Float32frombits(uint32(n-1)<<23))
}

// sincosTurn returns sin and cos of 2 pi u with errors below 2 ulp. The turn u is
// in [0, 1] and a multiple of 2^-24. The reduction to an eighth of a turn around
// the nearest quarter is exact; the rest are Taylor polynomials.
func sincosTurn(u float32) (sin, cos float32) {
	q := int32(float32(4*u) + 0.5)
	r := u - float32(0.25*float32(q))
	x := float32(r * 6.28318530717958648)
	z := float32(x * x)
	s := float32(z*(1./362880)) - 1./5040
	s = float32(z*s) + 1./120
	s = float32(z*s) - 1./6
	s = x + float32(x*float32(z*s))
	c := float32(z*(-1./3628800)) + 1./40320
	c = float32(z*c) - 1./720
	c = float32(z*c) + 1./24
	c = float32(z*c) - 0.5
	c = 1 + float32(z*c)
	switch q & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	default:
		return -c, s
	}
}

// sqrtf is the correctly rounded float32 square root. Rounding the float64 root
// of a float32 a second time cannot change the result (24*2+2 <= 53 bits).
func sqrtf(x float32) float32 { return float32(math.Sqrt(float64(x))) }

package ptx

import "math"

// Numbers of 32 bits are exactly rounded, to nearest even, with subnormals. A result that is not a number has the bits that the ISA
// gives it.

const (
	nan32   = 0x7fffffff
	sign32  = 1 << 31
	sign64  = 1 << 63
	infBits = 0x7f800000
)

// bits32 are the bits of a result.
func bits32(x float32) uint32 {
	if x != x {
		return nan32
	}
	return math.Float32bits(x)
}

func float32of(bits uint32) float32 { return math.Float32frombits(bits) }

func bits64(x float64) uint64 { return math.Float64bits(x) }

func float64of(bits uint64) float64 { return math.Float64frombits(bits) }

// fma32 is a b + c with one rounding. The product is exact in float64. So is the sum of the rounded sum and its error (Knuth), with
// which the rounded sum becomes one that is rounded to odd: that can be rounded once more without harm (Boldo and Melquiond, 2008).
func fma32(a, b, c uint32) uint32 {
	p, z := float64(float32of(a))*float64(float32of(b)), float64(float32of(c))
	s := p + z
	bits := math.Float64bits(s)
	if bits&(1<<29-1) == 1<<28 || math.Abs(s) < 0x1p-126 { // a tie of float32, or a subnormal number, where ties are elsewhere
		if t := s - p; bits&1 == 0 && !math.IsInf(s, 0) {
			if e := (p - (s - t)) + (z - t); e != 0 {
				s = towards(s, e)
			}
		}
	}
	return bits32(float32(s))
}

// towards is the neighbour of s in the direction of e: the odd one of the two numbers around the exact sum.
func towards(s, e float64) float64 {
	if e > 0 {
		return math.Nextafter(s, math.Inf(1))
	}
	return math.Nextafter(s, math.Inf(-1))
}

// min32 and max32 return the other operand if one is not a number, and take -0 as less than +0.
func min32(a, b uint32) uint32 {
	x, y := float32of(a), float32of(b)
	switch {
	case x != x:
		return bits32(y)
	case y != y, x < y:
		return a
	case x == y:
		return a | b&sign32
	}
	return b
}

func max32(a, b uint32) uint32 {
	x, y := float32of(a), float32of(b)
	switch {
	case x != x:
		return bits32(y)
	case y != y, x > y:
		return a
	case x == y:
		return a & (b | ^uint32(sign32))
	}
	return b
}

// tf32 rounds to 10 bits of mantissa, ties away from zero.
func tf32(a uint32) uint32 {
	if a&^sign32 > infBits {
		return 0x7fffe000
	}
	return (a + 0x1000) & 0xffffe000
}

// bf16 rounds to 7 bits of mantissa, ties to even.
func bf16(a uint32) uint32 {
	if a&^sign32 > infBits {
		return 0x7fff
	}
	return (a + 0x7fff + a>>16&1) >> 16
}

// half rounds float32 to float16: 5 bits of exponent, 10 of mantissa, ties to even.
func half(a uint32) uint32 {
	sign, x := a>>16&0x8000, a&^sign32
	switch {
	case x > infBits:
		return 0x7fff
	case x >= 0x477ff000: // 65520, half of the way to the next power of two
		return sign | 0x7c00
	case x < 0x38800000: // 2^-14: subnormal, in units of 2^-24
		return sign | uint32(math.RoundToEven(float64(float32of(x))*0x1p24))
	}
	return sign | (x+0xfff+x>>13&1-0x38000000)>>13
}

// ofHalf is the float32 of a float16.
func ofHalf(h uint32) uint32 {
	sign, exponent, mantissa := h&0x8000<<16, h>>10&31, h&0x3ff
	switch exponent {
	case 0:
		return sign | math.Float32bits(float32(mantissa)*0x1p-24)
	case 31:
		if mantissa != 0 {
			return nan32
		}
		return sign | infBits
	}
	return sign | (exponent+112)<<23 | mantissa<<13
}

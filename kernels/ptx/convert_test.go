package ptx

import (
	"math"
	"math/big"
	"sort"
	"testing"
)

// toInteger rounds a float to an integer of n bits, cut to its range.
func toInteger(x float64, round func(float64) float64, n uint, signed bool) uint64 {
	least, most := big.NewInt(0), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(1))
	if signed {
		most.Rsh(most, 1)
		least.Not(most)
	}
	switch {
	case x != x && n == 64:
		return 1 << 63
	case x != x:
		return 0
	case math.IsInf(x, 1):
		return low(most, n)
	case math.IsInf(x, -1):
		return low(least, n)
	}
	whole, _ := new(big.Float).SetFloat64(round(x)).Int(nil)
	switch {
	case whole.Cmp(least) < 0:
		whole = least
	case whole.Cmp(most) > 0:
		whole = most
	}
	return low(whole, n)
}

// nearest is an integer as float32.
func nearest(x *big.Int) uint64 {
	f, _ := new(big.Float).SetInt(x).Float32()
	return uint64(math.Float32bits(f))
}

// conversionCases are conversions.
var conversionCases = instructions{
	"cvt.u64.u32 d r":      func(x [4]uint64) uint64 { return x[0] & 0xffffffff },
	"cvt.s64.s32 d r":      func(x [4]uint64) uint64 { return low(s32(x[0]), 64) },
	"cvt.u32.u64 r d":      func(x [4]uint64) uint64 { return x[0] & 0xffffffff },
	"cvt.u16.u32 h r":      func(x [4]uint64) uint64 { return x[0] & 0xffff },
	"cvt.u32.u16 r h":      func(x [4]uint64) uint64 { return x[0] & 0xffff },
	"cvt.s32.s16 r h":      func(x [4]uint64) uint64 { return uint64(uint32(int32(int16(x[0])))) },
	"cvt.s32.s8 r r":       func(x [4]uint64) uint64 { return uint64(uint32(int32(int8(x[0])))) },
	"cvt.s8.s32 h r":       func(x [4]uint64) uint64 { return uint64(uint16(int8(x[0]))) },
	"cvt.u8.s32 r r":       func(x [4]uint64) uint64 { return x[0] & 0xff },
	"cvt.s64.s16 d h":      func(x [4]uint64) uint64 { return uint64(int64(int16(x[0]))) },
	"cvt.rn.f32.s32 r r":   func(x [4]uint64) uint64 { return nearest(s32(x[0])) },
	"cvt.rn.f32.u32 r r":   func(x [4]uint64) uint64 { return nearest(u32(x[0])) },
	"cvt.rn.f32.s64 r d":   func(x [4]uint64) uint64 { return nearest(s64(x[0])) },
	"cvt.rn.f32.u64 r d":   func(x [4]uint64) uint64 { return nearest(u64(x[0])) },
	"cvt.rn.f32.u16 r h":   func(x [4]uint64) uint64 { return nearest(big.NewInt(int64(x[0] & 0xffff))) },
	"cvt.rn.f64.u64 d d":   func(x [4]uint64) uint64 { return math.Float64bits(roundUnsigned(x[0])) },
	"cvt.rzi.s32.f32 r r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Trunc, 32, true) },
	"cvt.rzi.u32.f32 r r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Trunc, 32, false) },
	"cvt.rzi.s64.f32 d r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Trunc, 64, true) },
	"cvt.rzi.u64.f32 d r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Trunc, 64, false) },
	"cvt.rni.s32.f32 r r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.RoundToEven, 32, true) },
	"cvt.rmi.s32.f32 r r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Floor, 32, true) },
	"cvt.rpi.s32.f32 r r":  func(x [4]uint64) uint64 { return toInteger(f64(x[0]), math.Ceil, 32, true) },
	"cvt.rmi.f32.f32 r r":  func(x [4]uint64) uint64 { return exactly(nil, math.Floor(f64(x[0]))) },
	"cvt.rna.tf32.f32 r r": func(x [4]uint64) uint64 { return shorter(x[0], 13, awayFromZero, 0x7fffe000) },
	"cvt.rn.bf16.f32 h r":  func(x [4]uint64) uint64 { return shorter(x[0], 16, toEven, 0x7fff0000) >> 16 },
	"cvt.rn.bf16x2.f32 r r r": func(x [4]uint64) uint64 {
		return shorter(x[0], 16, toEven, 0x7fff0000) | shorter(x[1], 16, toEven, 0x7fff0000)>>16
	},
	"cvt.f32.bf16 r h":       func(x [4]uint64) uint64 { return x[0] & 0xffff << 16 },
	"cvt.rn.f16.f32 h r":     func(x [4]uint64) uint64 { return nearestHalf(f64(x[0])) },
	"cvt.rn.f16x2.f32 r r r": func(x [4]uint64) uint64 { return nearestHalf(f64(x[0]))<<16 | nearestHalf(f64(x[1])) },
	"cvt.f32.f16 r h":        func(x [4]uint64) uint64 { return exactly(nil, halfValue(x[0]&0xffff)) },
	"cvt.rn.f32.f64 r d": func(x [4]uint64) uint64 {
		return exactly(new(big.Rat).SetFloat64(math.Float64frombits(x[0])), math.Float64frombits(x[0]))
	},
}

func TestConversions(t *testing.T) { conversionCases.check(t) }

// roundUnsigned is the nearest float64.
func roundUnsigned(x uint64) float64 {
	f, _ := new(big.Float).SetInt(u64(x)).Float64()
	return f
}

func toEven(below uint64, cut, rest int) bool { return rest > 0 || rest == 0 && below>>cut&1 == 1 }

func awayFromZero(_ uint64, _, rest int) bool { return rest >= 0 }

// shorter rounds the lowest bits of a float32 away: to the number below in magnitude, or to the one above if up says so from the sign
// of what is cut off minus a half.
func shorter(x uint64, cut int, up func(below uint64, cut, rest int) bool, nan uint64) uint64 {
	x = uint64(uint32(x))
	if v := f64(x); v != v {
		return nan
	}
	below := x >> cut << cut
	rest := new(big.Int).Sub(new(big.Int).Lsh(u64(x-below), 1), big.NewInt(1<<cut)).Sign()
	if up(below, cut, rest) {
		return below + 1<<cut
	}
	return below
}

// halfValue is the number that a float16 stands for.
func halfValue(h uint64) float64 {
	sign := 1 - 2*float64(h>>15)
	exponent, mantissa := int(h>>10&31), float64(h&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(mantissa, -24)
	case 31:
		if mantissa > 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+mantissa, exponent-25)
}

// nearestHalf searches among the values of float16. Half of the way to 2^16 is beyond them.
func nearestHalf(x float64) uint64 {
	sign := uint64(0)
	if math.Signbit(x) {
		sign = 0x8000
	}
	magnitude := math.Abs(x)
	switch {
	case x != x:
		return 0x7fff
	case magnitude >= 65520:
		return sign | 0x7c00
	}
	above := uint64(sort.Search(0x7c00, func(h int) bool { return halfValue(uint64(h)) >= magnitude }))
	if above == 0 {
		return sign
	}
	up, down := halfValue(above)-magnitude, magnitude-halfValue(above-1)
	if above == 0x7c00 {
		up = 65536 - magnitude
	}
	if up < down || up == down && above&1 == 0 {
		return sign | above
	}
	return sign | (above - 1)
}

package ptx

import "math"

// floats is arithmetic with exact rounding to nearest. Of the forms that flush subnormals or approximate, only the one that kernels
// ask for is here: devices may be off by 2^-22 in ex2, this is the nearest number.
var floats = table{
	"add.rn.f32 add.f32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return bits32(float32of(x) + float32of(y)) })
	}),
	"sub.rn.f32 sub.f32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return bits32(float32of(x) - float32of(y)) })
	}),
	"mul.rn.f32 mul.f32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return bits32(float32of(x) * float32of(y)) })
	}),
	"div.rn.f32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return bits32(float32of(x) / float32of(y)) })
	}),
	"fma.rn.f32": op3(func(d, a, b, c []uint32) { each3(d, a, b, c, fma32) }),
	"rcp.rn.f32": op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return bits32(1 / float32of(x)) }) }),
	"sqrt.rn.f32": op1(func(d, a []uint32) {
		each1(d, a, func(x uint32) uint32 { return bits32(float32(math.Sqrt(float64(float32of(x))))) })
	}),
	"min.f32":      op2(func(d, a, b []uint32) { each2(d, a, b, min32) }),
	"max.f32":      op2(func(d, a, b []uint32) { each2(d, a, b, max32) }),
	"neg.f32":      op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return x ^ sign32 }) }),
	"abs.f32":      op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return x &^ sign32 }) }),
	"copysign.f32": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x&sign32 | y&^sign32 }) }),

	"ex2.approx.f32": op1(func(d, a []uint32) {
		each1(d, a, func(x uint32) uint32 { return bits32(float32(math.Exp2(float64(float32of(x))))) })
	}),
	"ex2.approx.ftz.f32": op1(func(d, a []uint32) {
		each1(d, a, func(x uint32) uint32 { return flushed(bits32(float32(math.Exp2(float64(float32of(flushed(x))))))) })
	}),

	"add.rn.f64 add.f64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return bits64(float64of(x) + float64of(y)) })
	}),
	"sub.rn.f64 sub.f64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return bits64(float64of(x) - float64of(y)) })
	}),
	"mul.rn.f64 mul.f64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return bits64(float64of(x) * float64of(y)) })
	}),
	"div.rn.f64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return bits64(float64of(x) / float64of(y)) })
	}),
	"fma.rn.f64":  op3(func(d, a, b, c []uint64) { each3(d, a, b, c, fma64) }),
	"sqrt.rn.f64": op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return bits64(math.Sqrt(float64of(x))) }) }),
	"neg.f64":     op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x ^ sign64 }) }),
	"abs.f64":     op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x &^ sign64 }) }),
}

// flushed is a number with zero in place of a subnormal one.
func flushed(x uint32) uint32 {
	if x&infBits == 0 {
		return x & sign32
	}
	return x
}

func fma64(x, y, z uint64) uint64 { return bits64(math.FMA(float64of(x), float64of(y), float64of(z))) }

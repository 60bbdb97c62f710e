package ptx

import "math/bits"

// table is instructions that share a form. A key is one or more opcodes.
type table map[string]maker

// makers are the instructions whose opcode alone says what they do.
var makers = map[string]maker{}

// families are those whose opcode has parts to be read, by its first word.
var families map[string]func(o *operands, in *instruction)

// integers are arithmetic in 32 and 64 bits. Division by zero gives all ones, as devices do; the remainder is then the dividend.
var integers = table{
	"add.s32 add.u32":       op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x + y }) }),
	"add.s64 add.u64":       op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x + y }) }),
	"sub.s32 sub.u32":       op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x - y }) }),
	"sub.s64 sub.u64":       op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x - y }) }),
	"mul.lo.s32 mul.lo.u32": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x * y }) }),
	"mul.lo.s64 mul.lo.u64": op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x * y }) }),
	"mul.hi.u32":            op2(func(d, a, b []uint32) { each2(d, a, b, mulHi) }),
	"mul.hi.s32":            op2(func(d, a, b []uint32) { each2(d, a, b, mulHiSigned) }),
	"mul.hi.u64":            op2(func(d, a, b []uint64) { each2(d, a, b, mulHi64) }),
	"mul.hi.s64":            op2(func(d, a, b []uint64) { each2(d, a, b, mulHiSigned64) }),
	"mul.wide.u32":          op2(func(d []uint64, a, b []uint32) { each2(d, a, b, mulWide) }),
	"mul.wide.s32":          op2(func(d []uint64, a, b []uint32) { each2(d, a, b, mulWideSigned) }),
	"mul.wide.u16":          op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x * y }) }),
	"mul.wide.s16":          op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return signed16(x) * signed16(y) }) }),
	"mad.lo.s32 mad.lo.u32": op3(func(d, a, b, c []uint32) { each3(d, a, b, c, func(x, y, z uint32) uint32 { return x*y + z }) }),
	"mad.lo.s64 mad.lo.u64": op3(func(d, a, b, c []uint64) { each3(d, a, b, c, func(x, y, z uint64) uint64 { return x*y + z }) }),
	"mad.hi.u32":            op3(func(d, a, b, c []uint32) { each3(d, a, b, c, func(x, y, z uint32) uint32 { return mulHi(x, y) + z }) }),
	"mad.hi.s32": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, z uint32) uint32 { return mulHiSigned(x, y) + z })
	}),
	"mad.wide.u32": op3(func(d []uint64, a, b []uint32, c []uint64) {
		each3(d, a, b, c, func(x, y uint32, z uint64) uint64 { return mulWide(x, y) + z })
	}),
	"mad.wide.s32": op3(func(d []uint64, a, b []uint32, c []uint64) {
		each3(d, a, b, c, func(x, y uint32, z uint64) uint64 { return mulWideSigned(x, y) + z })
	}),
	"div.u32": op2(func(d, a, b []uint32) { each2(d, a, b, divide[uint32]) }),
	"div.u64": op2(func(d, a, b []uint64) { each2(d, a, b, divide[uint64]) }),
	"div.s32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(divide(int32(x), int32(y))) })
	}),
	"div.s64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return uint64(divide(int64(x), int64(y))) })
	}),
	"rem.u32": op2(func(d, a, b []uint32) { each2(d, a, b, remainder[uint32]) }),
	"rem.u64": op2(func(d, a, b []uint64) { each2(d, a, b, remainder[uint64]) }),
	"rem.s32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(remainder(int32(x), int32(y))) })
	}),
	"rem.s64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return uint64(remainder(int64(x), int64(y))) })
	}),
	"min.u32": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return min(x, y) }) }),
	"min.u64": op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return min(x, y) }) }),
	"min.s32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(min(int32(x), int32(y))) })
	}),
	"min.s64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return uint64(min(int64(x), int64(y))) })
	}),
	"max.u32": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return max(x, y) }) }),
	"max.u64": op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return max(x, y) }) }),
	"max.s32": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(max(int32(x), int32(y))) })
	}),
	"max.s64": op2(func(d, a, b []uint64) {
		each2(d, a, b, func(x, y uint64) uint64 { return uint64(max(int64(x), int64(y))) })
	}),
	"neg.s32":               op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return -x }) }),
	"neg.s64":               op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return -x }) }),
	"abs.s32":               op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return uint32(max(int32(x), -int32(x))) }) }),
	"abs.s64":               op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return uint64(max(int64(x), -int64(x))) }) }),
	"add.s16 add.u16":       op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return (x + y) & 0xffff }) }),
	"sub.s16 sub.u16":       op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return (x - y) & 0xffff }) }),
	"mul.lo.s16 mul.lo.u16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x * y & 0xffff }) }),
	"mad.lo.s16 mad.lo.u16": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, z uint32) uint32 { return (x*y + z) & 0xffff })
	}),
	"neg.s16": op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return -x & 0xffff }) }),
	"min.u16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return min(x, y) }) }),
	"max.u16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return max(x, y) }) }),
	"min.s16": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(uint16(min(int16(x), int16(y)))) })
	}),
	"max.s16": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, y uint32) uint32 { return uint32(uint16(max(int16(x), int16(y)))) })
	}),
}

func mulHi(x, y uint32) uint32         { return uint32(uint64(x) * uint64(y) >> 32) }
func mulHiSigned(x, y uint32) uint32   { return uint32(int64(int32(x)) * int64(int32(y)) >> 32) }
func mulWide(x, y uint32) uint64       { return uint64(x) * uint64(y) }
func mulWideSigned(x, y uint32) uint64 { return uint64(int64(int32(x)) * int64(int32(y))) }
func signed16(x uint32) uint32         { return uint32(int32(int16(x))) }

func mulHi64(x, y uint64) uint64 {
	high, _ := bits.Mul64(x, y)
	return high
}

// mulHiSigned64 corrects the unsigned product: a negative factor x counts as x + 2^64 there.
func mulHiSigned64(x, y uint64) uint64 {
	return mulHi64(x, y) - uint64(int64(x)>>63)&y - uint64(int64(y)>>63)&x
}

type integer interface {
	int32 | int64 | uint32 | uint64
}

func divide[T integer](x, y T) T {
	if y == 0 {
		return ^T(0)
	}
	return x / y
}

func remainder[T integer](x, y T) T {
	if y == 0 {
		return x
	}
	return x % y
}

package ptx

import "math/bits"

// logic is what acts on bits, moves and selections.
var logic = table{
	"and.b32 and.pred and.b16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x & y }) }),
	"or.b32 or.pred or.b16":    op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x | y }) }),
	"xor.b32 xor.pred xor.b16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return x ^ y }) }),
	"and.b64":                  op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x & y }) }),
	"or.b64":                   op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x | y }) }),
	"xor.b64":                  op2(func(d, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint64 { return x ^ y }) }),
	"not.b32":                  op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return ^x }) }),
	"not.b64":                  op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return ^x }) }),
	"not.b16":                  op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return ^x & 0xffff }) }),
	"not.pred":                 op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return x ^ 1 }) }),
	"cnot.b32":                 op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return truth(x == 0) }) }),
	"shl.b32":                  op2(func(d, a, b []uint32) { each2(d, a, b, func(x, n uint32) uint32 { return x << n }) }),
	"shr.u32 shr.b32":          op2(func(d, a, b []uint32) { each2(d, a, b, func(x, n uint32) uint32 { return x >> n }) }),
	"shr.s32":                  op2(func(d, a, b []uint32) { each2(d, a, b, func(x, n uint32) uint32 { return uint32(int32(x) >> n) }) }),
	"shl.b64":                  op2(func(d, a []uint64, b []uint32) { each2(d, a, b, func(x uint64, n uint32) uint64 { return x << n }) }),
	"shr.u64 shr.b64":          op2(func(d, a []uint64, b []uint32) { each2(d, a, b, func(x uint64, n uint32) uint64 { return x >> n }) }),
	"shr.s64": op2(func(d, a []uint64, b []uint32) {
		each2(d, a, b, func(x uint64, n uint32) uint64 { return uint64(int64(x) >> n) })
	}),
	"shl.b16":         op2(func(d, a, b []uint32) { each2(d, a, b, func(x, n uint32) uint32 { return x << n & 0xffff }) }),
	"shr.u16 shr.b16": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, n uint32) uint32 { return x >> n }) }),
	"shr.s16": op2(func(d, a, b []uint32) {
		each2(d, a, b, func(x, n uint32) uint32 { return uint32(uint16(int16(x) >> n)) })
	}),
	"shf.l.clamp.b32": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, n uint32) uint32 { return uint32(funnel(x, y) << min(n, 32) >> 32) })
	}),
	"shf.l.wrap.b32": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, n uint32) uint32 { return uint32(funnel(x, y) << (n & 31) >> 32) })
	}),
	"shf.r.clamp.b32": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, n uint32) uint32 { return uint32(funnel(x, y) >> min(n, 32)) })
	}),
	"shf.r.wrap.b32": op3(func(d, a, b, c []uint32) {
		each3(d, a, b, c, func(x, y, n uint32) uint32 { return uint32(funnel(x, y) >> (n & 31)) })
	}),
	"selp.b32 selp.u32 selp.s32 selp.f32": op3(func(d, a, b, c []uint32) { each3(d, a, b, c, choose[uint32]) }),
	"selp.b16 selp.u16 selp.s16":          op3(func(d, a, b, c []uint32) { each3(d, a, b, c, choose[uint32]) }),
	"selp.b64 selp.u64 selp.s64 selp.f64": op3(func(d, a, b []uint64, c []uint32) { each3(d, a, b, c, choose[uint64]) }),
	"popc.b32":                            op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return uint32(bits.OnesCount32(x)) }) }),
	"popc.b64": op1(func(d []uint32, a []uint64) {
		each1(d, a, func(x uint64) uint32 { return uint32(bits.OnesCount64(x)) })
	}),
	"clz.b32": op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return uint32(bits.LeadingZeros32(x)) }) }),
	"clz.b64": op1(func(d []uint32, a []uint64) {
		each1(d, a, func(x uint64) uint32 { return uint32(bits.LeadingZeros64(x)) })
	}),
	"brev.b32":  op1(func(d, a []uint32) { each1(d, a, bits.Reverse32) }),
	"brev.b64":  op1(func(d, a []uint64) { each1(d, a, bits.Reverse64) }),
	"bfind.u32": op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return uint32(bits.Len32(x) - 1) }) }),
	"bfind.s32": op1(func(d, a []uint32) {
		each1(d, a, func(x uint32) uint32 { return uint32(bits.Len32(x^uint32(int32(x)>>31)) - 1) })
	}),
	"bfind.shiftamt.u32": op1(func(d, a []uint32) { each1(d, a, shiftAmount) }),
	"bfind.shiftamt.s32": op1(func(d, a []uint32) {
		each1(d, a, func(x uint32) uint32 { return shiftAmount(x ^ uint32(int32(x)>>31)) })
	}),
	"bfind.u64": op1(func(d []uint32, a []uint64) { each1(d, a, func(x uint64) uint32 { return uint32(bits.Len64(x) - 1) }) }),
	"prmt.b32":  op3(func(d, a, b, c []uint32) { each3(d, a, b, c, permute) }),
	"bfe.u32":   op3(func(d, a, b, c []uint32) { each3(d, a, b, c, extract) }),
	"bfe.s32":   op3(func(d, a, b, c []uint32) { each3(d, a, b, c, extractSigned) }),
	"bfi.b32":   op4(func(d, a, b, c, e []uint32) { each4(d, a, b, c, e, insert) }),
	"bfi.b64":   op4(func(d, a, b []uint64, c, e []uint32) { each4(d, a, b, c, e, insert64) }),
	"lop3.b32":  op4(func(d, a, b, c, e []uint32) { each4(d, a, b, c, e, lookup) }),
}

func truth(x bool) uint32 {
	if x {
		return 1
	}
	return 0
}

func choose[T lane](x, y T, p uint32) T {
	if p != 0 {
		return x
	}
	return y
}

// funnel is the 64 bits of which low is the lower half.
func funnel(low, high uint32) uint64 { return uint64(high)<<32 | uint64(low) }

func shiftAmount(x uint32) uint32 {
	if x == 0 {
		return ^uint32(0)
	}
	return uint32(bits.LeadingZeros32(x))
}

// permute takes four of the eight bytes of x (0 to 3) and y (4 to 7), by the digits of selector. Bit 3 of a digit spreads the sign.
func permute(x, y, selector uint32) (d uint32) {
	all := funnel(x, y)
	for i := range 4 {
		digit := selector >> (4 * i)
		c := uint32(all>>(8*(digit&7))) & 0xff
		if digit&8 != 0 {
			c = uint32(int32(int8(c))>>7) & 0xff
		}
		d |= c << (8 * i)
	}
	return d
}

// extract is the n bits of x from bit at on; bits beyond 31 are zero.
func extract(x, at, n uint32) uint32 {
	at, n = at&0xff, n&0xff
	return x >> at & (1<<n - 1)
}

// extractSigned spreads the highest bit that it takes; bits beyond 31 are those of the sign.
func extractSigned(x, at, n uint32) uint32 {
	at, n = at&0xff, n&0xff
	if n == 0 {
		return 0
	}
	wide := int64(int32(x)) >> min(at, 63)
	if n >= 32 {
		return uint32(wide)
	}
	return uint32(wide << (64 - n) >> (64 - n))
}

// insert replaces n bits of y from bit at on by those of x.
func insert(x, y, at, n uint32) uint32 {
	at, n = at&0xff, n&0xff
	mask := uint32(1<<n-1) << at
	return y&^mask | x<<at&mask
}

func insert64(x, y uint64, at, n uint32) uint64 {
	at, n = at&0xff, n&0xff
	mask := uint64(1<<n-1) << at
	return y&^mask | x<<at&mask
}

// lookup is the function of three bits whose truth table is the fourth operand.
func lookup(x, y, z, truths uint32) (d uint32) {
	for i := range uint32(8) {
		if truths>>i&1 != 0 {
			d |= (x ^ (i>>2&1 - 1)) & (y ^ (i>>1&1 - 1)) & (z ^ (i&1 - 1))
		}
	}
	return d
}

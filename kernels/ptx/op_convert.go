package ptx

import "math"

// packs are conversions of float32 to short formats; a pair has its first operand in the upper half.
var packs = table{
	"cvt.rna.tf32.f32":  op1(func(d, a []uint32) { each1(d, a, tf32) }),
	"cvt.rn.bf16.f32":   op1(func(d, a []uint32) { each1(d, a, bf16) }),
	"cvt.rn.bf16x2.f32": op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return bf16(x)<<16 | bf16(y) }) }),
	"cvt.f32.bf16":      op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return x << 16 }) }),
	"cvt.rn.f16.f32":    op1(func(d, a []uint32) { each1(d, a, half) }),
	"cvt.rn.f16x2.f32":  op2(func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return half(x)<<16 | half(y) }) }),
	"cvt.f32.f16":       op1(func(d, a []uint32) { each1(d, a, ofHalf) }),
	"cvt.rn.f32.f64": op1(func(d []uint32, a []uint64) {
		each1(d, a, func(x uint64) uint32 { return bits32(float32(float64of(x))) })
	}),
	"cvt.f64.f32": op1(func(d []uint64, a []uint32) {
		each1(d, a, func(x uint32) uint64 { return bits64(float64(float32of(x))) })
	}),
}

// roundings are to an integer: to nearest even, towards zero, down, up.
var roundings = map[string]func(float64) float64{"rni": math.RoundToEven, "rzi": math.Trunc, "rmi": math.Floor, "rpi": math.Ceil}

// conversion makes cvt: between integers, between integers and floats, and from floats to whole floats.
func conversion(o *operands, in *instruction) {
	words := o.words[1:]
	rounding := ""
	if len(words) == 3 {
		rounding, words = words[0], words[1:]
	}
	if len(words) != 2 {
		o.unknown()
		return
	}
	to, from := kinds[words[0]], kinds[words[1]]
	f := converter(rounding, to, from)
	if f == nil {
		o.unknown()
		return
	}
	o.count(2)
	register := o.kindOf(0)
	in.act = o.through(from, func(x uint64) uint64 { return extend(f(x), to) & register.mask() })
}

// converter is the conversion of the bits of one type to those of another, or nil.
func converter(rounding string, to, from kind) func(uint64) uint64 {
	whole := roundings[rounding]
	switch {
	case !to.converts() || !from.converts():
		return nil
	case from.class != 'f' && to.class != 'f':
		if rounding != "" {
			return nil
		}
		return func(x uint64) uint64 { return extend(x, from) & to.mask() }
	case from.class != 'f' && rounding == "rn":
		return func(x uint64) uint64 { return ofInteger(extend(x, from), to, from.class == 's') }
	case from.class == 'f' && to.class != 'f' && whole != nil:
		return func(x uint64) uint64 { return saturate(whole(number64(x, from)), to, from) }
	case from == to && whole != nil:
		return func(x uint64) uint64 { return numberBits(whole(number64(x, from)), to) }
	case from == to && rounding == "":
		return func(x uint64) uint64 { return x }
	}
	return nil
}

// converts reports that cvt has rules for a type that do not depend on the other one: integers, float32 and float64.
func (k kind) converts() bool {
	return k.class == 's' || k.class == 'u' || k.class == 'f' && k.bits >= 32
}

// extend is an integer with 64 bits.
func extend(x uint64, k kind) uint64 {
	if k.class == 's' {
		return uint64(int64(x<<(64-k.bits)) >> (64 - k.bits))
	}
	return x & k.mask()
}

// ofInteger is the nearest float.
func ofInteger(x uint64, to kind, signed bool) uint64 {
	switch {
	case to.bits == 32 && signed:
		return uint64(math.Float32bits(float32(int64(x))))
	case to.bits == 32:
		return uint64(math.Float32bits(float32(x)))
	case signed:
		return bits64(float64(int64(x)))
	}
	return bits64(float64(x))
}

func number64(x uint64, k kind) float64 {
	if k.bits == 32 {
		return float64(float32of(uint32(x)))
	}
	return float64of(x)
}

func numberBits(x float64, k kind) uint64 {
	if k.bits == 32 {
		return uint64(bits32(float32(x)))
	}
	return bits64(x)
}

// saturate is a whole number as an integer, cut to its range. What is not a number becomes zero, or the highest bit if 64 bits are
// involved.
func saturate(x float64, to, from kind) uint64 {
	low, high := 0.0, math.Ldexp(1, to.bits)
	least, most := uint64(0), to.mask()
	if to.class == 's' {
		low, high = -high/2, high/2
		least, most = uint64(1)<<(to.bits-1), to.mask()>>1
	}
	switch {
	case x != x:
		if to.bits == 64 || from.bits == 64 {
			return 1 << (to.bits - 1)
		}
		return 0
	case x <= low:
		return least
	case x >= high:
		return most
	case to.class == 's':
		return uint64(int64(x)) & to.mask()
	}
	return uint64(x)
}

// through applies f to operand 1, a number of kind from. The result may go to a wider register, and operand 1 may be one.
func (o *operands) through(from kind, f func(uint64) uint64) action {
	wideTarget := o.isWide(0)
	if o.isWide(1) || from.bits == 64 {
		a := source[uint64](o, 1)
		if wideTarget {
			d := target[uint64](o, 0)
			return func(b *block, at run) { each1(d.of(b, at), a.of(b, at), f) }
		}
		d := target[uint32](o, 0)
		return func(b *block, at run) {
			each1(d.of(b, at), a.of(b, at), func(x uint64) uint32 { return uint32(f(x)) })
		}
	}
	a := source[uint32](o, 1)
	if wideTarget {
		d := target[uint64](o, 0)
		return func(b *block, at run) {
			each1(d.of(b, at), a.of(b, at), func(x uint32) uint64 { return f(uint64(x)) })
		}
	}
	d := target[uint32](o, 0)
	return func(b *block, at run) {
		each1(d.of(b, at), a.of(b, at), func(x uint32) uint32 { return uint32(f(uint64(x))) })
	}
}

// kindOf is the type of the register that is operand i, or zero.
func (o *operands) kindOf(i int) kind {
	if s, ok := o.a.scope.find(o.list[i]); ok && s.space == register {
		return s.typ
	}
	return kind{}
}

// isWide reports that an operand is a register of 64 bits.
func (o *operands) isWide(i int) bool { return o.kindOf(i).wide() }

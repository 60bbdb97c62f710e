package ptx

// moves are mov of whole registers; cvta between global addresses, which generic ones contain, is one.
var moves = table{
	"mov.b64 mov.u64 mov.s64 mov.f64 cvta.global.u64 cvta.to.global.u64 cvta.const.u64 cvta.to.const.u64": op1(func(d, a []uint64) { copy(d, a) }),
	"mov.b32 mov.u32 mov.s32 mov.f32 mov.b16 mov.u16 mov.s16":                                             op1(func(d, a []uint32) { copy(d, a) }),
	"mov.pred":           op1(func(d, a []uint32) { each1(d, a, func(x uint32) uint32 { return truth(x != 0) }) }), // nvcc writes -1 for true
	"cvta.shared.u64":    op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x + sharedWindow }) }),
	"cvta.to.shared.u64": op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x - sharedWindow }) }),
	"cvta.local.u64":     op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x + localWindow }) }),
	"cvta.to.local.u64":  op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x - localWindow }) }),
	"cvta.param.u64":     op1(func(d, a []uint64) { each1(d, a, func(x uint64) uint64 { return x + paramWindow }) }),
}

// move makes mov, also "mov.b64 {a, b}, c" and "mov.b64 c, {a, b}", where a has the lower bits.
func move(o *operands, in *instruction) {
	o.count(2)
	to, from := o.vector(0), o.vector(1)
	switch whole, ok := plainMoves[o.opcode]; {
	case ok && len(to) == 1 && len(from) == 1:
		in.act = whole(o)
	case len(to) > 1 && len(from) == 1:
		in.act = o.split(to)
	case len(from) > 1 && len(to) == 1:
		in.act = o.join(from)
	default:
		o.unknown()
	}
}

// plainMoves are moves by opcode.
var plainMoves = map[string]maker{}

// part is the width of one of n parts of the instruction's type.
func (o *operands) part(n int) kind {
	k := kind{'b', o.typ.bits / n}
	if o.typ.bits%n != 0 || k.bits != 16 && k.bits != 32 {
		o.fail("%s has no %d parts", o.opcode, n)
	}
	return k
}

// split moves the parts of operand 1 to registers.
func (o *operands) split(to []string) action {
	part := o.part(len(to))
	var targets []r32
	for _, x := range to {
		targets = append(targets, o.write32(x))
	}
	if o.typ.bits == 64 {
		a := source[uint64](o, 1)
		return func(b *block, at run) {
			for i, d := range targets {
				each1(d.of(b, at), a.of(b, at), func(x uint64) uint32 { return uint32(x >> (i * part.bits) & part.mask()) })
			}
		}
	}
	a := source[uint32](o, 1)
	return func(b *block, at run) {
		for i, d := range targets {
			each1(d.of(b, at), a.of(b, at), func(x uint32) uint32 { return x >> (i * part.bits) & uint32(part.mask()) })
		}
	}
}

// join moves registers to the parts of operand 0.
func (o *operands) join(from []string) action {
	part := o.part(len(from))
	o.typ = part
	var sources []r32
	for _, x := range from {
		sources = append(sources, o.read32(x))
	}
	if o.isWide(0) {
		d := target[uint64](o, 0)
		return func(b *block, at run) { joinParts(d.of(b, at), b, at, sources, part.bits) }
	}
	d := target[uint32](o, 0)
	return func(b *block, at run) { joinParts(d.of(b, at), b, at, sources, part.bits) }
}

func joinParts[T lane](d []T, b *block, at run, sources []r32, bits int) {
	parts := make([][]uint32, len(sources))
	for i, s := range sources {
		parts[i] = s.of(b, at)
	}
	for t := range d {
		var x T
		for i, p := range parts {
			x |= T(p[t]) << (i * bits)
		}
		d[t] = x
	}
}

package ptx

// compare is a relation of numbers that may be unordered, which is when one of them is not a number.
type compare struct{ less, equal, greater, unordered bool }

// compares are the relations of setp. Those that end in u also hold for unordered numbers.
var compares = map[string]compare{
	"eq": {equal: true}, "ne": {less: true, greater: true}, "lt": {less: true}, "le": {less: true, equal: true},
	"gt": {greater: true}, "ge": {greater: true, equal: true}, "lo": {less: true}, "ls": {less: true, equal: true},
	"hi": {greater: true}, "hs": {greater: true, equal: true},
	"equ": {equal: true, unordered: true}, "neu": {less: true, greater: true, unordered: true}, "ltu": {less: true, unordered: true},
	"leu": {less: true, equal: true, unordered: true}, "gtu": {greater: true, unordered: true},
	"geu": {greater: true, equal: true, unordered: true}, "num": {less: true, equal: true, greater: true}, "nan": {unordered: true},
}

// comparison makes setp.relation.type p|q, a, b, and setp.relation.and.type p, a, b, c, which joins the result with a predicate.
func comparison(o *operands, in *instruction) {
	if len(o.words) < 3 || len(o.list) < 3 {
		o.unknown()
		return
	}
	relation, known := compares[o.words[1]]
	joined := len(o.words) == 4
	if !known || len(o.words) > 4 || !kindFits(o.words[1], o.typ) {
		o.unknown()
		return
	}
	o.count(3 + int(truth(joined)))
	d, q := o.pair(0)
	if joined {
		in.act = joinPredicate(o, relation, d)
	} else {
		in.act = relate(o, relation, d)
	}
	if q < 0 {
		return
	}
	if joined {
		o.unknown() // q is not the complement of p
	}
	first := in.act
	in.act = func(b *block, at run) {
		first(b, at)
		each1(q.of(b, at), d.of(b, at), func(p uint32) uint32 { return p ^ 1 })
	}
}

// kindFits reports that a relation is defined for a type: unordered ones for floats, lo to hs for unsigned numbers.
func kindFits(relation string, k kind) bool {
	switch relation {
	case "eq", "ne":
		return k.bits >= 16
	case "lt", "le", "gt", "ge":
		return k.class != 'b' && k.bits >= 16
	case "lo", "ls", "hi", "hs":
		return k.class == 'u' && k.bits >= 16
	}
	return k.class == 'f' && k.bits >= 32
}

// relate makes the comparison of operands 1 and 2.
func relate(o *operands, r compare, d r32) action {
	if o.typ.bits == 64 {
		a, b := source[uint64](o, 1), source[uint64](o, 2)
		f := relation64(r, o.typ.class)
		return func(x *block, at run) { f(d.of(x, at), a.of(x, at), b.of(x, at)) }
	}
	a, b := source[uint32](o, 1), source[uint32](o, 2)
	f := relation32(r, o.typ)
	if f == nil {
		o.unknown()
	}
	return func(x *block, at run) { f(d.of(x, at), a.of(x, at), b.of(x, at)) }
}

// number is what setp compares.
type number interface {
	int32 | int64 | uint32 | uint64 | float32 | float64
}

// holds reports whether x and y are in the relation.
func holds[T number](r *compare, x, y T) uint32 {
	return truth(x < y && r.less || x == y && r.equal || x > y && r.greater || (x != x || y != y) && r.unordered)
}

func relation32(r compare, k kind) func(d, a, b []uint32) {
	switch {
	case k.bits == 16 && k.class == 's':
		return func(d, a, b []uint32) {
			each2(d, a, b, func(x, y uint32) uint32 { return holds(&r, int32(int16(x)), int32(int16(y))) })
		}
	case k.class == 's':
		return func(d, a, b []uint32) {
			each2(d, a, b, func(x, y uint32) uint32 { return holds(&r, int32(x), int32(y)) })
		}
	case k.class == 'f' && k.bits == 32:
		return func(d, a, b []uint32) {
			each2(d, a, b, func(x, y uint32) uint32 { return holds(&r, float32of(x), float32of(y)) })
		}
	case k.class == 'u' || k.class == 'b':
		return func(d, a, b []uint32) { each2(d, a, b, func(x, y uint32) uint32 { return holds(&r, x, y) }) }
	}
	return nil
}

func relation64(r compare, class byte) func(d []uint32, a, b []uint64) {
	switch class {
	case 's':
		return func(d []uint32, a, b []uint64) {
			each2(d, a, b, func(x, y uint64) uint32 { return holds(&r, int64(x), int64(y)) })
		}
	case 'f':
		return func(d []uint32, a, b []uint64) {
			each2(d, a, b, func(x, y uint64) uint32 { return holds(&r, float64of(x), float64of(y)) })
		}
	}
	return func(d []uint32, a, b []uint64) { each2(d, a, b, func(x, y uint64) uint32 { return holds(&r, x, y) }) }
}

// joinPredicate makes the comparison and combines its result with predicate operand 3, which may be d.
func joinPredicate(o *operands, r compare, d r32) action {
	c, flip := o.predicate(3)
	compared := r32(o.a.fresh(false))
	first := relate(o, r, compared)
	f := map[string]func(x, y uint32) uint32{
		"and": func(x, y uint32) uint32 { return x & (y ^ flip) },
		"or":  func(x, y uint32) uint32 { return x | (y ^ flip) },
		"xor": func(x, y uint32) uint32 { return x ^ y ^ flip },
	}[o.words[2]]
	if f == nil {
		o.unknown()
	}
	return func(b *block, at run) {
		first(b, at)
		each2(d.of(b, at), compared.of(b, at), c.of(b, at), f)
	}
}

package ptx

import "slices"

// atomics are what atom and red do to the number in memory, x, with their operand y.
var atomics = map[string]func(x, y uint64, k kind) uint64{
	"add":  add,
	"and":  func(x, y uint64, _ kind) uint64 { return x & y },
	"or":   func(x, y uint64, _ kind) uint64 { return x | y },
	"xor":  func(x, y uint64, _ kind) uint64 { return x ^ y },
	"exch": func(_, y uint64, _ kind) uint64 { return y },
	"min":  func(x, y uint64, k kind) uint64 { return pick(less(x, y, k), x, y) },
	"max":  func(x, y uint64, k kind) uint64 { return pick(less(x, y, k), y, x) },
	"inc":  func(x, y uint64, _ kind) uint64 { return pick(x >= y, 0, x+1) },
	"dec":  func(x, y uint64, _ kind) uint64 { return pick(x == 0 || x > y, y, x-1) },
}

func add(x, y uint64, k kind) uint64 {
	switch {
	case k.class != 'f':
		return x + y
	case k.bits == 32:
		return uint64(bits32(float32of(uint32(x)) + float32of(uint32(y))))
	}
	return bits64(float64of(x) + float64of(y))
}

func less(x, y uint64, k kind) bool {
	if k.class == 's' {
		return int64(extend(x, k)) < int64(extend(y, k))
	}
	return x < y
}

func pick(first bool, x, y uint64) uint64 {
	if first {
		return x
	}
	return y
}

// exchange is an atomic operation.
type exchange struct {
	access
	typ      kind
	from     address
	operate  func(x, y uint64, k kind) uint64
	compares bool
	operands []func(b *block, t int) uint64
	keep     func(b *block, t int, old uint64) // takes the number that was there
}

// atomic makes atom and red.
func atomic(o *operands, in *instruction) {
	x := &exchange{access: access{write: true, reads: true, atomic: true, size: o.typ.size()}, typ: o.typ, keep: func(*block, int, uint64) {}}
	for _, w := range o.words[1:] {
		switch f, isOperation := atomics[w]; {
		case isOperation:
			x.operate = f
		case w == "cas":
			x.compares = true
		case accessSpaces[w] == global, accessSpaces[w] == shared:
			x.space = accessSpaces[w]
		case slices.Contains(strong, w), slices.Contains(scopes, w), isHint(w), kinds[w] == x.typ && x.typ.bits >= 32:
		default:
			o.unknown()
		}
	}
	if x.operate == nil != x.compares || x.typ.class == 'f' && !slices.Contains(o.words, "add") {
		o.unknown()
		return
	}
	first := int(truth(o.words[0] == "atom"))
	o.count(first + 2 + int(truth(x.compares)))
	if first == 1 {
		x.keep = o.put(0)
	}
	x.from = o.address(first)
	for i := first + 1; i < len(o.list); i++ {
		x.operands = append(x.operands, o.get(i))
	}
	in.act = x.act
}

// get reads operand i in one thread.
func (o *operands) get(i int) func(b *block, t int) uint64 {
	if o.typ.wide() {
		r := o.read64(o.list[i])
		return func(b *block, t int) uint64 { return r.of(b, run{t, t + 1})[0] }
	}
	r := o.read32(o.list[i])
	return func(b *block, t int) uint64 { return uint64(r.of(b, run{t, t + 1})[0]) }
}

// put writes operand i in one thread.
func (o *operands) put(i int) func(b *block, t int, bits uint64) {
	if o.typ.wide() {
		r := r64(o.write(o.list[i], true))
		return func(b *block, t int, bits uint64) { r.of(b, run{t, t + 1})[0] = bits }
	}
	r := o.write32(o.list[i])
	return func(b *block, t int, bits uint64) { r.of(b, run{t, t + 1})[0] = uint32(bits) }
}

// act performs the operation for one thread after the other, in ascending order.
func (x *exchange) act(b *block, at run) {
	for i, address := range x.from.fill(b, at) {
		t := at.lo + i
		m := b.at(&x.access, address, t, 0)
		if m == nil {
			return
		}
		old := getBytes(m)
		y := x.operands[0](b, t)
		switch {
		case !x.compares:
			putBytes(m, x.operate(old, y, x.typ))
		case old == y:
			putBytes(m, x.operands[1](b, t))
		}
		x.keep(b, t, old)
	}
}

// fence orders accesses of one thread, which are in order here. The race check does not take it as an order between threads.
func fence(o *operands, in *instruction) {
	for _, w := range o.words[1:] {
		if w != "gl" && w != "sc" && !slices.Contains(strong, w) && !slices.Contains(scopes, w) {
			o.unknown()
		}
	}
	o.count(0)
	in.act = func(*block, run) {}
}

package ptx

import (
	"encoding/binary"
	"slices"
	"strings"
)

// transfer is a load or a store.
type transfer struct {
	access
	typ      kind
	from     address
	narrow   []r32 // registers of one element each, of the bank of 32 bits
	wide     []r64 // or of that of 64
	elements int
	mask     uint64 // of the registers
}

// hints say where copies are cached, which changes no value.
var hints = []string{"nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "weak"}

// strong are accesses that count as atomic in the race check.
var strong = []string{"volatile", "relaxed", "acquire", "release", "acq_rel", "mmio"}

// scopes of strong accesses; all threads of a launch are in each of them, as the blocks run one after the other.
var scopes = []string{"cta", "cluster", "gpu", "sys"}

// accessSpaces are the words for memory. The module's constants are among its global variables.
var accessSpaces = map[string]space{
	"global": global, "const": global, "shared": shared, "shared::cta": shared, "local": local,
	"param": param, "param::entry": param, "param::func": param,
}

// transfer reads the opcode and operands of ld and st.
func (o *operands) transfer(addressAt, registersAt int) *transfer {
	x := &transfer{typ: o.typ, elements: 1, mask: 1<<32 - 1}
	o.count(2)
	for _, w := range o.words[1:] {
		switch {
		case accessSpaces[w] != generic:
			x.space = accessSpaces[w]
		case w == "v2" || w == "v4":
			x.elements = int(w[1] - '0')
		case slices.Contains(strong, w):
			x.atomic = true
		case slices.Contains(hints, w), slices.Contains(scopes, w), isHint(w), kinds[w] == x.typ && w != "pred":
		default:
			o.unknown()
		}
	}
	x.size = x.elements * x.typ.size()
	x.from = o.address(addressAt)
	names := o.vector(registersAt)
	switch {
	case len(names) != x.elements:
		o.fail("%s moves %d elements, not %d", o.opcode, x.elements, len(names))
		return x
	case x.size > 16:
		o.fail("%s moves %d bytes, which is more than 16", o.opcode, x.size)
	}
	for _, name := range names {
		o.element(x, name, registersAt == 1)
	}
	return x
}

// isHint reports ".L1::evict_last", ".L2::128B" and the like.
func isHint(word string) bool {
	return strings.HasPrefix(word, "L1::") || strings.HasPrefix(word, "L2::")
}

// element adds a register to read or write; a number can only be stored.
func (o *operands) element(x *transfer, name string, stores bool) {
	s, isRegister := o.a.scope.find(name)
	wide := x.typ.wide()
	if isRegister = isRegister && s.space == register; isRegister {
		wide = s.typ.wide()
		x.mask = s.typ.mask()
	}
	switch {
	case stores && wide:
		x.wide = append(x.wide, o.read64(name))
	case stores:
		x.narrow = append(x.narrow, o.read32(name))
	case wide:
		x.wide = append(x.wide, r64(o.write(name, true)))
	default:
		x.narrow = append(x.narrow, o.write32(name))
	}
	if len(x.wide) > 0 && len(x.narrow) > 0 {
		o.fail("a vector of registers of different widths is not supported")
	}
}

// load makes ld.
func load(o *operands, in *instruction) {
	x := o.transfer(1, 0)
	switch {
	case o.err != nil:
	case x.space == param && x.from.base < 0 && x.from.offset < callParams:
		in.act = x.loadParam
	case x.wide == nil && x.typ.bits == 32:
		in.act = x.loadWords
	default:
		in.act = x.loadAny
	}
}

// loadParam reads parameters of the launch, which are the same for all threads.
func (x *transfer) loadParam(b *block, at run) {
	x.loadAny(b, run{at.lo, at.lo + 1})
	for _, r := range x.narrow {
		fillWith(r.of(b, at), r.of(b, at)[0])
	}
	for _, r := range x.wide {
		fillWith(r.of(b, at), r.of(b, at)[0])
	}
}

// loadWords is loadAny for elements of 32 bits.
func (x *transfer) loadWords(b *block, at run) {
	var d [4][]uint32
	for i, r := range x.narrow {
		d[i] = r.of(b, at)
	}
	for t, address := range x.from.fill(b, at) {
		m := b.at(&x.access, address, at.lo+t, 0)
		if m == nil {
			return
		}
		for i := range x.narrow {
			d[i][t] = binary.LittleEndian.Uint32(m[4*i:])
		}
	}
}

// loadAny extends elements to the width of their registers, by their sign if they have one.
func (x *transfer) loadAny(b *block, at run) {
	size := x.typ.size()
	for t, address := range x.from.fill(b, at) {
		m := b.at(&x.access, address, at.lo+t, 0)
		if m == nil {
			return
		}
		one := run{at.lo + t, at.lo + t + 1}
		for i, r := range x.narrow {
			r.of(b, one)[0] = uint32(extend(getBytes(m[i*size:][:size]), x.typ) & x.mask)
		}
		for i, r := range x.wide {
			r.of(b, one)[0] = extend(getBytes(m[i*size:][:size]), x.typ)
		}
	}
}

// store makes st.
func store(o *operands, in *instruction) {
	x := o.transfer(0, 1)
	if slices.Contains(o.words, "const") {
		o.unknown()
	}
	x.write = true
	in.act = x.storeAny
}

func (x *transfer) storeAny(b *block, at run) {
	size := x.typ.size()
	for t, address := range x.from.fill(b, at) {
		one := run{at.lo + t, at.lo + t + 1}
		var values [4]uint64
		for i, r := range x.narrow {
			values[i] = uint64(r.of(b, one)[0])
		}
		for i, r := range x.wide {
			values[i] = r.of(b, one)[0]
		}
		var bits uint64 // those of the vector, of which the race check reads 8 bytes at most
		for i := range x.elements {
			bits |= values[i] & x.typ.mask() << (8 * size * i)
		}
		m := b.at(&x.access, address, at.lo+t, bits)
		if m == nil {
			return
		}
		for i := range x.elements {
			putBytes(m[i*size:][:size], values[i])
		}
	}
}

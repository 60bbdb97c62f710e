package ptx

import (
	"fmt"
	"strconv"
	"strings"
)

// operands are those of one instruction. The first fault is kept, and what is returned after it does not matter.
type operands struct {
	a      *assembler
	opcode string
	words  []string // of the opcode, between its dots
	typ    kind     // its last type, for immediates
	list   []string
	err    error
}

// fail keeps a fault.
func (o *operands) fail(format string, a ...any) {
	if o.err == nil {
		o.err = fmt.Errorf(format, a...)
	}
}

// count demands a number of operands.
func (o *operands) count(n int) {
	if len(o.list) == n {
		return
	}
	o.fail("%s has %d operands, want %d", o.opcode, len(o.list), n)
	for len(o.list) < n {
		o.list = append(o.list, "_")
	}
}

// source is operand i as something to read.
func source[T lane](o *operands, i int) operand[T] {
	var zero T
	if _, wide := any(zero).(uint64); wide {
		return any(o.read64(o.list[i])).(operand[T])
	}
	return any(o.read32(o.list[i])).(operand[T])
}

// target is operand i as a register to write.
func target[T lane](o *operands, i int) operand[T] {
	var zero T
	if _, wide := any(zero).(uint64); wide {
		return any(r64(o.write(o.list[i], true))).(operand[T])
	}
	return any(r32(o.write(o.list[i], false))).(operand[T])
}

// read32 is a register or a number of at most 32 bits.
func (o *operands) read32(text string) r32 {
	if r, wide, ok := o.register(text); ok {
		if wide {
			o.fail("%s has 64 bits, which does not fit %s", text, o.opcode)
		}
		return r32(r)
	}
	width := kinds["b32"]
	if o.typ.bits == 16 {
		width = kinds["b16"]
	}
	bits := o.immediate(text, width)
	if bits > 1<<32-1 {
		o.fail("%s has more than 32 bits", text)
	}
	return r32(o.a.constant(bits, false))
}

// read64 is a register or a number of 64 bits.
func (o *operands) read64(text string) r64 {
	if r, wide, ok := o.register(text); ok {
		if !wide {
			o.fail("%s does not have 64 bits, which %s needs", text, o.opcode)
		}
		return r64(r)
	}
	return r64(o.a.constant(o.immediate(text, kinds["b64"]), true))
}

// write is the number of a register to write in its bank. "_" is a register that nothing reads.
func (o *operands) write(text string, wide bool) int32 {
	if text == "_" {
		return o.a.fresh(wide)
	}
	s, ok := o.a.scope.find(text)
	if !ok || s.space != register {
		o.fail("%s is not a register", text)
		return 0
	}
	if s.typ.wide() != wide {
		o.fail("%s has the wrong width for %s", text, o.opcode)
	}
	return s.index
}

// register is the register of a name, special ones included.
func (o *operands) register(text string) (index int32, wide, ok bool) {
	if s, found := o.a.scope.find(text); found {
		return s.index, s.typ.wide(), s.space == register
	}
	if strings.HasPrefix(text, "%") {
		if index, wide, ok = o.a.special(text); !ok {
			o.fail("register %s is not known", text)
		}
		return index, wide, true
	}
	return 0, false, false
}

// immediate is the bits of a number, or the address of a name.
func (o *operands) immediate(text string, k kind) uint64 {
	if text == "" {
		o.fail("an operand of %s is empty", o.opcode)
		return 0
	}
	if c := text[0]; c == '-' || c >= '0' && c <= '9' {
		n, err := parseNumber(text, k)
		if err != nil {
			o.fail("%v", err)
		}
		return n
	}
	name, plus := cutOffset(text)
	s, ok := o.a.find(name)
	if !ok || s.space == register {
		o.fail("%s is not known", text)
	}
	return s.address + plus
}

// cutOffset divides "name+8" into name and 8.
func cutOffset(text string) (name string, offset uint64) {
	if i := strings.LastIndexByte(text, '+'); i > 0 {
		if n, err := strconv.ParseInt(text[i+1:], 0, 64); err == nil {
			return text[:i], uint64(n)
		}
	}
	return text, 0
}

// pair is operand i, "p|q", as registers of 32 bits to write. q is -1 if it is not there.
func (o *operands) pair(i int) (p, q r32) {
	first, second, both := strings.Cut(o.list[i], "|")
	p, q = o.write32(first), -1
	if both {
		q = o.write32(second)
	}
	return p, q
}

func (o *operands) write32(text string) r32 { return r32(o.write(text, false)) }

// vector is the elements of "{a, b}", or the operand itself.
func (o *operands) vector(i int) []string {
	text := o.list[i]
	if !strings.HasPrefix(text, "{") {
		return []string{text}
	}
	return splitList(strings.Trim(text, "{}"))
}

// address is operand "[base+offset]": a register of the bank of 32 or 64 bits, or none, and a number.
type address struct {
	wide   bool
	base   int32 // -1: none
	offset uint64
}

func (o *operands) address(i int) address {
	text := o.list[i]
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
		o.fail("%s is not an address", text)
		return address{base: -1}
	}
	text = strings.TrimSpace(text[1 : len(text)-1])
	name, offset := cutOffset(text)
	if r, wide, ok := o.register(name); ok {
		return address{base: r, wide: wide, offset: offset}
	}
	return address{base: -1, offset: o.immediate(name, kinds["b64"]) + offset}
}

// fill writes the addresses of a run.
func (a *address) fill(b *block, at run) []uint64 {
	out := b.addresses[:at.hi-at.lo]
	switch {
	case a.base < 0:
		for i := range out {
			out[i] = a.offset
		}
	case a.wide:
		each1(out, r64(a.base).of(b, at), func(x uint64) uint64 { return x + a.offset })
	default:
		each1(out, r32(a.base).of(b, at), func(x uint32) uint64 { return uint64(x + uint32(a.offset)) })
	}
	return out
}

// number is operand i as a number that the text gives.
func (o *operands) number(i int) int {
	n, err := strconv.Atoi(o.list[i])
	if err != nil || n < 0 {
		o.fail("%s is not a number", o.list[i])
	}
	return n
}

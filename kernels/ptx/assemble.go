package ptx

import (
	"fmt"
	"strconv"
	"strings"
)

// instruction is one of an entry's code.
type instruction struct {
	act     action // for runs of the threads that execute it
	flow    flow
	guard   r32  // the predicate that decides who executes it, or -1
	negated bool // they are those where it is false
	target  int  // of a jump
	sync    *gathering
	barrier int // its number among the barriers of the entry; 0: none
	line    int
	text    string
	source  origin
}

// origin is a line of what the PTX was compiled from, as .loc has it; zeros: not known.
type origin struct{ file, line int32 }

// flow is what an instruction does to the places of threads.
type flow uint8

const (
	next   flow = iota // to the next instruction
	jump               // to target
	leave              // the thread ends
	gather             // on together with others, see gathering
)

// assembler makes the code of one entry. A device function becomes part of it at each of its calls.
type assembler struct {
	parser    *parser
	module    *Module
	entry     *Entry
	scope     *scope
	shared    map[string]symbol
	banks     [2]int32 // registers used in the banks of 32 and 64 bits
	constants map[constantKey]int32
	specials  map[string]int32
	calls     []string // functions around the current instruction
	source    origin   // of the current instruction
}

type constantKey struct {
	bits uint64
	wide bool
}

// assemble makes an entry.
func (p *parser) assemble(m *Module, f *function) (*Entry, error) {
	e := &Entry{Name: f.name, module: m, maxThreads: f.maxThreads}
	a := &assembler{
		parser: p, module: m, entry: e, scope: newScope(nil),
		shared: map[string]symbol{}, constants: map[constantKey]int32{}, specials: map[string]int32{},
	}
	for _, v := range f.params {
		at := int(alignUp(uint64(e.ParamBytes()), uint64(v.align)))
		e.params = append(e.params, Param{v.name, at, v.size, v.align})
		a.scope.names[v.name] = symbol{space: param, typ: v.typ, address: uint64(at)}
	}
	if err := a.body(f); err != nil {
		return nil, err
	}
	a.emit(instruction{flow: leave, guard: -1, line: f.line, text: "the end of " + f.name})
	e.banks = a.banks
	return e, nil
}

// emit adds an instruction.
func (a *assembler) emit(in instruction) {
	in.source = a.source
	a.entry.code = append(a.entry.code, in)
}

// body adds the instructions of a function.
func (a *assembler) body(f *function) error {
	a.calls = append(a.calls, f.name)
	for i := range f.body {
		if err := a.statement(f.body[i]); err != nil {
			if _, ok := err.(*SyntaxError); ok {
				return err
			}
			return a.parser.wrong(f.body[i], "%v", err)
		}
	}
	a.scope.labels[end] = len(a.entry.code)
	a.calls = a.calls[:len(a.calls)-1]
	return a.resolve()
}

// end is the label after the last instruction of a function; names of PTX have no blank.
const end = "the end"

// resolve sets the targets of the scope's branches; those to other labels are left to the scope around it.
func (a *assembler) resolve() error {
	for _, b := range a.scope.branches {
		if at, ok := a.scope.labels[b.label]; ok {
			a.entry.code[b.instruction].target = at
		} else if a.scope.outer != nil {
			a.scope.outer.branches = append(a.scope.outer.branches, b)
		} else {
			return a.parser.wrong(b.at, "there is no label %s", b.label)
		}
	}
	return nil
}

// statement adds what a statement of a body declares or does.
func (a *assembler) statement(s statement) error {
	switch {
	case s.end == '{':
		a.scope = newScope(a.scope)
		return nil
	case s.end == '}':
		if err := a.resolve(); err != nil {
			return err
		}
		a.scope = a.scope.outer
		return nil
	case s.end == ':':
		a.scope.labels[s.text] = len(a.entry.code)
		return nil
	case s.end == '\n':
		return a.locate(s)
	case strings.HasPrefix(s.text, ".pragma"):
		return nil
	case strings.HasPrefix(s.text, "."):
		return a.declare(s)
	case s.text == "":
		return nil
	}
	return a.instruction(s)
}

// locate reads ".loc file line column ...".
func (a *assembler) locate(s statement) error {
	words := strings.Fields(s.text)
	if words[0] != ".loc" {
		return nil
	}
	if len(words) < 3 {
		return fmt.Errorf("a .loc needs a file and a line")
	}
	for i, to := range []*int32{&a.source.file, &a.source.line} {
		n, err := strconv.ParseInt(words[1+i], 10, 32)
		if err != nil {
			return fmt.Errorf("%s is no number of a file or line", words[1+i])
		}
		*to = int32(n)
	}
	return nil
}

// instruction adds "@!%p op.mod a, b, c".
func (a *assembler) instruction(s statement) error {
	in := instruction{guard: -1, line: s.line, text: s.text}
	text := s.text
	o := &operands{a: a}
	if text[0] == '@' {
		var p string
		p, text, _ = strings.Cut(text[1:], " ")
		in.negated = strings.HasPrefix(p, "!")
		in.guard = o.read32(strings.TrimPrefix(p, "!"))
	}
	opcode, rest, _ := strings.Cut(text, " ")
	o.opcode, o.words, o.list = opcode, strings.Split(opcode, "."), splitList(rest)
	o.typ = lastKind(o.words)
	switch o.words[0] {
	case "bra":
		return a.branch(s, o, in)
	case "ret", "exit":
		if o.words[0] == "ret" && len(a.calls) > 1 {
			o.list = []string{end}
			return a.branch(s, o, in)
		}
		in.flow = leave
		a.emit(in)
		return o.err
	case "call":
		return a.call(in, rest)
	}
	if err := o.make(&in); err != nil {
		return err
	}
	a.emit(in)
	return nil
}

// lastKind is the last type in the words of an opcode.
func lastKind(words []string) kind {
	for i := len(words) - 1; i > 0; i-- {
		if k, ok := kinds[words[i]]; ok {
			return k
		}
	}
	return kind{'b', 32}
}

// make finds the maker of an instruction and has it make the action.
func (o *operands) make(in *instruction) error {
	if m, ok := makers[o.opcode]; ok {
		in.act = m(o)
		return o.err
	}
	if f, ok := families[o.words[0]]; ok {
		f(o, in)
		return o.err
	}
	o.unknown()
	return o.err
}

// unknown is the fault of an instruction, or a form of it, that is not supported.
func (o *operands) unknown() { o.fail("instruction %s is not supported", o.opcode) }

// branch adds a jump to a label.
func (a *assembler) branch(s statement, o *operands, in instruction) error {
	if len(o.list) != 1 {
		return fmt.Errorf("a branch needs a label")
	}
	in.flow = jump
	a.scope.branches = append(a.scope.branches, branch{len(a.entry.code), o.list[0], s})
	a.emit(in)
	return o.err
}

// reserve takes the next registers of a bank.
func (a *assembler) reserve(count int, wide bool) int32 {
	bank := &a.banks[0]
	if wide {
		bank = &a.banks[1]
	}
	first := *bank
	*bank += int32(count)
	return first
}

// fresh is a register of its own.
func (a *assembler) fresh(wide bool) int32 { return a.reserve(1, wide) }

// constant is the register in which every thread has a number.
func (a *assembler) constant(bits uint64, wide bool) int32 {
	key := constantKey{bits, wide}
	index, ok := a.constants[key]
	if !ok {
		index = a.fresh(wide)
		a.constants[key] = index
		a.entry.fills = append(a.entry.fills, fill{index: index, wide: wide, bits: bits})
	}
	return index
}

// find is scope.find, and variables of the module. One in shared memory is placed when it is first used.
func (a *assembler) find(name string) (symbol, bool) {
	if s, ok := a.scope.find(name); ok {
		return s, true
	}
	v, ok := a.parser.variables[name]
	if !ok {
		return symbol{}, false
	}
	if v.space != shared {
		return symbol{space: v.space, typ: v.typ, address: a.module.addresses[name]}, true
	}
	x, ok := a.shared[name]
	if !ok {
		x = a.placeShared(v)
		a.shared[name] = x
	}
	return x, true
}

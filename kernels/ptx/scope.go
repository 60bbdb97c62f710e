package ptx

import (
	"fmt"
	"strconv"
	"strings"
)

// symbol is what a name stands for: a register, the first of a family of registers, or an address in a space.
type symbol struct {
	space   space
	typ     kind
	index   int32 // of the register in its bank
	count   int   // registers of the family; 0: this is one register
	address uint64
}

// scope is the names between two braces, and the branches to labels there.
type scope struct {
	outer    *scope
	names    map[string]symbol
	labels   map[string]int // instruction by label
	branches []branch
}

// branch is a jump whose label was not known yet.
type branch struct {
	instruction int
	label       string
	at          statement
}

func newScope(outer *scope) *scope {
	return &scope{outer: outer, names: map[string]symbol{}, labels: map[string]int{}}
}

// find looks a name up in this scope and those around it.
func (s *scope) find(name string) (symbol, bool) {
	family := strings.TrimRight(name, "0123456789")
	for ; s != nil; s = s.outer {
		if x, ok := s.names[name]; ok {
			return x, true
		}
		if x, ok := s.names[family]; ok && x.count > 0 && len(family) < len(name) {
			n, err := strconv.Atoi(name[len(family):])
			if err == nil && n < x.count {
				return symbol{space: register, typ: x.typ, index: x.index + int32(n)}, true
			}
		}
	}
	return symbol{}, false
}

// declare adds a declaration of a function's body.
func (a *assembler) declare(s statement) error {
	v, err := parseVariable(s.text)
	if err != nil {
		return err
	}
	switch v.space {
	case register:
		for _, name := range splitList(v.name) {
			if err := a.declareRegister(name, v.typ); err != nil {
				return err
			}
		}
	case shared:
		key := fmt.Sprint(s.line, v.name) // one variable for all calls of a function
		x, ok := a.shared[key]
		if !ok {
			x = a.placeShared(v)
			a.shared[key] = x
		}
		a.scope.names[v.name] = x
	case local, param:
		at := alignUp(uint64(a.entry.local), uint64(v.align))
		a.entry.local = int(at) + v.size
		if v.space == param {
			at += callParams
		}
		a.scope.names[v.name] = symbol{space: v.space, typ: v.typ, address: at}
	default:
		return fmt.Errorf("a variable of %s memory in a function is not supported", v.space)
	}
	return nil
}

// declareRegister adds a register "%SP", or a family "%r<197>".
func (a *assembler) declareRegister(name string, typ kind) error {
	count := 0
	if base, n, ok := strings.Cut(name, "<"); ok {
		var err error
		if count, err = strconv.Atoi(strings.TrimSuffix(n, ">")); err != nil {
			return fmt.Errorf("%s is not a family of registers", name)
		}
		name = base
	}
	a.scope.names[name] = symbol{space: register, typ: typ, count: count, index: a.reserve(max(count, 1), typ.wide())}
	a.entry.registers += max(count, 1)
	return nil
}

// sharedGap is unused bytes between variables in shared memory, so that an index that leaves one is found.
const sharedGap = 64

// placeShared gives a variable its address.
func (a *assembler) placeShared(v variable) symbol {
	e := a.entry
	if v.dynamic {
		return symbol{space: shared, typ: v.typ, address: dynamicShared}
	}
	at := alignUp(uint64(e.sharedEnd), uint64(v.align))
	e.sharedVariables = append(e.sharedVariables, area{v.name, int(at), v.size})
	e.sharedEnd = int(at) + v.size + sharedGap
	e.sharedSize = int(alignUp(uint64(e.sharedSize), uint64(v.align))) + v.size
	return symbol{space: shared, typ: v.typ, address: at}
}

// area is a variable in shared memory.
type area struct {
	name     string
	at, size int
}

//go:build ptx

package emu

import (
	"bytes"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ptx"
)

// Needs finds the barriers that launches need, in one run of each launch (ptx.Options.Needed). A barrier that it does not find may be
// needed all the same: the race check remembers the last accesses of a word only.
type Needs struct {
	// Enough, if not nil, says that nothing is left to be found of an entry, of whose barriers the given ones are needed. Its launches
	// are then run without checks.
	Enough func(e *ptx.Entry, needed []bool) bool
	found  map[*ptx.Entry][]bool
}

// Watch adds what the launches of a backend need.
func (n *Needs) Watch(b kernels.Backend) { b.(*backend).run = n.launch }

// Of is which barriers of an entry are needed, each at its number - 1.
func (n *Needs) Of(e *ptx.Entry) []bool {
	if n.found == nil {
		n.found = map[*ptx.Entry][]bool{}
	}
	if n.found[e] == nil {
		n.found[e] = make([]bool, e.Barriers())
	}
	return n.found[e]
}

// All is which barriers are needed, for each entry that was launched.
func (n *Needs) All() map[*ptx.Entry][]bool { return n.found }

// launch runs a launch, and again as a single block, whose tasks follow each other, so that barriers separate them.
func (n *Needs) launch(l *launched) error {
	found := n.Of(l.entry)
	if l.unchecked = n.Enough != nil && n.Enough(l.entry, found); l.unchecked {
		return l.interpret(0)
	}
	before := l.memory.contents()
	l.needed = found
	if err := l.interpret(0); err != nil {
		return err
	}
	after := l.memory.contents()
	needed := slices.Clone(found)
	if l.sameAlone(before, after, needed) {
		copy(found, needed)
	}
	l.memory.restore(after)
	return nil
}

// sameAlone runs a launch as a single block, and reports whether that is another grid with the same results. Some kernels are none for a
// single block.
func (l *launched) sameAlone(before, after [][]byte, needed []bool) bool {
	alone := *l
	alone.grid, alone.needed = oneBlock, needed
	if alone.grid == l.grid {
		return false
	}
	l.memory.restore(before)
	return alone.interpret(0) == nil && l.memory.holds(after)
}

var oneBlock = [3]int{1, 1, 1}

// contents copies all memory that is mapped.
func (m *memory) contents() (all [][]byte) {
	for _, r := range m.regions {
		all = append(all, bytes.Clone(r))
	}
	return all
}

func (m *memory) restore(all [][]byte) {
	for i, r := range m.regions {
		copy(r, all[i])
	}
}

func (m *memory) holds(all [][]byte) bool { return slices.EqualFunc(m.regions, all, bytes.Equal) }

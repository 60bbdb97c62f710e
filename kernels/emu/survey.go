//go:build ptx

package emu

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ptx"
)

// Survey leaves out the barriers of the launches that it sees, one at a time. A barrier is missed if the launch has a fault without it,
// such as a race, or another result.
type Survey struct {
	entries map[*ptx.Entry]*surveyed
}

// surveyed is what is known of an entry.
type surveyed struct {
	unmissed []int // barriers that no launch has missed so far, from 1
	launches int   // that were searched for them
}

// mostLaunches bounds the search for launches that miss a barrier.
const mostLaunches = 24

// Watch makes all launches of a backend part of the survey.
func (s *Survey) Watch(b kernels.Backend) { b.(*backend).run = s.launch }

// launch runs a launch, and again without each of the barriers that are not missed so far.
func (s *Survey) launch(l *launched) error {
	x := s.of(l.entry)
	if len(x.unmissed) == 0 || x.launches == mostLaunches {
		return l.interpret(0)
	}
	x.launches++
	before := l.memory.contents()
	if err := l.interpret(0); err != nil {
		return err
	}
	after := l.memory.contents()
	for _, grid := range l.grids(before, after) {
		in := *l
		in.grid = grid
		x.unmissed = slices.DeleteFunc(x.unmissed, func(barrier int) bool {
			l.memory.restore(before)
			return in.interpret(barrier) != nil || !l.memory.holds(after)
		})
	}
	l.memory.restore(after)
	return nil
}

func (s *Survey) of(e *ptx.Entry) *surveyed {
	if s.entries == nil {
		s.entries = map[*ptx.Entry]*surveyed{}
	}
	x := s.entries[e]
	if x == nil {
		x = &surveyed{}
		for i := range e.Barriers() {
			x.unmissed = append(x.unmissed, i+1)
		}
		s.entries[e] = x
	}
	return x
}

// grids are the launch's own grid and, if the kernel has the same results with it, that of a single block. Its tasks then follow each
// other, and barriers separate them.
func (l *launched) grids(before, after [][]byte) [][3]int {
	single := *l
	single.grid = [3]int{1, 1, 1}
	l.memory.restore(before)
	if single.grid == l.grid || single.interpret(0) != nil || !l.memory.holds(after) {
		return [][3]int{l.grid}
	}
	return [][3]int{l.grid, single.grid}
}

// Unmissed lists the barriers that no launch has missed, each as the name of its entry and its number in it.
func (s *Survey) Unmissed() (list []string) {
	for e, x := range s.entries {
		for _, barrier := range x.unmissed {
			list = append(list, fmt.Sprintf("%s %d", e.Name, barrier))
		}
	}
	slices.Sort(list)
	return list
}

// Kernels is the number of entries that were launched, and Barriers that of their barriers.
func (s *Survey) Kernels() int { return len(s.entries) }

func (s *Survey) Barriers() (n int) {
	for e := range s.entries {
		n += e.Barriers()
	}
	return n
}

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

//go:build ptx

package emu

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ptx"
)

// Survey leaves out the barriers of the launches that it sees, one at a time. A barrier is missed if the launch has a fault without it,
// such as a race, or another result.
type Survey struct {
	only    *ptx.Entry // nil, or the one whose barriers are left out; a Program ends when all of these are missed
	entries map[*ptx.Entry]*surveyed
}

// surveyed is what is known of the barriers of an entry, each at its number - 1.
type surveyed struct {
	missed   []bool
	launches []int // on which it was left out; mostLaunches once it is missed
}

// mostLaunches bounds the search for a launch that misses a barrier, and stepsWithout what a block of it may execute.
const (
	mostLaunches = 12
	stepsWithout = 1 << 24
)

// errMissed ends a Program once all barriers of Survey.only are missed.
var errMissed = errors.New("all barriers are missed")

// Watch makes all launches of a backend part of the survey.
func (s *Survey) Watch(b kernels.Backend) { b.(*backend).run = s.launch }

// launch runs a launch, and again without each of the barriers that it reaches, unless they are missed already.
func (s *Survey) launch(l *launched) error {
	x := s.of(l.entry)
	l.unchecked = s.only != nil && l.entry != s.only
	if l.unchecked || !x.open() {
		return l.interpret(0)
	}
	before := l.memory.contents()
	l.reached = make([]bool, l.entry.Barriers())
	if err := l.interpret(0); err != nil {
		return err
	}
	after := l.memory.contents()
	var grids [][3]int
	for i, reached := range l.reached {
		if !reached || x.launches[i] >= mostLaunches {
			continue
		}
		if grids == nil {
			grids = l.grids(before, after)
		}
		x.missed[i] = l.misses(i+1, grids, before, after)
		x.launches[i]++
		if x.missed[i] {
			x.launches[i] = mostLaunches
		}
	}
	l.memory.restore(after)
	if s.only != nil && !slices.Contains(x.missed, false) {
		return errMissed
	}
	return nil
}

// misses reports whether the launch has a fault or another result without a barrier, with one of the grids.
func (l *launched) misses(barrier int, grids [][3]int, before, after [][]byte) bool {
	return slices.ContainsFunc(grids, func(grid [3]int) bool {
		other := *l
		other.grid, other.steps = grid, stepsWithout
		l.memory.restore(before)
		return other.interpret(barrier) != nil || !l.memory.holds(after)
	})
}

func (s *Survey) of(e *ptx.Entry) *surveyed {
	if s.entries == nil {
		s.entries = map[*ptx.Entry]*surveyed{}
	}
	x := s.entries[e]
	if x == nil {
		x = &surveyed{make([]bool, e.Barriers()), make([]int, e.Barriers())}
		s.entries[e] = x
	}
	return x
}

// open reports that a barrier is neither missed nor tried often enough.
func (x *surveyed) open() bool {
	return slices.ContainsFunc(x.launches, func(n int) bool { return n < mostLaunches })
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

// Unmissed lists the barriers that no launch has missed, each as the name of its entry, its number in it, and the number of launches
// that were tried.
func (s *Survey) Unmissed() (list []string) {
	for e, x := range s.entries {
		for i, missed := range x.missed {
			if !missed {
				list = append(list, fmt.Sprintf("%s %d: %d launches", e.Name, i+1, x.launches[i]))
			}
		}
	}
	slices.Sort(list)
	return list
}

// Barriers is the number of barriers of all entries that were launched.
func (s *Survey) Barriers() (n int) {
	for _, x := range s.entries {
		n += len(x.missed)
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

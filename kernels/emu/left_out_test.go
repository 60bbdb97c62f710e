//go:build ptx

package emu

import (
	"errors"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ptx"
)

// leftOut leaves out barriers of an entry in the launches that it sees, one at a time. A barrier is missed if a launch has a fault
// without it, such as a race, or another result.
type leftOut struct {
	entry    *ptx.Entry
	barriers []int // those that are left out and not missed yet, from 1
	missed   []int
	launches int // with the entry in this Program
}

// mostLaunches bounds the launches of a Program that are repeated, and stepsWithout what a block may execute without a barrier.
const (
	mostLaunches = 12
	stepsWithout = 1 << 24
)

// errMissed ends a Program once all barriers are missed.
var errMissed = errors.New("all barriers are missed")

// Watch leaves out barriers in the launches of a backend.
func (x *leftOut) Watch(b kernels.Backend) { x.launches, b.(*backend).run = 0, x.launch }

// launch runs a launch, and again without each of the barriers that it reaches.
func (x *leftOut) launch(l *launched) error {
	l.unchecked = l.entry != x.entry
	if l.unchecked || x.launches == mostLaunches {
		return l.interpret(0)
	}
	x.launches++
	before := l.memory.contents()
	l.reached = make([]bool, l.entry.Barriers())
	if err := l.interpret(0); err != nil {
		return err
	}
	after := l.memory.contents()
	grids := l.grids(before, after)
	x.barriers = slices.DeleteFunc(x.barriers, func(barrier int) bool {
		misses := l.reached[barrier-1] && l.misses(barrier, grids, before, after)
		if misses {
			x.missed = append(x.missed, barrier)
		}
		return misses
	})
	l.memory.restore(after)
	if len(x.barriers) == 0 {
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

// grids are the launch's own grid and, if the kernel has the same results with it, that of a single block. Its tasks then follow each
// other, and barriers separate them.
func (l *launched) grids(before, after [][]byte) [][3]int {
	if l.sameAlone(before, after, nil) {
		return [][3]int{l.grid, oneBlock}
	}
	return [][3]int{l.grid}
}

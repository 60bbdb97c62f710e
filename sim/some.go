package sim

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/sim/engine"
)

// StepSome plays one slot in the worlds that are chosen, [W]. The others keep their state and what
// they show, and have no results: reward 0, no task, no end of an episode. Their actions are not
// read. An illegal action of a chosen world is an error and changes nothing.
func (w *Worlds) StepSome(actions []int32, chosen []bool) error {
	if err := w.checkChosen(chosen); err != nil {
		return err
	}
	if err := w.Home(); err != nil {
		return err
	}
	if len(actions) != w.W*w.A {
		return w.checkActions(actions)
	}
	actions = slices.Clone(actions)
	var kept []byte
	for world, plays := range chosen {
		if !plays {
			w.firstLegal(actions, world)
			kept = w.appendWorld(kept, world)
		}
	}
	if slices.Contains(chosen, true) {
		if err := w.Step(actions); err != nil {
			return err
		}
	}
	for world, plays := range chosen {
		if !plays {
			kept = w.readWorld(kept, world)
			w.forgetWorld(world)
		}
	}
	return nil
}

// Restart begins the next episode in the worlds that are chosen, [W], and clears their results of
// the last step. It is the episode that would follow at the time limit. The others do not change.
func (w *Worlds) Restart(chosen []bool) error {
	if err := w.checkChosen(chosen); err != nil {
		return err
	}
	if err := w.Home(); err != nil {
		return err
	}
	s := w.newScratch()
	for world, restarts := range chosen {
		if !restarts {
			continue
		}
		w.episode[world]++
		w.startEpisode(world, &s) // in Go on each engine: few worlds, and the bits are the same
		w.forgetWorld(world)
	}
	return nil
}

func (w *Worlds) checkChosen(chosen []bool) error {
	if len(chosen) != w.W {
		return fmt.Errorf("sim: %d flags choose among %d worlds; allowed: %d", len(chosen), w.W, w.W)
	}
	return nil
}

// forgetWorld clears a world's results of the last step.
func (w *Worlds) forgetWorld(world int) {
	agents := world * w.A
	clear(w.Reward[agents:][:w.A])
	clear(w.HadTask[agents:][:w.A])
	w.Terminated[world], w.Truncated[world] = false, false
	if w.record {
		w.clearOutcomes(world*w.A, (world+1)*w.A)
	}
}

// appendWorld writes the state of one world.
func (w *Worlds) appendWorld(b []byte, world int) []byte {
	for _, a := range w.stateFields() {
		row := rowOf(&a, world, w.W)
		b = appendArray(b, &row)
	}
	return b
}

// readWorld sets the state of one world and returns the rest.
func (w *Worlds) readWorld(b []byte, world int) []byte {
	for _, a := range w.stateFields() {
		row := rowOf(&a, world, w.W)
		b = readArray(&row, b)
	}
	return b
}

// rowOf is the part of an array that belongs to one of the worlds.
func rowOf(a *engine.Array, world, worlds int) engine.Array {
	n := a.N / worlds
	row := engine.Array{Name: a.Name, N: n}
	switch {
	case a.Floats != nil:
		row.Floats = part(*a.Floats, world, n)
	case a.Ints != nil:
		row.Ints = part(*a.Ints, world, n)
	default:
		row.Flags = part(*a.Flags, world, n)
	}
	return row
}

func part[T any](s []T, world, n int) *[]T {
	p := s[world*n:][:n]
	return &p
}

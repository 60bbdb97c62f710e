package marl

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/sim"
)

// Ranks of a run play slices of its worlds. After a rollout they gather it, so that every rank has all rows of the memory, and
// everything after it is as in a run alone.

// Group is the ranks of a run, of which this is one.
type Group interface {
	comm.Comm
	// Collect returns what each rank gives, by rank. All ranks call it.
	Collect(own []byte) ([][]byte, error)
}

// OnPolicy is an Algorithm whose memory holds one rollout, which Forget or the next rollout replaces. Ranks then play slices, since a
// rollout is gathered faster than it is played. With a replay, ranks play all worlds.
type OnPolicy interface {
	Algorithm
	OnPolicy()
}

// Sliced is an Env that may have some of the worlds of a run.
type Sliced interface {
	Env
	// Slice says which worlds these are: those from number first on, of all.
	Slice() (first, all int)
	// JoinStates returns the state of all worlds from those of slices in their order. UnmarshalBinary takes it on every slice.
	JoinStates(states [][]byte) ([]byte, error)
}

// SliceOf returns the worlds that a rank plays, at least one. Ranks beyond the number of worlds play some that another one plays, too.
func (c *Config) SliceOf(rank, ranks int) sim.Slice {
	if _, ok := algorithms[c.Algo].(OnPolicy); !ok {
		return sim.Slice{Worlds: c.Worlds, All: c.Worlds}
	}
	first := c.playedBefore(rank, ranks)
	return sim.Slice{First: first, Worlds: max(1, c.playedBefore(rank+1, ranks)-first), All: c.Worlds}
}

// playedBefore is the number of worlds whose transitions lower ranks provide.
func (c *Config) playedBefore(rank, ranks int) int { return rank * c.Worlds / ranks }

// slice returns the worlds of an environment.
func (c *Config) slice(env Env) (sim.Slice, error) {
	n := sizesOf(env)
	s := sim.Slice{Worlds: n.Worlds, All: n.Worlds}
	if e, ok := env.(Sliced); ok {
		s.First, s.All = e.Slice()
	}
	if s.All != c.Worlds {
		return s, fmt.Errorf("marl: the environment has %d worlds, train.worlds is %d", s.All, c.Worlds)
	}
	if _, ok := algorithms[c.Algo].(OnPolicy); !ok && s.Worlds != s.All {
		return s, fmt.Errorf("marl: the environment has %d of %d worlds, and %s plays all worlds on every rank", s.Worlds, s.All, c.Algo)
	}
	return s, nil
}

// AllRows is the number of rows of a slot on all ranks together: every agent of every world of the run.
func (w *Workshop) AllRows() int { return w.slice.All * w.Sizes.Agents }

// Sliced reports whether the worlds are some of those of the run, and other ranks play the others.
func (t *Trainer) Sliced() bool { return t.shop.slice.Worlds < t.shop.slice.All }

// checkSlice makes sure that the group plays all worlds together.
func (t *Trainer) checkSlice() error {
	s := t.shop.slice
	if !t.Sliced() {
		return nil
	}
	if t.group == nil || t.cfg.SliceOf(t.group.Rank(), t.group.Size()) != s {
		return fmt.Errorf("marl: worlds %d to %d of %d are not those of this rank, see Config.SliceOf", s.First, s.First+s.Worlds-1, s.All)
	}
	return nil
}

// GatheredFloats is how many floats of a rollout the ranks gather, 0 if each plays all worlds.
func (t *Trainer) GatheredFloats() (floats int64) {
	if !t.Sliced() {
		return 0
	}
	for _, x := range t.shop.memory.played {
		floats += x.Len()
	}
	return floats
}

// gather completes the rows of the memory, which other ranks have played.
func (t *Trainer) gather() error {
	if !t.Sliced() {
		return nil
	}
	rows := share.Rows{N: t.shop.memory.count}
	for r := range t.group.Size() {
		rows.Ends = append(rows.Ends, t.cfg.playedBefore(r+1, t.group.Size()))
	}
	return t.session.GatherRows(t.shop.memory.played, rows)
}

// GiveWorlds is what State asks of the other ranks, for a rank that keeps no state.
func (t *Trainer) GiveWorlds() error {
	_, err := t.worlds()
	return err
}

// worlds is the state of the worlds of all ranks.
func (t *Trainer) worlds() ([]byte, error) {
	own, err := t.env.MarshalBinary()
	if err != nil || !t.Sliced() {
		return own, err
	}
	rank, ranks := t.group.Rank(), t.group.Size()
	if t.cfg.playedBefore(rank, ranks) == t.cfg.playedBefore(rank+1, ranks) {
		own = nil // another rank has the same world
	}
	states, err := t.group.Collect(own)
	if err != nil {
		return nil, err
	}
	states = slices.DeleteFunc(states, func(s []byte) bool { return len(s) == 0 })
	return t.env.(Sliced).JoinStates(states)
}

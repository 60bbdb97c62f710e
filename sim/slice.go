package sim

import (
	"encoding/binary"
	"fmt"
)

// Slice is the worlds [First, First+Worlds) of All.
type Slice struct{ First, Worlds, All int }

// Validate returns an error for worlds that are not among all.
func (s Slice) Validate() error {
	if s.First < 0 || s.First+s.Worlds > s.All {
		return fmt.Errorf("sim: worlds %d to %d are not among the %d of all slices", s.First, s.First+s.Worlds-1, s.All)
	}
	return nil
}

// NewSlice makes some of the worlds that New makes, with the same bits: world w of the slice is world First + w of all. So processes
// can play the worlds of one run together. NumberByNearest and the like are to be set alike in all slices.
func NewSlice(s *Scenario, slice Slice, seed uint64) (*Worlds, error) {
	if err := slice.Validate(); err != nil {
		return nil, err
	}
	return newSlice(Engines()[0], s, slice, seed)
}

// Slice says which worlds these are.
func (w *Worlds) Slice() Slice { return w.slice }

// JoinStates returns the state of all worlds, as New's worlds marshal it, from the states of slices in the order of their worlds.
func (w *Worlds) JoinStates(states [][]byte) ([]byte, error) {
	counts, all := make([]int, len(states)), 0
	for i, b := range states {
		if counts[i] = worldsOf(b); counts[i] > w.slice.All {
			return nil, fmt.Errorf("sim: a slice has %d worlds, all slices have %d", counts[i], w.slice.All)
		}
		if err := w.checkState(b, counts[i]); err != nil {
			return nil, err
		}
		if len(b)-stateHeader-stateTrailer != (len(states[0])-stateHeader-stateTrailer)/counts[0]*counts[i] {
			return nil, fmt.Errorf("sim: slice %d records the outcomes of tasks and slice 0 does not, or the reverse", i)
		}
		all += counts[i]
	}
	if all != w.slice.All {
		return nil, fmt.Errorf("sim: the slices have %d worlds, not %d", all, w.slice.All)
	}
	return w.join(states, counts), nil
}

// worldsOf is the number of worlds that a state says it has; 1 if it says nothing.
func worldsOf(state []byte) int {
	if len(state) < stateHeader {
		return 1
	}
	return int(max(1, min(binary.LittleEndian.Uint64(state[24:]), 1<<31)))
}

// join joins valid states with their numbers of worlds.
func (w *Worlds) join(states [][]byte, counts []int) []byte {
	rest, left := make([][]byte, len(states)), 0
	for i, b := range states {
		rest[i] = b[stateHeader : len(b)-stateTrailer]
		left += len(rest[i])
	}
	joined := w.beginState(binary.LittleEndian.Uint64(states[0][16:]), w.slice.All, left)
	for _, a := range append(w.stateFields(), w.outcomeFields()...) {
		for i, b := range rest {
			if n := arrayBytes(&a) / w.W * counts[i]; len(b) > 0 { // nothing is left of states without outcomes
				joined, rest[i] = append(joined, b[:n]...), b[n:]
			}
		}
	}
	return endState(joined)
}

package spread

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// marshalled is the state of worlds.
func marshalled(t *testing.T, w *Worlds) []byte {
	t.Helper()
	b, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Slices play what all worlds play together, and go on from the joined state.
func TestSlicesGiveTheSameBits(t *testing.T) {
	s := Default()
	s.MaxCycles = 4
	all, err := New(s, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	var parts []*Worlds
	for _, x := range []sim.Slice{{First: 0, Worlds: 2, All: 5}, {First: 2, Worlds: 1, All: 5}, {First: 3, Worlds: 2, All: 5}} {
		w, err := NewSlice(s, x, 3)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, w)
	}
	for cycle := range 9 {
		actions := make([]int32, 5*s.Agents)
		for i := range actions {
			actions[i] = int32((i*7 + cycle) % Actions)
		}
		if err := all.Step(actions); err != nil {
			t.Fatal(err)
		}
		var states [][]byte
		for _, w := range parts {
			if err := w.Step(actions[w.slice.First*s.Agents:][:w.worlds*s.Agents]); err != nil {
				t.Fatal(err)
			}
			states = append(states, marshalled(t, w))
		}
		joined, err := parts[1].JoinStates(states)
		if err != nil || !bytes.Equal(joined, marshalled(t, all)) {
			t.Fatalf("cycle %d: slices play something else, or: %v", cycle, err)
		}
		for i, w := range parts {
			w.seed = 99
			if err := w.UnmarshalBinary([][]byte{joined, states[1], joined}[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSlicesRefuse(t *testing.T) {
	all, err := New(Default(), 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, outside := NewSlice(Default(), sim.Slice{First: 2, Worlds: 2, All: 3}, 1)
	_, bad := all.JoinStates([][]byte{marshalled(t, all), []byte("bad")})
	one, err := NewSlice(Default(), sim.Slice{Worlds: 1, All: 3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, few := all.JoinStates([][]byte{marshalled(t, one)})
	for want, err := range map[string]error{
		"not among the 3": outside, "slice 1: these 3 bytes are not a state": bad, "the slices have 1 worlds, not 3": few,
		"are not a state of 3 worlds": one.UnmarshalBinary([]byte("bad")),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

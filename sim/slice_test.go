package sim

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// slicesOf are worlds of a random scenario, cut in three slices, and all of them, on one engine.
func slicesOf(t *testing.T, engine string, s *Scenario, seed uint64) (all *Worlds, parts []*Worlds) {
	t.Helper()
	for _, x := range []Slice{{0, 6, 6}, {0, 3, 6}, {3, 1, 6}, {4, 2, 6}} {
		w, err := newSlice(engine, s, x, seed)
		if err != nil {
			t.Fatal(err)
		}
		w.NumberByNearest(seed%2 == 0)
		w.ShowServers(seed%3 == 0)
		parts = append(parts, w)
	}
	return parts[0], parts[1:]
}

// Slices play what all worlds play together, in random scenarios on every engine, and go on from the state of other slices.
func TestSlicesGiveTheSameBits(t *testing.T) {
	for seed := range uint64(12) {
		d := dice{rand.New(rand.NewPCG(seed, 11))}
		s, engine := d.scenario(t), Engines()[seed%uint64(len(Engines()))]
		for s.IEDs > 60 {
			s = d.scenario(t)
		}
		all, parts := slicesOf(t, engine, s, seed)
		p, err := NewPolicy("random", s, 1)
		if err != nil {
			t.Fatal(err)
		}
		for slot := range s.Time.Slots + 2 {
			var states [][]byte
			for _, w := range parts {
				play(t, w, p, make([]int32, w.W*w.A), 1)
				states = append(states, marshal(t, w))
			}
			play(t, all, p, make([]int32, all.W*all.A), 1)
			joined, err := all.JoinStates(states)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(joined, marshal(t, all)) {
				t.Fatalf("scenario %d, %s, slot %d: slices play something else", seed, engine, slot)
			}
			if slot == s.Time.Slots/2 {
				_, parts = slicesOf(t, Engines()[(seed+1)%uint64(len(Engines()))], s, seed)
				for _, w := range parts {
					if err := w.UnmarshalBinary(joined); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func TestSlicesOfAnEpisodeWithoutOutcomes(t *testing.T) {
	all, parts := slicesOf(t, Engines()[0], paper(t, nil), 3)
	var states [][]byte
	all.RecordTasks(false)
	for _, w := range parts {
		w.RecordTasks(false)
		states = append(states, marshal(t, w))
		if err := w.UnmarshalBinary(states[len(states)-1]); err != nil {
			t.Error(err) // its own
		}
	}
	if joined, err := parts[1].JoinStates(states); err != nil || !bytes.Equal(joined, marshal(t, all)) {
		t.Errorf("joined states differ, or: %v", err)
	}
}

func TestSlicesRefuse(t *testing.T) {
	all, parts := slicesOf(t, Engines()[0], paper(t, nil), 1)
	states := [][]byte{marshal(t, parts[0]), marshal(t, parts[1]), marshal(t, parts[2])}
	join := func(of ...[]byte) error {
		_, err := all.JoinStates(of)
		return err
	}
	parts[1].RecordTasks(false)
	_, outside := NewSlice(paper(t, nil), Slice{5, 2, 6}, 1)
	for want, err := range map[string]error{
		"worlds 5 to 6 are not among the 6":       outside,
		"the slices have 4 worlds, not 6":         join(states[0], states[1]),
		"a slice has 7 worlds, all slices have 6": join(append(append([]byte{}, states[0][:24]...), append([]byte{7, 0, 0, 0, 0, 0, 0, 0}, states[0][32:]...)...)),
		"slice 1 records the outcomes":            join(states[0], marshal(t, parts[1]), states[2]),
		"these 3 bytes are not a state":           join(states[0], []byte("bad"), states[2]),
		"restored into 3":                         parts[0].UnmarshalBinary(states[1]),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

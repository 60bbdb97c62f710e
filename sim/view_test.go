package sim

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// For every kind of topology, the positions of a view are those from which the links were drawn.
func TestViewPlaces(t *testing.T) {
	for _, topology := range []string{TopologyEpisode, TopologyFixed} {
		w, p, actions := start(t, paper(t, func(s *Scenario) { s.Topology, s.Time.Slots = topology, 3 }), 3, 7)
		play(t, w, p, actions, 4) // into the second episode
		const world = 2
		v := w.View(world)
		if v.Episode != 1 || v.Slot != 1 || len(v.Places) != w.A || len(v.Servers) != 4 {
			t.Fatalf("episode %d, slot %d, %d IEDs, %d ESs", v.Episode, v.Slot, len(v.Places), len(v.Servers))
		}
		at := w.topologyMoment(world)
		for i, place := range v.Places {
			link := (world*w.A + i) * w.p.C
			if got := w.p.drawLink(&at, i, int(w.cand[link]), place[0], place[1]).gain; got != w.gain[link] {
				t.Errorf("%s: IED %d at %v has gain %g to its first ES, the world has %g", topology, i, place, got, w.gain[link])
			}
			if v.First[i] != w.cand[link] {
				t.Errorf("%s: IED %d: first ES %d, want %d", topology, i, v.First[i], w.cand[link])
			}
		}
	}
}

// The positions of moving IEDs are current: they begin at those of the topology and change in a slot by
// no more than the speed allows.
func TestViewMoves(t *testing.T) {
	w, p, actions := start(t, paper(t, func(s *Scenario) {
		s.Hall.Mobility = Mobility{SpeedMPerS: Range{1, 2}, EverySlots: 1, CorrelationM: 10}
	}), 1, 7)
	moved := 0
	for range 5 {
		before := w.View(0).Places
		play(t, w, p, actions, 1)
		for i, q := range w.View(0).Places {
			d := math.Hypot(float64(q[0]-before[i][0]), float64(q[1]-before[i][1]))
			if d > 2.0001 {
				t.Errorf("IED %d went %g m in a slot of 1 s", i, d)
			}
			if d > 0 {
				moved++
			}
		}
	}
	if moved == 0 {
		t.Error("nobody moved")
	}
}

// The view has every GPU of an ES, and it is a copy.
func TestViewGPUs(t *testing.T) {
	w, p, actions := start(t, paper(t, func(s *Scenario) { s.Compute.ServerGPUs = []int{2, 1} }), 1, 7)
	play(t, w, p, actions, 5)
	v := w.View(0)
	for m, gpus := range v.GPUs {
		if len(gpus) != 2-m%2 {
			t.Fatalf("ES %d has %d GPUs", m, len(gpus))
		}
		first := gpus[0].BacklogS
		for _, g := range gpus {
			first = min(first, g.BacklogS)
			if len(g.Models) != 2 || g.Models[0] == g.Models[1] {
				t.Errorf("ES %d holds %v", m, g.Models)
			}
		}
		if next := w.free[w.nextGPU(m, m)]; first != next {
			t.Errorf("ES %d is free in %g s, want %g", m, first, next)
		}
	}
	old := slices.Clone(v.Places)
	v.Servers[0][0], v.GPUs[0][0].Models[0] = -1, -1
	play(t, w, p, actions, 1)
	if again := w.View(0); again.Servers[0][0] == -1 || again.GPUs[0][0].Models[0] == -1 || !slices.Equal(old, again.Places) {
		t.Error("a view shares memory with the worlds")
	}
}

// counter is a Watcher that counts calls.
type counter struct {
	t             *testing.T
	before, after int
	err           error
}

func (c *counter) Before(w *Worlds) {
	if v := w.View(1); v.Episode*2+v.Slot != c.before {
		c.t.Errorf("slot %d of episode %d, want slot %d in all", v.Slot, v.Episode, c.before)
	}
	c.before++
}

func (c *counter) After(w *Worlds) error {
	if episode, slot := w.LastSlot(1); episode*2+slot != c.after {
		c.t.Errorf("played slot %d of episode %d, want slot %d in all", slot, episode, c.after)
	}
	c.after++
	return c.err
}

// A Watcher sees the slots that count, in order, and can end the simulation.
func TestWatcher(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 2 })
	c := &counter{t: t}
	o := SimulateOptions{Scenario: s, Policy: policy(t, "nearest", s), Episodes: 5, Worlds: 2, Seed: 1, Watcher: c, Watched: 1}
	if _, err := Simulate(o); err != nil {
		t.Fatal(err)
	}
	if c.before != 4 || c.after != 4 || o.Slots(0) != 6 || o.Slots(1) != 4 || o.Slots(2) != 0 {
		t.Errorf("%d and %d calls; worlds play %d, %d, %d slots", c.before, c.after, o.Slots(0), o.Slots(1), o.Slots(2))
	}
	o.Watcher = &counter{t: t, err: errors.New("seen enough")}
	if _, err := Simulate(o); err == nil || err.Error() != "seen enough" {
		t.Errorf("%v", err)
	}
	o.Watched = 2
	if _, err := Simulate(o); err == nil || !strings.Contains(err.Error(), "allowed: 0 to 1") {
		t.Errorf("%v", err)
	}
}

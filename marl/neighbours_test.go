package marl

import (
	"context"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// neighbourly is a short run in groups of 4 of 8 IEDs, over the ends of episodes.
func neighbourly() Config {
	c := busyPPO(48)
	c.Neighbours, c.SlotsPerIteration = 4, 12
	return c
}

func offloadingFor(t *testing.T, c *Config, seed uint64) (Env, *sim.Worlds) {
	t.Helper()
	w, err := sim.New(small(t), c.Worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	return OffloadingFor(c, w), w
}

// With neighbours IEDs of one ES have numbers that follow each other; without they have those of the draw.
func TestNeighboursAreNumberedBeforeTheRun(t *testing.T) {
	c := neighbourly()
	_, grouped := offloadingFor(t, &c, 1)
	c.Neighbours = 0
	_, plain := offloadingFor(t, &c, 1)
	runs := func(w *sim.Worlds) (n int) {
		for i := range w.W {
			n += len(slices.Compact(w.View(i).First))
		}
		return n
	}
	ess := 0
	for i := range grouped.W {
		first := grouped.View(i).First
		slices.Sort(first)
		ess += len(slices.Compact(first))
	}
	if runs(grouped) != ess || runs(plain) <= ess {
		t.Errorf("%d runs of one ES where there are %d ESs; %d as drawn", runs(grouped), ess, runs(plain))
	}
}

// Runs in groups have the same bits on every backend.
func TestNeighboursOnEveryBackend(t *testing.T) {
	c := neighbourly()
	var want *checkpoint.State
	for _, name := range kernels.Backends() {
		env, w := offloadingFor(t, &c, 1)
		tr, err := NewTrainer(c, env, openBackend(t, name, 2), 5)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if err := tr.Run(context.Background(), Hooks{}); err != nil {
			t.Fatal(err)
		}
		if w.Episodes(0) == 0 {
			t.Fatal("no episode has ended")
		}
		if want == nil {
			want = stateOf(t, tr)
		}
		sameState(t, want, stateOf(t, tr))
	}
}

func TestNeighboursResumeIsExact(t *testing.T) {
	c := neighbourly()
	resumeIsExact(t, c, 12, func(seed uint64) Env { env, _ := offloadingFor(t, &c, seed); return env })
}

package marl_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// With neighbours, the IEDs of one ES have consecutive numbers; without, numbers are those of the random draw.
func TestNeighboursAreNumberedBeforeTheRun(t *testing.T) {
	c := neighbourly(4)
	_, grouped := marltest.Offloading(t, &c, 1)
	c = neighbourly(0)
	_, plain := marltest.Offloading(t, &c, 1)
	c.RewardGroup = 3
	if _, rewarded := marltest.Offloading(t, &c, 1); !slices.Equal(rewarded.View(0).First, grouped.View(0).First) {
		t.Error("IEDs with rewards of neighbourhoods have other numbers")
	}
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

// inNeighbourhoods are runs with attention in groups, and with rewards of both forms of neighbourhoods that do not
// divide the 8 IEDs.
func inNeighbourhoods() map[string]marl.Config {
	block, window := neighbourly(0), neighbourly(4)
	block.RewardGroup = 3
	window.RewardGroup, window.RewardNeighbourhood = 3, marl.NeighbourhoodWindow
	return map[string]marl.Config{"attention": neighbourly(4), "reward in blocks": block, "attention and reward in windows": window}
}

// Runs in groups have the same bits on every backend.
func TestNeighboursOnEveryBackend(t *testing.T) {
	for name, c := range inNeighbourhoods() {
		t.Run(name, func(t *testing.T) { sameInNeighbourhoods(t, c) })
	}
}

func sameInNeighbourhoods(t *testing.T, c marl.Config) {
	t.Helper()
	var want *checkpoint.State
	for _, name := range kernels.Backends() {
		env, w := marltest.Offloading(t, &c, 1)
		tr, err := marl.NewTrainer(c, env, marltest.OpenBackend(t, name, 2), 5)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
			t.Fatal(err)
		}
		if w.Episodes(0) == 0 {
			t.Fatal("no episode has ended")
		}
		if want == nil {
			want = marltest.StateOf(t, tr)
		}
		marltest.SameState(t, want, marltest.StateOf(t, tr))
	}
}

func TestNeighboursResumeIsExact(t *testing.T) {
	for name, c := range inNeighbourhoods() {
		t.Run(name, func(t *testing.T) {
			marltest.ResumesExactly(t, c, 12, func(seed uint64) marl.Env { env, _ := marltest.Offloading(t, &c, seed); return env })
		})
	}
}

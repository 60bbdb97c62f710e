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
	c := neighbourly(4)
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
	c := neighbourly(4)
	marltest.ResumesExactly(t, c, 12, func(seed uint64) marl.Env { env, _ := marltest.Offloading(t, &c, seed); return env })
}

package marl_test

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim/spread"
)

var (
	_ marl.Env    = (*spread.Worlds)(nil)
	_ marl.Sliced = (*spread.Worlds)(nil)
)

// spreading is simple_spread with short episodes.
func spreading(t *testing.T, c *marl.Config, seed uint64) *spread.Worlds {
	t.Helper()
	s := spread.Default()
	s.MaxCycles = 7
	w, err := spread.New(s, c.Worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	w.SetThreads(2)
	return w
}

// Every algorithm trains in simple_spread, with the same bits on every backend, and resumes exactly.
func TestSpreadWithEveryAlgorithm(t *testing.T) {
	for _, algo := range marl.Algorithms() {
		t.Run(algo, func(t *testing.T) {
			c := frozenConfig(algo, true, 0)
			c.CheckpointEvery = 24
			var want *checkpoint.State
			for _, name := range kernels.Backends() {
				tr, err := marl.NewTrainer(c, spreading(t, &c, 1), marltest.OpenBackend(t, name, 2), 5)
				if err != nil {
					t.Fatal(err)
				}
				defer tr.Close()
				marltest.Run(t, tr)
				if want == nil {
					want = marltest.StateOf(t, tr)
				}
				marltest.SameState(t, want, marltest.StateOf(t, tr))
			}
			marltest.ResumesExactly(t, c, 24, func(seed uint64) marl.Env { return spreading(t, &c, seed) })
		})
	}
}

// Ranks that play slices of simple_spread end with the state of one.
func TestSpreadOnRanks(t *testing.T) {
	c := frozenConfig("mappo", false, 0)
	s := spread.Default()
	s.MaxCycles = 7
	var want *checkpoint.State
	for _, ranks := range []int{1, 3} {
		crew := marltest.NewCrew(t, ranks, func(rank int) *marl.Trainer {
			w, err := spread.NewSlice(s, c.SliceOf(rank, ranks), 1)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := marl.Plan(c, w, marltest.OpenBackend(t, "auto", 1), 5)
			if err != nil {
				t.Fatal(err)
			}
			return tr
		})
		crew.Run(t)
		for _, state := range crew.States(t) {
			if want == nil {
				want = state
			}
			marltest.SameState(t, want, state)
		}
	}
}

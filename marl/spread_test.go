package marl_test

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim/spread"
)

var _ marl.Env = (*spread.Worlds)(nil)

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

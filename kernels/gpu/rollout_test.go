//go:build gpu && !cpu

package gpu

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// TestRolloutIsOneGraph: no slot of a rollout needs the host.
func TestRolloutIsOneGraph(t *testing.T) {
	b := &spy{Backend: open(t, kernels.Options{})}
	s := slots(t, b, game{5, 2, 20, 0, false}.new(t))
	for range 2 {
		if err := errors.Join(s.Run(4), s.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	e := b.executables[0].(*executable)
	if len(e.segments) != 1 || e.segments[0].step >= 0 || len(e.steps) > 0 {
		t.Errorf("segments %+v", e.segments)
	}
	var times []int
	for r := range e.graphs {
		times = append(times, r.times)
	}
	slices.Sort(times)
	if want := []int{1, 2, 4}; !slices.Equal(times, want) { // 1 by launches, then 2 and 1; then 4 at once
		t.Errorf("graphs of %v slots, want %v", times, want)
	}
}

// TestRolloutOfALearnerIsOneGraph: observe, act, sample, step and store of all slots are one graph. The default 32 slots
// fit too.
func TestRolloutOfALearnerIsOneGraph(t *testing.T) {
	for _, algo := range []string{"amarl", "amarl-ppo"} {
		c, s, err := learns(algo)
		if err != nil {
			t.Fatal(err)
		}
		w, err := sim.New(s, c.Worlds, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := &spy{Backend: open(t, kernels.Options{})}
		tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), b, 5)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if err := errors.Join(tr.WarmUp(context.Background()), tr.Rollout()); err != nil {
			t.Fatal(err)
		}
		e := b.executables[slices.Index(b.programs, tr.SlotProgram())].(*executable)
		whole := 0
		for r := range e.graphs {
			whole = max(whole, r.times)
		}
		if len(e.segments) != 1 || e.segments[0].step >= 0 || whole != c.SlotsPerIteration || e.atOnce(32) != 32 {
			t.Errorf("%s: segments %+v; %d of %d slots are one graph, and %d of 32 would be", algo, e.segments, whole, c.SlotsPerIteration, e.atOnce(32))
		}
	}
}

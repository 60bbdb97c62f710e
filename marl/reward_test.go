package marl_test

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Two worlds of three agents; in the second no agent has a task.
func TestMixedReward(t *testing.T) {
	c := tiny(1)
	r := marltest.NewRig(t, &c, marl.Sizes{Worlds: 2, Agents: 3, Obs: 4, Actions: 3})
	reward, active, out := r.Add("reward", 2, 3), r.Add("active", 2, 3), r.Add("out", 2, 3)
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		f.Output(marl.Mixed(f.Input(reward), f.Input(active), 0.25), out)
		f.Lower(b)
	})
	r.Put(reward, []float32{-1, 0, -3, 0, 0, 0})
	r.Put(active, []float32{1, 0, 1, 0, 0, 0})
	r.Run(p)
	want := []float32{0.75*-1 + 0.25*-2, 0.25 * -2, 0.75*-3 + 0.25*-2, 0, 0, 0}
	for i, got := range r.Get(out) {
		if got != want[i] {
			t.Errorf("agent %d: %g, want %g", i, got, want[i])
		}
	}
}

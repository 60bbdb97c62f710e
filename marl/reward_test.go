package marl

import (
	"testing"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Two worlds of three agents; in the second nobody has a task.
func TestMixedReward(t *testing.T) {
	c := tiny(1)
	r := newRig(t, &c, sizes{2, 3, 4, 3})
	reward, active, out := r.add("reward", 2, 3), r.add("active", 2, 3), r.add("out", 2, 3)
	p := r.open(func(b *machine.Builder) {
		f := nn.NewFragment()
		f.Output(mixed(f.Input(reward), f.Input(active), 0.25), out)
		f.Lower(b)
	})
	r.put(reward, []float32{-1, 0, -3, 0, 0, 0})
	r.put(active, []float32{1, 0, 1, 0, 0, 0})
	r.run(p)
	want := []float32{0.75*-1 + 0.25*-2, 0.25 * -2, 0.75*-3 + 0.25*-2, 0, 0, 0}
	for i, got := range r.get(out) {
		if got != want[i] {
			t.Errorf("agent %d: %g, want %g", i, got, want[i])
		}
	}
}

package marl

import "testing"

// Two worlds of three agents; in the second nobody has a task.
func TestMixRewards(t *testing.T) {
	r := []float32{-1, 0, -3, 0, 0, 0}
	active := []bool{true, false, true, false, false, false}
	out := make([]float32, len(r))
	mixRewards(out, r, active, 3, 0.25)
	want := []float32{0.75*-1 + 0.25*-2, 0.25 * -2, 0.75*-3 + 0.25*-2, 0, 0, 0}
	for i := range want {
		if out[i] != want[i] {
			t.Errorf("agent %d: %g, want %g", i, out[i], want[i])
		}
	}
}

//go:build gpu && !cpu

package gpu_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/gpu"
)

// parityCases are actor, critic and update: small on the emulated device, else as they are measured.
func parityCases() []bench.Case {
	if os.Getenv("GMEL_FAKE_DEVICES") != "" {
		return []bench.Case{bench.MLP(20, 6, 8, 3)}
	}
	return []bench.Case{
		bench.MLP(256, 32, 64, 64, 16), bench.AMARLActor(256, 30, 64), bench.Critic(256, 32, 128), bench.Critic(16, 512, 128), bench.Update(256, 30, 64),
	}
}

// TestParity takes ten steps on the processor and on the GPU from the same state: everything that
// is learned has the same bits, whether the GPU is asked ten times for one step or once for ten.
func TestParity(t *testing.T) {
	for _, c := range parityCases() {
		t.Run(c.Name+" "+c.Shape, func(t *testing.T) {
			want := learned(t, c, "cpu", 10)
			for _, calls := range [][]int{{10}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
				compare(t, fmt.Sprintf("gpu in %d calls", len(calls)), learned(t, c, "gpu", calls...), want)
			}
		})
	}
}

func learned(t *testing.T, c bench.Case, backend string, calls ...int) []bench.Array {
	t.Helper()
	b, err := kernels.Open(backend, kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := c.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, n := range calls {
		if err := r.Run(n); err != nil {
			t.Fatal(err)
		}
	}
	state, err := r.State()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func compare(t *testing.T, what string, got, want []bench.Array) {
	t.Helper()
	if len(got) == 0 || len(got) != len(want) {
		t.Fatalf("%s: %d tensors, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		bad, worst := 0, 0.0
		for j := range w.Data {
			if math.Float32bits(g.Data[j]) != math.Float32bits(w.Data[j]) {
				bad++
				worst = max(worst, math.Abs(float64(g.Data[j])-float64(w.Data[j])))
			}
		}
		if bad > 0 || g.Name != w.Name || len(w.Data) == 0 {
			t.Errorf("%s: %s: %d of %d numbers differ from the processor's, at most by %g", what, w.Name, bad, len(w.Data), worst)
		}
	}
}

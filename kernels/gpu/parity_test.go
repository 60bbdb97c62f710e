//go:build gpu && !cpu

package gpu_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/gpu"
)

// parityCases are actor, critic and update: small on the emulated device, else as in the benchmarks.
func parityCases() []bench.Case {
	if os.Getenv("GMEL_FAKE_DEVICES") != "" {
		return []bench.Case{bench.MLP(20, 6, 8, 3)}
	}
	return []bench.Case{
		bench.MLP(256, 32, 64, 64, 16), bench.AMARLActor(256, 30, 64), bench.Critic(256, 32, 128), bench.Critic(16, 512, 128), bench.Update(256, 30, 64),
	}
}

// TestParity runs ten steps on the processor and on the GPU from the same state. All learned tensors have the same
// bits, whether the GPU is called ten times for one step or once for ten. If they differ, the test prints the
// relative error.
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

// TestPrecisionsAgree compares losses and gradients of the first run in tf32 and bf16 with those of the processor.
// Their error must be at most half of the tolerance of bench for a peer, which rounds too.
func TestPrecisionsAgree(t *testing.T) {
	for _, c := range precisionCases() {
		want := found(t, c, "cpu", kernels.FP32)
		for _, precision := range []string{kernels.TF32, kernels.BF16} {
			d, name, err := bench.Difference(found(t, c, "gpu", precision), want)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s in %s: %s is off by %.2g of its largest element, %.2f of what is allowed", c.Name, c.Shape, precision, name, d, d/bench.ToleranceOf(precision))
			if !(d <= bench.ToleranceOf(precision)/2) {
				t.Errorf("%s %s in %s is off by %.2g", c.Name, c.Shape, precision, d)
			}
			if precision == kernels.BF16 && d < 1e-4 {
				t.Errorf("%s %s in %s is off by %.2g only: are factors rounded?", c.Name, c.Shape, precision, d)
			}
		}
	}
}

// precisionCases are small on the emulated device.
func precisionCases() []bench.Case {
	if os.Getenv("GMEL_FAKE_DEVICES") != "" {
		return []bench.Case{bench.MLP(20, 6, 32, 32, 3), bench.AMARLActor(4, 6, 16), bench.Critic(4, 6, 16)}
	}
	return parityCases()
}

// running opens a case on a backend of its own, until the end of the test.
func running(t *testing.T, c bench.Case, backend string, o kernels.Options) bench.Running {
	t.Helper()
	b, err := kernels.Open(backend, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(b)
	if err != nil {
		t.Fatal(errors.Join(err, b.Close()))
	}
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func found(t *testing.T, c bench.Case, backend, precision string) []bench.Array {
	t.Helper()
	arrays, err := running(t, c, backend, kernels.Options{Precision: precision}).Found()
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

func learned(t *testing.T, c bench.Case, backend string, calls ...int) []bench.Array {
	t.Helper()
	r := running(t, c, backend, kernels.Options{})
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
		bad, worst, largest := 0, 0.0, 0.0
		for j := range w.Data {
			largest = max(largest, math.Abs(float64(w.Data[j])))
			if math.Float32bits(g.Data[j]) != math.Float32bits(w.Data[j]) {
				bad++
				worst = max(worst, math.Abs(float64(g.Data[j])-float64(w.Data[j])))
			}
		}
		if bad > 0 || g.Name != w.Name || len(w.Data) == 0 {
			t.Errorf("%s: %s: %d of %d numbers differ from the processor's, at most by %g, a relative error of %.1g", what, w.Name, bad, len(w.Data), worst, worst/largest)
		}
	}
}

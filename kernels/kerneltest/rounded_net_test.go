package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/copies"
)

// The nets have copies of results and of weights.
func TestRoundedNetsHaveCopies(t *testing.T) {
	results, casts := 0, 0
	for seed := range uint64(nets) {
		plan := copies.Of(&newRoundedNet(seed).program, 0)
		casts += len(plan.Casts)
		for _, d := range plan.Program.Descs {
			if d.Op == kernels.OpGemm && d.Arg[copies.ResultCopy] != 0 {
				results++
			}
		}
	}
	if results < nets || casts < nets {
		t.Errorf("%d results and %d weights of %d nets have copies", results, casts, nets)
	}
}

// In fp32, op by op is what ref does; and rounding changes what comes out.
func TestInTurns(t *testing.T) {
	changed := 0
	for seed := range uint64(nets) {
		b := newRoundedNet(seed)
		want := b.reference(t)
		if i := differ(b.inTurns(t, kernels.FP32), want); i >= 0 {
			t.Errorf("%s: float %d is not that of ref", b.program.Name, i)
		}
		if differ(b.inTurns(t, kernels.BF16), want) >= 0 {
			changed++
		}
	}
	if changed < nets-2 { // where all products underflow, rounding changes nothing
		t.Errorf("rounding to bf16 changes %d of %d nets", changed, nets)
	}
}

// differ is the first place at which two arenas differ in bits, or -1.
func differ(x, y []float32) int {
	for i := range x {
		if !same(x[i], y[i]) {
			return i
		}
	}
	return -1
}

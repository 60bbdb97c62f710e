package kerneltest

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

func TestConvGrads(t *testing.T) {
	for _, s := range [][]int64{
		{2, 4, 5, 3, 3, 3, 2, 1, 1, 1, 1}, {1, 5, 4, 2, 3, 2, 3, 2, 2, 0, 1}, {2, 1, 7, 2, 1, 5, 3, 1, 2, 0, 2}, {1, 2, 2, 1, 3, 3, 2, 1, 1, 2, 2},
	} {
		forward := func() *trial { return newTrial(kernels.OpConv, s...).without("bias") }
		checkGrad(t, forward(), newTrial(kernels.OpConvGradX, s...).without("aux"), "y", "dy", map[string]string{"x": "dx"})
		checkGrad(t, forward(), newTrial(kernels.OpConvGradW, s...), "y", "dy", map[string]string{"w": "dw"})
	}
}

// TestWinogradGrads: the gradients of Winograd's form are those of the direct form.
func TestWinogradGrads(t *testing.T) {
	for _, s := range [][]int64{{2, 4, 5, 3, 2, 1, 1, 0}, {1, 5, 3, 2, 3, 0, 2, 1}} {
		in := func(op kernels.Op) *trial { return newTrial(op, inWinograd(s)...).flags(kernels.FlagWinograd) }
		forward := func() *trial { return in(kernels.OpConv).without("bias") }
		checkGrad(t, forward(), in(kernels.OpConvGradX).without("aux"), "y", "dy", map[string]string{"x": "dx"})
		checkGrad(t, forward(), in(kernels.OpConvGradW), "y", "dy", map[string]string{"w": "dw"})
	}
}

// TestWinogradError: rounding errors of Winograd's form are at most 1.5 times those of the direct form, by the root of their
// mean square against float64.
func TestWinogradError(t *testing.T) {
	const channels = 48
	for _, op := range []kernels.Op{kernels.OpConv, kernels.OpConvGradX, kernels.OpConvGradW} {
		var found [2]float64
		for i, flags := range []kernels.Flags{0, kernels.FlagWinograd} {
			tr := newTrial(op, inWinograd([]int64{2, 8, 8, channels, channels, 1, 1, 0})...).flags(flags).ofTerms().convLimits()
			switch op {
			case kernels.OpConv:
				tr.without("bias")
			case kernels.OpConvGradX:
				tr.without("aux")
			}
			b := newBench([]*trial{tr}, 3)
			got, exact := b.reference(t), widen(b.arena)
			d := b.program.Descs[0]
			direct(&d)
			if err := ref.Exec(&d, exact); err != nil {
				t.Fatal(err)
			}
			out := tr.arg[len(tr.spec().Args)-1]
			for at := out.from; at < out.to; at++ {
				found[i] += (float64(got[at]) - exact[at]) * (float64(got[at]) - exact[at])
			}
			found[i] = math.Sqrt(found[i] / float64(out.to-out.from))
		}
		t.Logf("%s: %.2g directly, %.2g in Winograd's form", op, found[0], found[1])
		if !(found[1] <= 1.5*found[0]) {
			t.Errorf("%s: the error is %g in Winograd's form, %g directly", op, found[1], found[0])
		}
	}
}

package unet

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/nn/machine"
)

// huberTrial is a trial of one image with the pseudo-Huber loss.
func huberTrial(t *testing.T, huber, scale float32) *trial {
	r := newTrial(t, tiny()["scaled"], 1)
	r.in[r.loss.Weight] = []float32{0.7}
	if huber > 0 {
		r.loss.Huber, r.loss.Scale = huber, r.l.Add("loss/scale", 1)
		r.in[r.loss.Scale] = []float32{scale}
	}
	return r
}

// The loss is (sqrt(s^2 q + c^2) - c) / s^2 of the mean square q, and its gradients are those of q times the derivative.
func TestHuberOfOneImage(t *testing.T) {
	backend := open(t, "auto", 1)
	plain := huberTrial(t, 0, 0)
	p := run(t, backend, plain.l, plain.build(), plain.in)
	q, gradients := float64(p.numbers("loss/loss")[0])/0.7, p.numbers("grad")
	for _, at := range [][2]float64{{1e-3, 1e-3}, {1e-3, 0.5}, {0.2, 0.5}, {3, 0.01}} {
		c, s := at[0], at[1]
		r := huberTrial(t, float32(c), float32(s))
		p := run(t, backend, r.l, r.build(), r.in)
		root := math.Sqrt(s*s*q + c*c)
		if got, want := float64(p.numbers("loss/loss")[0]), 0.7*(root-c)/(s*s); math.Abs(got-want) > 1e-4*want {
			t.Errorf("c %g, s %g: the loss is %g, want %g", c, s, got, want)
		}
		for i, g := range p.numbers("grad") {
			if want := float64(gradients[i]) / (2 * root); math.Abs(float64(g)-want) > 2e-3*math.Abs(want)+1e-5/root {
				t.Fatalf("c %g, s %g: gradient %d is %g, want %g", c, s, i, g, want)
			}
		}
	}
}

// An evaluation with dropout has the masks of the gradients, bit for bit.
func TestEvaluateDroppedHasTheMasksOfTheLoss(t *testing.T) {
	backend := open(t, "auto", 1)
	r := newTrial(t, tiny()["scaled"], 3)
	want := run(t, backend, r.l, r.build(), r.in).numbers("batch/y")
	b := machine.NewBuilder("dropped", r.l)
	r.m.EvaluateDropped(b, r.at, r.batch, r.loss)
	if got := run(t, backend, r.l, b, r.in).numbers("batch/y"); !slices.Equal(got, want) {
		t.Error("the outputs differ")
	}
}

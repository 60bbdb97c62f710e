package sample

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/unet"
)

// worse is a guide of half the width of the tiny network.
func worse(t *testing.T) *Guide {
	t.Helper()
	m, err := unet.New("guide", unet.Config{
		Size: []int{4, 6}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 4}, {Channels: 4}},
		Blocks: 1, Groups: 2, Eps: 1e-5, Kernel: 3, Classes: 4, TimeWidth: 8, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	flat := make([]float32, m.Params().Len())
	for i := range flat {
		flat[i] = 0.3 * float32(math.Cos(float64(i)*1.3))
	}
	return &Guide{m, flat}
}

// TestGuideAgreesWithPlan compares every sampler with the specification in float64, whose denoiser is equation 3 of the paper.
func TestGuideAgreesWithPlan(t *testing.T) {
	const guidance = 2.5
	guide := worse(t)
	good, bad := newNetwork(t, 3), networkOf(t, guide.Model, guide.Flat, 3)
	denoise := func(x []float64, at diffusion.Level) []float64 {
		c := diffusion.PredictEDM.At(at)
		in, d := make([]float32, len(x)), make([]float64, len(x))
		for j := range x {
			in[j] = float32(c.In * x[j])
		}
		better, worse := good.predict(in, c.Time, classes), bad.predict(in, c.Time, classes)
		for j := range x {
			d[j] = guidance*c.Estimate(x[j], float64(better[j])) + (1-guidance)*c.Estimate(x[j], float64(worse[j]))
		}
		return d
	}
	for name, plan := range plans() {
		o := Options{Batch: 3, Predict: diffusion.PredictEDM, Seed: 9, Guidance: guidance, Guide: guide}
		got := draw(t, open(t, "ref", 1), plan, o, Request{First: 5, Classes: classes})
		dice := newDice(t, o, 5)
		x := slices.Clone(dice.at(0, ofSampler))
		for j := range x {
			x[j] *= plan[0].Level.Sigma
		}
		plan.Run(x, denoise, diffusion.Options{Noise: dice.stream(ofSampler)})
		for j := range x {
			if math.Abs(float64(got[j])-x[j]) > 2e-4 {
				t.Errorf("%s: number %d is %g, want %g", name, j, got[j], x[j])
				break
			}
		}
		if alone := draw(t, open(t, "cpu", 2), plan, o, Request{First: 5, Classes: classes}); !slices.Equal(alone, got) {
			t.Errorf("%s: other bits on cpu", name)
		}
	}
}

// TestGuideOfItself: a network that is guided by itself is not changed, whatever the weight.
func TestGuideOfItself(t *testing.T) {
	m, flat := tiny(t)
	plan := plans()["heun"]
	want := draw(t, open(t, "ref", 1), plan, Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 1}, Request{Classes: classes})
	got := draw(t, open(t, "ref", 1), plan, Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 3, Guide: &Guide{m, flat}}, Request{Classes: classes})
	if !slices.Equal(got, want) {
		t.Error("other bits")
	}
}

func TestGuideRefused(t *testing.T) {
	m, flat := tiny(t)
	guide := worse(t)
	if _, err := New(open(t, "ref", 1), m, flat, plans()["ddim"], Options{Batch: 3, Guidance: 1, Guide: guide}); err == nil || !strings.Contains(err.Error(), "a guide with a weight of 1") {
		t.Error(err)
	}
	other, err := unet.New("other", unet.Config{
		Size: []int{8, 6}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 4}, {Channels: 4}}, Blocks: 1, Groups: 2, Eps: 1e-5, Kernel: 3, TimeWidth: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(open(t, "ref", 1), m, flat, plans()["ddim"], Options{Batch: 3, Guidance: 2, Guide: &Guide{Model: other}}); err == nil || !strings.Contains(err.Error(), "a guide for samples [8 6] of 1 channels and 0 classes beside") {
		t.Error(err)
	}
}

package fit

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
)

// tuned are options of a short run of consistency tuning.
func tuned(updates int) Options {
	o := TunedDefaults()
	o.Seed, o.Updates, o.Batch, o.WarmUp = 7, updates, 8, 2
	return o
}

// pairs are the levels of a batch after an update, and by package diffusion in float64 its estimates at both.
type pairs struct {
	t, r         float64
	above, below diffusion.Precondition
}

// pairOf is the pair of sample i.
func pairOf(time float32, gap float64) pairs {
	t := math.Exp(4 * float64(time))
	r := max(0, t*(1-gap*(1+8/(1+math.Exp(t)))))
	return pairs{t, r, diffusion.PredictEDM.At(diffusion.EDMLevel(t)), diffusion.PredictEDM.At(diffusion.EDMLevel(r))}
}

// f(x, 0) = x, whatever the network puts out.
func TestBoundaryOfTheFunction(t *testing.T) {
	if got := diffusion.PredictEDM.At(diffusion.EDMLevel(0)).Estimate(1.25, 17); got != 1.25 {
		t.Errorf("f(1.25, 0) is %g", got)
	}
}

// Both inputs have the same noise, the target is f at the lower level, and the loss is that of the paper, all by package
// diffusion in float64.
func TestTuningIsThatOfTheFormula(t *testing.T) {
	o := tuned(1)
	o.Batch = 512
	tr := open(t, backendOf(t, "cpu", 2), stripes(4, 4, 4), o)
	stir(t, tr)
	steps(t, tr, 1)
	k := &tr.mem
	clean, noise, target := tr.must(t, k.clean), tr.must(t, k.noise), tr.must(t, k.loss.Target)
	x, lower, y, times := tr.must(t, k.batch.X), tr.must(t, k.below.X), tr.must(t, k.below.Y), tr.must(t, k.batch.Time)
	out := tr.must(t, k.batch.Y)
	loss, zeros := 0.0, 0
	for i := range times {
		p, squares := pairOf(times[i], 0.25), 0.0
		if p.r == 0 {
			zeros++
		}
		for j := i * tr.size; j < (i+1)*tr.size; j++ {
			xt, xr := float64(clean[j])+p.t*float64(noise[j]), float64(clean[j])+p.r*float64(noise[j])
			near(t, "the input", x[j], p.above.In*xt, 2e-5)
			near(t, "the lower input", lower[j], p.below.In*xr, 2e-5)
			drawn := p.below.Estimate(xr, float64(y[j]))
			near(t, "the target", target[j], p.above.Target(xt, drawn), 1e-4)
			d := p.above.Estimate(xt, float64(out[j])) - drawn
			squares += d * d / float64(tr.size)
		}
		c := o.Tuning.Huber
		loss += (math.Sqrt(squares+c*c) - c) / (p.above.Out * p.above.Out) / float64(o.Batch)
	}
	near(t, "the loss", tr.must(t, k.loss.Value)[0], loss, 1e-3)
	if zeros < o.Batch/10 || zeros > o.Batch*9/10 {
		t.Errorf("%d of %d lower levels are 0: no test", zeros, o.Batch)
	}
}

// stir gives the network parameters that put out more than zeros.
func stir(t *testing.T, tr *Trainer) {
	t.Helper()
	flat := tr.must(t, tr.mem.net.Flat)
	for i := range flat {
		flat[i] += 0.05 * float32(math.Sin(float64(7*i)))
	}
	if err := tr.Begin(flat); err != nil {
		t.Fatal(err)
	}
}

// near ends the test unless two numbers agree, relative to the larger of the second and 1.
func near(t *testing.T, what string, got float32, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tolerance*max(1, math.Abs(want))) {
		t.Fatalf("%s is %g, want %g", what, got, want)
	}
}

// With a gap of 1, r = 0: the target is that of denoising, to the bit, and with a large constant the loss is that of denoising,
// times 1 / 2c.
func TestWithoutLowerLevelTuningIsDenoising(t *testing.T) {
	of := func(tuning *Tuning) *Trainer {
		o := tuned(1)
		o.Batch, o.Tuning, o.LevelStd = 64, tuning, 1 // no level is clamped
		tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), o)
		stir(t, tr)
		steps(t, tr, 1)
		return tr
	}
	const c = 1e3
	denoise, tune := of(nil), of(&Tuning{Gap: 1, Stages: 1, Huber: c})
	if !sameBits(tune.must(t, tune.mem.loss.Target), denoise.must(t, denoise.mem.loss.Target)) ||
		!sameBits(tune.must(t, tune.mem.batch.Y), denoise.must(t, denoise.mem.batch.Y)) {
		t.Error("target or output differ from those of denoising")
	}
	near(t, "the loss", 2*c*tune.must(t, tune.mem.loss.Value)[0], float64(denoise.must(t, denoise.mem.loss.Value)[0]), 1e-4)
}

// At r = t both evaluations are one and the same, with dropout, so the masks are equal; the loss is next to zero.
func TestEvaluationsShareTheMask(t *testing.T) {
	o := tuned(1)
	o.Tuning.Gap = 1e-9 // 1 - gap is 1 in float32
	tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), o)
	stir(t, tr)
	steps(t, tr, 1)
	y, lower := tr.must(t, tr.mem.batch.Y), tr.must(t, tr.mem.below.Y)
	largest := 0.0
	for i := range y {
		near(t, "the output", y[i], float64(lower[i]), 1e-4)
		largest = max(largest, math.Abs(float64(y[i])))
	}
	if largest < 0.1 {
		t.Errorf("outputs up to %g are no test", largest)
	}
}

// The gap is halved at each part of the run.
func TestGap(t *testing.T) {
	o := tuned(768)
	for update, want := range map[int]float64{0: 1. / 4, 127: 1. / 4, 128: 1. / 8, 383: 1. / 16, 384: 1. / 32, 767: 1. / 128} {
		if got := o.gap(update); math.Abs(got-want) > 1e-15 {
			t.Errorf("update %d has the gap %g, want %g", update, got, want)
		}
	}
	tr := open(t, backendOf(t, "ref", 1), stripes(4, 4, 4), tuned(6))
	for i, got := range tr.must(t, tr.mem.schedule) {
		if want := 0.25 / math.Exp2(float64(i/3)); i%3 == 2 && float64(got) != want {
			t.Errorf("row %d of the schedule has the gap %g, want %g", i/3, got, want)
		}
	}
}

// Tuning has the same bits on every backend and for any number of threads.
func TestTuningHasTheSameBitsEverywhere(t *testing.T) {
	of := func(name string, threads int) map[string][]float32 {
		tr := open(t, backendOf(t, name, threads), stripes(6, 2, 3), tuned(3))
		stir(t, tr)
		steps(t, tr, 3)
		return stateOf(t, tr)
	}
	want := of("ref", 1)
	for threads := 1; threads <= 3; threads++ {
		for name, got := range of("cpu", threads) {
			if !sameBits(got, want[name]) {
				t.Errorf("%s differs with cpu and %d threads", name, threads)
			}
		}
	}
}

// A run that is stopped and resumed ends with the files of one that is not.
func TestResumedTuningHasTheSameBytes(t *testing.T) {
	of := func(stop context.CancelFunc, at int) *train.Run {
		r := runOf(t, stop, at)
		r.Open = func(train.Options) (train.Job, error) {
			tr := open(t, backendOf(t, "cpu", 2), stripes(6, 2, 3), tuned(9))
			stir(t, tr)
			return &stopped{tr, stop, at}, nil
		}
		return r
	}
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	if _, err := train.Start(t.Context(), of(nil, -1), train.Options{Out: whole}); err != nil {
		t.Fatal(err)
	}
	for i, at := range []int{4, -1} {
		ctx, stop := context.WithCancel(t.Context())
		r, err := start(ctx, of(stop, at), parts, i > 0)
		if stop(); err != nil || r.Interrupted != (at >= 0) {
			t.Fatal(r, err)
		}
	}
	for _, name := range []string{"metrics.jsonl", "checkpoints/latest.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(parts, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs, %v", name, err)
		}
	}
}

func TestFaultsOfTuning(t *testing.T) {
	for want, spoil := range map[string]func(c *Tuning){
		"a gap of 0":             func(c *Tuning) { c.Gap = 0 },
		"a gap of 1.5":           func(c *Tuning) { c.Gap = 1.5 },
		"0 stages":               func(c *Tuning) { c.Stages = 0 },
		"that is not above 0":    func(c *Tuning) { c.Huber = 0 },
		"pseudo-Huber loss that": func(c *Tuning) { c.Huber = math.NaN() },
	} {
		o := tuned(2)
		spoil(o.Tuning)
		if _, err := Plan(backendOf(t, "ref", 1), network(t, 0), stripes(4, 4, 4), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	tr := open(t, backendOf(t, "ref", 1), stripes(4, 4, 4), tuned(2))
	for want, flat := range map[string][]float32{"3 parameters after 0 updates": make([]float32, 3), "parameter 0 to start from is NaN": nil} {
		if flat == nil {
			flat = tr.must(t, tr.mem.net.Flat)
			flat[0] = float32(math.NaN())
		}
		if err := tr.Begin(flat); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

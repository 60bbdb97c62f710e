package sample

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
)

// picture are three images, of which every third number is known.
func picture() (image, known []float32) {
	for j := range 3 * 24 {
		image = append(image, float32(math.Sin(float64(j))))
		known = append(known, float32((j+2)%3/2))
	}
	return image, known
}

// inpaints are plans that keep a part, from a level at which the image still counts.
func inpaints(t *testing.T) map[string]diffusion.Plan {
	t.Helper()
	levels := append(diffusion.Karras(4, 0.02, 2, 7), diffusion.Clean)
	all := map[string]diffusion.Plan{}
	for name, c := range map[string]struct {
		plan  diffusion.Plan
		times int
	}{
		"ddim": {diffusion.DDIM(levels, 0), 3}, "ddpm": {diffusion.DDPM(levels), 2}, "heun": {diffusion.Heun(levels), 2},
		"ipndm": {diffusion.IPNDM(levels), 1}, "unipc": {diffusion.UniPC(levels, 2), 1},
	} {
		plan, err := diffusion.Inpaint(c.plan, c.times)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = plan
	}
	return all
}

// TestInpaintAgreesWithPlan compares with the specification in float64, from the same noise. Known numbers end as given, to the bit.
func TestInpaintAgreesWithPlan(t *testing.T) {
	image, known := picture()
	for name, plan := range inpaints(t) {
		o := Options{Batch: 3, Predict: diffusion.PredictEDM, Seed: 9, Guidance: 1.5}
		r := Request{First: 5, Classes: classes, Image: image, Known: known}
		got := draw(t, open(t, "ref", 1), plan, o, r)
		if cpu := draw(t, open(t, "cpu", 2), plan, o, r); !slices.Equal(got, cpu) {
			t.Errorf("%s: other bits on cpu", name)
		}
		dice := newDice(t, o, 5)
		x := slices.Clone(dice.at(0, ofSampler))
		given := &diffusion.Given{Noise: dice.stream(ofImage), Back: dice.stream(ofBack)}
		for j := range x {
			x[j] = plan[0].Level.Noisy(float64(image[j]), x[j])
			given.X, given.Known = append(given.X, float64(image[j])), append(given.Known, known[j] == 1)
		}
		plan.Run(x, newNetwork(t, 3).denoiser(diffusion.PredictEDM, classes, 1.5), diffusion.Options{Noise: dice.stream(ofSampler), Given: given})
		for j := range x {
			if known[j] == 1 && got[j] != image[j] {
				t.Fatalf("%s: known number %d is %g, want %g", name, j, got[j], image[j])
			}
			if math.Abs(float64(got[j])-x[j]) > 1e-4 {
				t.Fatalf("%s: number %d is %g, want %g", name, j, got[j], x[j])
			}
		}
	}
}

// TestImageGetsNoise: a plan that does nothing returns the image with noise of its level.
func TestImageGetsNoise(t *testing.T) {
	level := diffusion.Level{Alpha: 0.75, Sigma: 0.5}
	image, _ := picture()
	plan := diffusion.Plan{{Level: level, To: level, Slope: diffusion.Slope{D: 1}, Next: diffusion.Sum{X: 1}}}
	o := Options{Batch: 3, Predict: diffusion.PredictSample, Seed: 3, Guidance: 1}
	noise := newDice(t, o, 0).at(0, ofSampler)
	for j, v := range draw(t, open(t, "ref", 1), plan, o, Request{Classes: classes, Image: image}) {
		if want := level.Noisy(float64(image[j]), noise[j]); math.Abs(float64(v)-want) > 1e-6 {
			t.Fatalf("number %d is %g, want %g", j, v, want)
		}
	}
}

// TestImageIsForgotten: a request without an image begins from noise alone, whatever the last one had.
func TestImageIsForgotten(t *testing.T) {
	image, _ := picture()
	m, flat := tiny(t)
	s, err := New(open(t, "cpu", 1), m, flat, plans()["unipc"], Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var runs [3][]float32
	for i, image := range [][]float32{nil, image, nil} {
		if runs[i], err = s.Run(Request{Classes: classes, Image: image}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(runs[0], runs[2]) {
		t.Error("an image is left in the next samples")
	}
	if slices.Equal(runs[0], runs[1]) {
		t.Error("an image changes nothing")
	}
}

// TestWatch sees x after each evaluation, changes nothing, and its error ends the run.
func TestWatch(t *testing.T) {
	plan := plans()["heun"]
	o := Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 1}
	want := draw(t, open(t, "cpu", 1), plan, o, Request{Classes: classes})
	var seen []int
	var last []float32
	got := draw(t, open(t, "cpu", 1), plan, o, Request{Classes: classes, Watch: func(i int, x []float32) error {
		seen, last = append(seen, i), slices.Clone(x)
		return nil
	}})
	if len(seen) != len(plan) || seen[len(plan)-1] != len(plan)-1 || !slices.Equal(last, got) || !slices.Equal(got, want) {
		t.Errorf("saw evaluations %v, and other numbers than without", seen)
	}
	m, flat := tiny(t)
	s, err := New(open(t, "cpu", 1), m, flat, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stop := errors.New("stop")
	if _, err := s.Run(Request{Classes: classes, Watch: func(int, []float32) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
}

func TestInpaintRefused(t *testing.T) {
	image, known := picture()
	m, flat := tiny(t)
	s, err := New(open(t, "ref", 1), m, flat, inpaints(t)["ddim"], Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	odd := slices.Clone(known)
	odd[4] = 0.5
	for want, r := range map[string]Request{
		"0 numbers of an image of which 72": {Classes: classes, Known: known},
		"72 numbers of an image of which 0": {Classes: classes, Image: image},
		"number 4 is known by 0.5":          {Classes: classes, Image: image, Known: odd},
	} {
		if _, err := s.Run(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

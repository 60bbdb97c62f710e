package diffusion

import (
	"fmt"
	"math"
	"testing"
)

// pair is data of two elements: N(0, DataStd^2 [1 r; r 1]), of which the first is known.
type pair struct{ r, known float64 }

// denoise is the exact denoiser. Sum and difference of the elements are independent.
func (p pair) denoise(x []float64, at Level) []float64 {
	gain := func(share float64) float64 {
		v := DataStd * DataStd * share
		return at.Alpha * v / (at.Alpha*at.Alpha*v + at.Sigma*at.Sigma)
	}
	sum, difference := (x[0]+x[1])*gain(1+p.r), (x[0]-x[1])*gain(1-p.r)
	return []float64{(sum + difference) / 2, (sum - difference) / 2}
}

// conditional are the exact mean and standard deviation of the second element, given the first.
func (p pair) conditional() (mean, std float64) {
	return p.r * p.known, DataStd * math.Sqrt(1-p.r*p.r)
}

// play returns the second element. Normal variable number one is 1, and all others are 0.
func (p pair) play(t *testing.T, plan Plan, one int) float64 {
	t.Helper()
	n := 0
	next := func(int) float64 {
		n++
		if n-1 == one {
			return 1
		}
		return 0
	}
	x := []float64{plan[0].Level.Sigma * next(0), plan[0].Level.Sigma * next(0)}
	plan.Run(x, p.denoise, Options{Noise: next, Given: &Given{X: []float64{p.known, 0}, Known: []bool{true, false}, Noise: next, Back: next}})
	if x[0] != p.known {
		t.Fatalf("the known element is %g, want %g", x[0], p.known)
	}
	return x[1]
}

// moments are mean and standard deviation of the second element.
func (p pair) moments(t *testing.T, plan Plan) (mean, std float64) {
	t.Helper()
	const draws = 3 * 2 // in a step: by the sampler, of the image, and to go back
	mean = p.play(t, plan, -1)
	variance := 0.0
	for one := range 2 + draws*len(plan) {
		d := p.play(t, plan, one) - mean
		variance += d * d
	}
	return mean, math.Sqrt(variance)
}

// TestInpaintIsNearTheConditional plays with exact estimates, so what is left is the error of the method. Everything is
// affine, so mean and standard deviation are exact. One replacement in a step leaves the mean half way to that of the data.
func TestInpaintIsNearTheConditional(t *testing.T) {
	p := pair{r: 0.9, known: 1}
	mean, std := p.conditional()
	for name, c := range map[string]struct {
		plan func([]Level) Plan
		off  map[int]float64 // distance from the mean, by times
	}{
		"DDPM": {DDPM, map[int]float64{1: 0.39, 5: 0.097, 20: 0.025}},
		"Heun": {Heun, map[int]float64{1: 0.52, 5: 0.165, 20: 0.043}},
	} {
		for times, off := range c.off {
			plan, err := Inpaint(c.plan(edmLevels(18)), times)
			if err != nil {
				t.Fatal(err)
			}
			m, s := p.moments(t, plan)
			what := fmt.Sprintf("%s, %d times", name, times)
			near(t, what+": distance from the mean", mean-m, off, 0.005)
			if times > 1 {
				near(t, what+": standard deviation", s, std, 0.055)
			}
		}
	}
}

// TestInpaintWithoutCorrelation: what is known says nothing of the rest, so that is drawn as ever.
func TestInpaintWithoutCorrelation(t *testing.T) {
	for name, plan := range everyPlan(edmLevels(18)) {
		held, err := Inpaint(plan, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{0, 5}
		plan.Run(want, pair{}.denoise, Options{Noise: func(int) float64 { return 0.5 }})
		x := []float64{0, 5}
		given := &Given{X: []float64{0.3, 0}, Known: []bool{true, false}, Noise: func(int) float64 { return -1 }}
		held.Run(x, pair{}.denoise, Options{Noise: func(int) float64 { return 0.5 }, Given: given})
		near(t, name, x[1], want[1], 1e-12)
	}
}

// TestInpaintLengths counts evaluations: the last step, which ends without noise, is played once.
func TestInpaintLengths(t *testing.T) {
	for name, c := range map[string]struct {
		plan Plan
		want int
	}{"ddim": {DDIM(edmLevels(6), 0), 5*3 + 1}, "heun": {Heun(edmLevels(6)), 5*2*3 + 1}} {
		if p, err := Inpaint(c.plan, 3); err != nil || len(p) != c.want {
			t.Errorf("%s: %d evaluations, error %v; want %d", name, len(p), err, c.want)
		}
	}
	for _, plan := range []Plan{IPNDM(edmLevels(6)), DPMSolver(edmLevels(6)), UniPC(edmLevels(6), 2)} {
		if _, err := Inpaint(plan, 2); err != ErrMemory {
			t.Errorf("error %v, want %v", err, ErrMemory)
		}
	}
}

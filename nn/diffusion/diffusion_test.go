package diffusion

import (
	"math"
	"strings"
	"testing"
)

// TestPredictions turns x_0 and noise into every network's target and back into the estimate.
func TestPredictions(t *testing.T) {
	const clean, noise = 0.4, -1.3
	vp := Level{Alpha: 0.8, Sigma: 0.6}
	for p, c := range map[Prediction]struct {
		at     Level
		target float64
	}{
		PredictNoise:    {vp, noise},
		PredictVelocity: {vp, 0.8*noise - 0.6*clean},
		PredictSample:   {vp, clean},
		PredictFlow:     {FlowLevel(0.3), noise - clean},
		PredictEDM:      {EDMLevel(2), math.NaN()}, // EDM gives no closed name to its target
	} {
		x, pre := c.at.Noisy(clean, noise), p.At(c.at)
		target := pre.Target(x, clean)
		near(t, p.String()+" estimate", pre.Estimate(x, target), clean, 1e-12)
		if !math.IsNaN(c.target) {
			near(t, p.String()+" target", target, c.target, 1e-12)
		}
	}
}

// TestEDMUnitVariance: EDM chooses its scalars so that input and target have variance 1 (appendix B.6).
func TestEDMUnitVariance(t *testing.T) {
	for _, sigma := range []float64{0.002, 0.5, 3, 80} {
		c := PredictEDM.At(EDMLevel(sigma))
		near(t, "variance of the input", c.In*c.In*(DataStd*DataStd+sigma*sigma), 1, 1e-12)
		left := (1 - c.Skip) / c.Out
		near(t, "variance of the target", left*left*DataStd*DataStd+c.Skip*c.Skip*sigma*sigma/(c.Out*c.Out), 1, 1e-9)
	}
}

// TestMinSNR compares with the closed forms of the paper: min(SNR, 5) / SNR for noise, and over SNR + 1 for v.
func TestMinSNR(t *testing.T) {
	for _, l := range []Level{{Alpha: 0.8, Sigma: 0.6}, {Alpha: 0.995, Sigma: math.Sqrt(1 - 0.995*0.995)}} {
		w := min(l.SNR(), 5)
		near(t, "eps", PredictNoise.MinSNR(l, 5), w/l.SNR(), 1e-12)
		near(t, "v", PredictVelocity.MinSNR(l, 5), w/(l.SNR()+1), 1e-12)
		near(t, "x0", PredictSample.MinSNR(l, 5), w, 1e-12)
	}
}

func TestSpacings(t *testing.T) {
	s := LinearSchedule(1000, 1e-4, 0.02)
	for name, c := range map[string]struct{ got, want []int }{
		"leading":  {s.Leading(5), []int{800, 600, 400, 200, 0}},
		"trailing": {s.Trailing(5), []int{999, 799, 599, 399, 199}},
		"spread":   {s.Spread(5), []int{999, 799, 599, 400, 200}},
	} {
		for i := range c.want {
			if c.got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, c.got, c.want)
				break
			}
		}
	}
}

func TestStrength(t *testing.T) {
	levels := edmLevels(10)
	for share, steps := range map[float64]int{1: 10, 0.5: 5, 0.01: 1} {
		if got := len(Strength(levels, share)) - 1; got != steps {
			t.Errorf("strength %g keeps %d steps, want %d", share, got, steps)
		}
	}
}

func TestCheckLevels(t *testing.T) {
	if err := CheckLevels(edmLevels(3)); err != nil {
		t.Error(err)
	}
	for want, levels := range map[string][]Level{
		"1 noise levels":                 {Clean},
		"sigma above 0":                  {Clean, EDMLevel(1)},
		"more noise than the one before": {EDMLevel(1), EDMLevel(2)},
	} {
		if err := CheckLevels(levels); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one with %q", levels, err, want)
		}
	}
}

// TestClip limits estimates, not x.
func TestClip(t *testing.T) {
	x := []float64{4}
	DDIM([]Level{EDMLevel(2), EDMLevel(1)}, 0).Run(x, func([]float64, Level) []float64 { return []float64{3} }, Options{Clip: 1})
	// eps is (4 - 3) / 2, and the next x is 1 + 1 eps.
	near(t, "x", x[0], 1.5, 1e-12)
}

func TestNamesOfSchedulesAndPredictions(t *testing.T) {
	for _, name := range []string{"linear", "cosine", "sigmoid"} {
		if s, err := ScheduleByName(name, 10); err != nil || s.Steps() != 10 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ScheduleByName("quadratic", 10); err == nil || !strings.Contains(err.Error(), "allowed: linear") {
		t.Errorf("error %v", err)
	}
	for p := PredictNoise; p <= PredictFlow; p++ {
		if got, err := ParsePrediction(p.String()); err != nil || got != p {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if _, err := ParsePrediction("noise"); err == nil || !strings.Contains(err.Error(), "allowed: eps") {
		t.Errorf("error %v", err)
	}
}

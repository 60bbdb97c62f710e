package diffusion

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Schedule is the discrete, variance-preserving forward process of DDPM: q(x_t | x_{t-1}) = N(sqrt(1 - beta_t) x_{t-1}, beta_t).
// Steps are numbered from 0, the least noise.
type Schedule struct {
	Beta     []float64
	AlphaBar []float64 // prod over s <= t of 1 - beta_s, equation 4 of DDPM
}

// LinearSchedule has betas from first to last in equal steps. DDPM section 4 uses 1,000 steps from 1e-4 to .02.
func LinearSchedule(steps int, first, last float64) *Schedule {
	betas := make([]float64, steps)
	for t := range betas {
		betas[t] = first
		if steps > 1 {
			betas[t] += (last - first) * float64(t) / float64(steps-1)
		}
	}
	return newSchedule(betas)
}

// CosineSchedule follows Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", arXiv 2102.09672, equation 17:
// alpha bar is cos^2((t/T + s)/(1 + s) pi/2) with s = .008, and betas are at most .999.
func CosineSchedule(steps int) *Schedule {
	const s = 0.008
	signal := func(part float64) float64 {
		c := math.Cos((part + s) / (1 + s) * math.Pi / 2)
		return c * c
	}
	return ofSignal(steps, signal)
}

// SigmoidSchedule follows Jabri, Fleet and Chen, "Scalable adaptive computation for iterative generation", arXiv 2212.11972,
// with start -3, end 3 and temperature 1.
func SigmoidSchedule(steps int) *Schedule {
	const start, end = -3.0, 3.0
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	signal := func(part float64) float64 {
		return (logistic(end) - logistic(start+part*(end-start))) / (logistic(end) - logistic(start))
	}
	return ofSignal(steps, signal)
}

// ofSignal derives betas from alpha bar as a function of t/T.
func ofSignal(steps int, signal func(part float64) float64) *Schedule {
	const most = 0.999
	betas := make([]float64, steps)
	for t := range betas {
		after, before := signal(float64(t+1)/float64(steps)), signal(float64(t)/float64(steps))
		betas[t] = min(1-after/before, most)
	}
	return newSchedule(betas)
}

func newSchedule(betas []float64) *Schedule {
	s := &Schedule{Beta: betas}
	product := 1.0
	for _, beta := range betas {
		product *= 1 - beta
		s.AlphaBar = append(s.AlphaBar, product)
	}
	return s
}

// Steps returns T, the number of steps of the forward process.
func (s *Schedule) Steps() int { return len(s.Beta) }

// Level returns the noise level of step t; before the first step there is none.
func (s *Schedule) Level(t int) Level {
	if t < 0 {
		return Clean
	}
	return Level{Alpha: math.Sqrt(s.AlphaBar[t]), Sigma: math.Sqrt(1 - s.AlphaBar[t]), Time: float64(t)}
}

// Levels returns the levels of some steps.
func (s *Schedule) Levels(steps []int) []Level {
	var levels []Level
	for _, t := range steps {
		levels = append(levels, s.Level(t))
	}
	return levels
}

// Leading returns n of T steps, largest first, T/n apart and ending at step 0: the spacing of DDIM.
func (s *Schedule) Leading(n int) []int {
	steps := make([]int, n)
	for i := range steps {
		steps[i] = (n - 1 - i) * (s.Steps() / n)
	}
	return steps
}

// Trailing returns n of T steps, largest first, T/n apart and beginning at step T - 1, so that sampling begins at the
// noisiest level (Lin et al., "Common diffusion noise schedules and sample steps are flawed", arXiv 2305.08891, table 2).
func (s *Schedule) Trailing(n int) []int {
	steps := make([]int, n)
	for i := range steps {
		steps[i] = int(math.RoundToEven(float64(s.Steps())-float64(i)*float64(s.Steps())/float64(n))) - 1
	}
	return steps
}

// Spread returns n steps, largest first, evenly spread from T - 1 down to 0 without 0 itself: the spacing of DPM-Solver.
func (s *Schedule) Spread(n int) []int {
	steps := make([]int, n)
	for i := range steps {
		steps[i] = int(math.RoundToEven(float64(n-i) * float64(s.Steps()-1) / float64(n)))
	}
	return steps
}

// KarrasLevels returns n levels spaced by EDM equation 5 over the noise of all steps. The network is told the nearest step.
func (s *Schedule) KarrasLevels(n int, rho float64) []Level {
	var levels []Level
	for _, ratio := range karrasSigmas(n, s.Level(0).ratio(), s.Level(s.Steps()-1).ratio(), rho) {
		alpha := 1 / math.Sqrt(1+ratio*ratio)
		levels = append(levels, Level{Alpha: alpha, Sigma: ratio * alpha, Time: math.RoundToEven(s.timeOf(ratio))})
	}
	return levels
}

// timeOf is the step, not rounded, whose noise-to-signal ratio is the given one; it interpolates in the logarithm.
func (s *Schedule) timeOf(ratio float64) float64 {
	wanted := math.Log(ratio)
	above, found := slices.BinarySearchFunc(s.AlphaBar, wanted, func(bar, wanted float64) int {
		return cmp.Compare(math.Log((1-bar)/bar)/2, wanted)
	})
	if found || above == 0 {
		return float64(above)
	}
	if above == s.Steps() {
		return float64(s.Steps() - 1)
	}
	lo, hi := math.Log(s.Level(above-1).ratio()), math.Log(s.Level(above).ratio())
	return float64(above-1) + (wanted-lo)/(hi-lo)
}

// PosteriorVariance returns the variance of q(x_s | x_t, x_0), equation 7 of DDPM, of two steps s < t; s is -1 for x_0 itself.
func (s *Schedule) PosteriorVariance(t, earlier int) float64 {
	return posteriorVariance(s.Level(t), s.Level(earlier))
}

// ScheduleByName returns a schedule of T steps: linear (1e-4 to .02), cosine or sigmoid.
func ScheduleByName(name string, steps int) (*Schedule, error) {
	switch name {
	case "linear":
		return LinearSchedule(steps, 1e-4, 0.02), nil
	case "cosine":
		return CosineSchedule(steps), nil
	case "sigmoid":
		return SigmoidSchedule(steps), nil
	}
	return nil, fmt.Errorf("diffusion: schedule %q; allowed: linear, cosine, sigmoid", name)
}

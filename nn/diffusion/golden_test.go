package diffusion

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
)

// The numbers of testdata/golden.json are those printed in the scheduler tests of diffusers (huggingface/diffusers at
// 58eb52c0803e), and tables that a derivation in NumPy made and that reproduce them. Sums of UniPC and of the multistep
// solver on EDM's levels are from the same tests. Their model is F(x, t) = x t / (t + 1), and their x has 768 elements.

type golden struct {
	Checks []struct {
		Name      string
		Published float64
		Tol       float64
	}
	Schedules map[string]json.RawMessage // tables of schedules by step, and others
	Oracle    struct {
		Mu      float64
		Exact   []float64
		Solvers map[string]struct {
			Errors map[string]float64 `json:"max_abs_err"`
		}
	} `json:"gaussian_oracle"`
	VP map[string]struct {
		DDPMMean float64 `json:"ddpm_mean"`
		DDPMStd  float64 `json:"ddpm_std"`
		DDIMMean float64 `json:"ddim_mean"`
		DDIMStd  float64 `json:"ddim_std"`
	} `json:"gaussian_vp"`
}

// tableStep is a step of a schedule.
type tableStep struct {
	Beta     float64
	AlphaBar float64 `json:"alpha_bar"`
	SNR      float64
	PostVar  float64 `json:"post_var"`
}

// table decodes one of the tables.
func table[T any](t *testing.T, g *golden, name string) (v T) {
	t.Helper()
	if err := json.Unmarshal(g.Schedules[name], &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	g := new(golden)
	if err == nil {
		err = json.Unmarshal(data, g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// published returns a number and its tolerance.
func (g *golden) published(t *testing.T, name string) (want, tolerance float64) {
	t.Helper()
	for _, c := range g.Checks {
		if c.Name == name {
			return c.Published, c.Tol
		}
	}
	t.Fatalf("no golden number %q", name)
	return 0, 0
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.10g, want %.10g within %g", what, got, want, tolerance)
	}
}

func TestSchedules(t *testing.T) {
	g := readGolden(t)
	for name, s := range map[string]*Schedule{
		"linear_1e-4_2e-2": LinearSchedule(1000, 1e-4, 0.02), "cosine_s0.008_max0.999": CosineSchedule(1000), "sigmoid_-3_3_tau1": SigmoidSchedule(1000),
	} {
		rows := table[map[int]tableStep](t, g, name)
		if len(rows) != 11 {
			t.Fatalf("%s has %d steps, want 11", name, len(rows))
		}
		for i, want := range rows {
			near(t, name+" beta", s.Beta[i], want.Beta, 1e-12)
			near(t, name+" alpha bar", s.AlphaBar[i], want.AlphaBar, 1e-12)
			near(t, name+" SNR", s.Level(i).SNR()/want.SNR, 1, 1e-6)
			near(t, name+" posterior variance", s.PosteriorVariance(i, i-1), want.PostVar, 1e-10)
		}
	}
	near(t, "linear alpha bar 500", LinearSchedule(1000, 1e-4, 0.02).AlphaBar[500], 0.077796658365, 1e-12)
	near(t, "cosine alpha bar 500", CosineSchedule(1000).AlphaBar[500], 0.492285172449, 1e-12)
}

func TestEDMTables(t *testing.T) {
	g := readGolden(t)
	levels := Karras(18, 0.002, 80, 7)
	for i, want := range table[[]float64](t, g, "edm_sigmas_n18_rho7_0.002_80") {
		near(t, "sigma", levels[i].Sigma, want, 1e-12*want)
	}
	for text, want := range table[map[string]float64](t, g, "edm_loss_weight") {
		sigma, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		// The weight of D is that of F over c_out^2, and that of F is 1.
		l := EDMLevel(sigma)
		out := PredictEDM.At(l).Out
		near(t, "weight of F", PredictEDM.EDMWeight(l), 1, 1e-12)
		near(t, "weight of D", PredictEDM.EDMWeight(l)/(out*out), want, 1e-9*want)
	}
}

func TestTorchNormals(t *testing.T) {
	got := newTorchNormals(0).draw(768)
	for i, want := range table[[]float64](t, readGolden(t), "torch_randn_seed0_first8_of_768") {
		near(t, "normal variable", got[i], want, 1e-6)
	}
}

func TestPublishedVariances(t *testing.T) {
	g, s := readGolden(t), LinearSchedule(1000, 1e-4, 0.02)
	for name, at := range map[string][2]int{
		"ddpm fixed_small var t=0 linear": {0, -1}, "ddpm fixed_small var t=487 linear": {487, 486}, "ddpm fixed_small var t=999 linear": {999, 998},
		"ddim var t=420 prev=400": {420, 400}, "ddim var t=980 prev=960": {980, 960}, "ddim var t=487 prev=486": {487, 486}, "ddim var t=999 prev=998": {999, 998},
	} {
		want, tolerance := g.published(t, name)
		near(t, name, s.PosteriorVariance(at[0], at[1]), want, tolerance)
	}
}

// publishedSample is [4, 3, 8, 8], (c 256 + h 32 + w 4 + b) / 768.
func publishedSample() []float64 {
	x := make([]float64, 768)
	for j := range x {
		b, c, h, w := j/192, j/64%3, j/8%8, j%8
		x[j] = float64(c*256+h*32+w*4+b) / 768
	}
	return x
}

// publishedNoise is the same numbers from the other end.
func publishedNoise() []float64 {
	x := publishedSample()
	for j := range x {
		x[j] = (767 - x[j]*768) / 768
	}
	return x
}

// publishedModel estimates x_0 with F(x, t) = x t / (t + 1).
func publishedModel(p Prediction) Denoiser {
	return func(x []float64, at Level) []float64 {
		c, d := p.At(at), make([]float64, len(x))
		for j := range x {
			in := c.In * x[j]
			d[j] = c.Estimate(x[j], in*c.Time/(c.Time+1))
		}
		return d
	}
}

// noised is the published x with the published noise of a level.
func noised(l Level) []float64 {
	x, noise := publishedSample(), publishedNoise()
	for j := range x {
		x[j] = l.Noisy(x[j], noise[j])
	}
	return x
}

func sumAbs(x []float64) (sum float64) {
	for _, v := range x {
		sum += math.Abs(v)
	}
	return sum
}

// torchNoise draws as the published runs do: one array a step, in order.
func torchNoise() func(int) float64 {
	g := newTorchNormals(0)
	var left []float64
	return func(int) float64 {
		if len(left) == 0 {
			left = g.draw(768)
		}
		v := left[0]
		left = left[1:]
		return v
	}
}

// rounded is the run whose published sum suffers from float32: beta = 1 - alpha bar_1 / alpha bar_0 is 1.2e-4 within 3e-8 there, which
// is 2.5e-4 of .545 of a sum of 388.
const rounded = "ddpm add_noise last 2 steps seed0 sum|x|"

func TestPublishedSums(t *testing.T) {
	g, s := readGolden(t), LinearSchedule(1000, 1e-4, 0.02)
	all := append(s.Levels(s.Leading(1000)), Clean)
	ten := append(s.Levels(s.Leading(10)), Clean)
	steep := LinearSchedule(1000, 0.01, 0.02)
	steepTen := append(steep.Levels(steep.Leading(10)), Clean)
	steepEnd := append(steep.Levels(steep.Leading(10)), steep.Level(0))
	solver := append(s.Levels(s.Spread(10)), s.Level(0))
	karras := append(s.KarrasLevels(10, 7), s.Level(0))
	clip, torch := Options{Clip: 1}, Options{Clip: 1, Noise: torchNoise()}
	torch2, torch3 := Options{Clip: 1, Noise: torchNoise()}, Options{Clip: 1, Noise: torchNoise()}
	edm := append(Karras(10, 0.002, 80, 7), Clean)
	start := publishedSample()
	for j := range start {
		start[j] *= math.Sqrt(80*80 + 1)
	}
	for _, c := range []struct {
		name    string
		plan    Plan
		x       []float64
		predict Prediction
		options Options
	}{
		{"ddim 10 steps eps sum|x|", DDIM(ten, 0), publishedSample(), PredictNoise, clip},
		{"ddim 10 steps v sum|x|", DDIM(ten, 0), publishedSample(), PredictVelocity, clip},
		{"ddim beta_start=.01 alpha_to_one sum|x|", DDIM(steepTen, 0), publishedSample(), PredictNoise, clip},
		{"ddim beta_start=.01 no alpha_to_one sum|x|", DDIM(steepEnd, 0), publishedSample(), PredictNoise, clip},
		{"ddim add_noise t_start=8 sum|x|", DDIM(ten[8:], 0), noised(ten[8]), PredictNoise, clip},
		{"ddpm 1000 steps eps seed0 sum|x|", DDPM(all), publishedSample(), PredictNoise, torch},
		{"ddpm 1000 steps v seed0 sum|x|", DDPM(all), publishedSample(), PredictVelocity, torch2},
		{rounded, DDPM(all[998:]), noised(all[998]), PredictNoise, torch3},
		{"dpm++2M add_noise t_start=5 sum|x|", DPMSolver(solver[5:]), noised(solver[5]), PredictNoise, Options{}},
		{"dpm++2M 10 steps eps mean|x|", DPMSolver(solver), publishedSample(), PredictNoise, Options{}},
		{"dpm++2M 10 steps v mean|x|", DPMSolver(solver), publishedSample(), PredictVelocity, Options{}},
		{"dpm++2M karras v mean|x|", DPMSolver(karras), publishedSample(), PredictVelocity, Options{}},
		{"edm euler 10 steps sum|x|", DDIM(edm, 0), start, PredictEDM, Options{}},
	} {
		c.plan.Run(c.x, publishedModel(c.predict), c.options)
		want, tolerance := g.published(t, c.name)
		if c.name == rounded {
			tolerance = 0.05
		}
		got := sumAbs(c.x)
		if want < 1 {
			got /= 768 // a mean
		}
		near(t, c.name, got, want, tolerance)
	}
}

// TestPublishedUniPC compares UniPC of order 2 with the printed means and sum.
func TestPublishedUniPC(t *testing.T) {
	s := LinearSchedule(1000, 1e-4, 0.02)
	levels := append(s.Levels(s.Spread(10)), s.Level(0))
	karras := append(s.KarrasLevels(10, 7), s.Level(0))
	for _, c := range []struct {
		levels  []Level
		predict Prediction
		mean    float64
	}{
		{levels, PredictNoise, 0.2464}, {levels, PredictVelocity, 0.1014},
		{karras, PredictNoise, 0.2925}, {karras, PredictVelocity, 0.1966},
	} {
		x := publishedSample()
		UniPC(c.levels, 2).Run(x, publishedModel(c.predict), Options{})
		near(t, "UniPC "+c.predict.String(), sumAbs(x)/768, c.mean, 1e-3)
	}
	x := noised(levels[8])
	UniPC(levels[8:], 2).Run(x, publishedModel(PredictNoise), Options{})
	near(t, "UniPC from step 8", sumAbs(x), 315.5757, 0.01)
}

// TestPublishedMultistepOnEDM compares DPM-Solver++(2M) on EDM's levels from step 5 of 10. The published loop does not scale the
// network's input.
func TestPublishedMultistepOnEDM(t *testing.T) {
	ten := Karras(10, 0.002, 80, 7)
	levels := append(ten, ten[9])
	x := noised(levels[5])
	DPMSolver(levels[5:]).Run(x, func(x []float64, at Level) []float64 {
		c, d := PredictEDM.At(at), make([]float64, len(x))
		for j := range x {
			d[j] = c.Estimate(x[j], x[j]*c.Time/(c.Time+1))
		}
		return d
	}, Options{})
	near(t, "DPM-Solver++ on EDM's levels", sumAbs(x), 8.1661, 0.01)
}

// TestPublishedConsistency compares latent consistency sampling, whose estimate mixes x and the estimate of x_0 by
// EDM's c_skip and c_out of the noise 10 t.
func TestPublishedConsistency(t *testing.T) {
	g := readGolden(t)
	var betas []float64
	for i := range 1000 {
		root := math.Sqrt(0.00085) + (math.Sqrt(0.012)-math.Sqrt(0.00085))*float64(i)/999
		betas = append(betas, root*root)
	}
	s := newSchedule(betas)
	latent := func(x []float64, at Level) []float64 {
		d, wide := publishedModel(PredictNoise)(x, at), EDMLevel(10*at.Time)
		skip := PredictEDM.At(wide).Skip
		for j := range x {
			d[j] = skip*x[j] + math.Sqrt(1-skip)*d[j]
		}
		return d
	}
	for name, levels := range map[string][]Level{
		"lcm 1 step sum|x|":         {s.Level(999), Clean},
		"lcm 10 steps seed0 sum|x|": append(s.Levels([]int{999, 899, 799, 699, 599, 499, 399, 299, 199, 99}), Clean),
	} {
		x := publishedSample()
		Consistency(levels).Run(x, latent, Options{Noise: torchNoise()})
		want, _ := g.published(t, name)
		near(t, name, sumAbs(x), want, 0.01)
	}
}

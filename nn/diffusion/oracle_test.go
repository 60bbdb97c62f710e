package diffusion

import (
	"math"
	"strconv"
	"testing"
)

const oracleMean = 0.3

// gaussian is the exact denoiser of data N(oracleMean, DataStd^2).
func gaussian(x []float64, at Level) []float64 {
	d := make([]float64, len(x))
	gain := at.Alpha * DataStd * DataStd / (at.Alpha*at.Alpha*DataStd*DataStd + at.Sigma*at.Sigma)
	for j := range x {
		d[j] = oracleMean + gain*(x[j]-at.Alpha*oracleMean)
	}
	return d
}

// oracleError is the largest error of a plan for nine starting points on the probability-flow ODE. Its exact solution
// keeps (x - mean) / sqrt(sigma^2 + DataStd^2).
func oracleError(p Plan) (worst float64) {
	from, to := p[0].Level, p[len(p)-1].To
	spread := func(l Level) float64 { return math.Sqrt(l.Alpha*l.Alpha*DataStd*DataStd + l.Sigma*l.Sigma) }
	var x, exact []float64
	for i := range 9 {
		off := from.Sigma * (float64(i)/2 - 2)
		x = append(x, from.Alpha*oracleMean+off)
		exact = append(exact, to.Alpha*oracleMean+off*spread(to)/spread(from))
	}
	p.Run(x, gaussian, Options{})
	for j := range x {
		worst = max(worst, math.Abs(x[j]-exact[j]))
	}
	return worst
}

func edmLevels(steps int) []Level { return append(Karras(steps, 0.002, 80, 7), Clean) }

// TestGaussianOracle compares errors with those of an independent derivation, to nine digits.
func TestGaussianOracle(t *testing.T) {
	g := readGolden(t)
	for name, plan := range map[string]func([]Level) Plan{
		"euler/ddim": func(l []Level) Plan { return DDIM(l, 0) }, "heun": Heun, "dpm++2M": DPMSolver,
	} {
		want := g.Oracle.Solvers[name].Errors
		if len(want) != 5 {
			t.Fatalf("%s: %d numbers of steps, want 5", name, len(want))
		}
		for steps, e := range want {
			n, err := strconv.Atoi(steps)
			if err != nil {
				t.Fatal(err)
			}
			near(t, name+" with "+steps+" steps", oracleError(plan(edmLevels(n)))/e, 1, 1e-6)
		}
	}
}

// TestOrders observes the order of every solver over a range without its ends, where the noise ratio is bounded. UniPC and iPNDM have orders 2 here
// in spite of their higher inner ones: UniPC's last step is of first order, and iPNDM takes unequal steps for equal ones.
func TestOrders(t *testing.T) {
	for name, c := range map[string]struct {
		plan  func([]Level) Plan
		order float64
	}{
		"DDIM":         {func(l []Level) Plan { return DDIM(l, 0) }, 1},
		"Heun":         {Heun, 2},
		"DPM-Solver++": {DPMSolver, 2},
		"iPNDM":        {IPNDM, 2},
		"UniPC 1":      {func(l []Level) Plan { return UniPC(l, 1) }, 2},
		"UniPC 2":      {func(l []Level) Plan { return UniPC(l, 2) }, 2.3},
		"UniPC 3":      {func(l []Level) Plan { return UniPC(l, 3) }, 1.9},
	} {
		coarse, fine := oracleError(c.plan(Karras(21, 0.05, 10, 7))), oracleError(c.plan(Karras(641, 0.05, 10, 7)))
		near(t, name+" order", math.Log2(coarse/fine)/5, c.order, 0.1)
	}
}

// TestFewEvaluations shows what the multistep methods are for: at ten evaluations they are nearer than Euler's method and
// than Heun's with as many evaluations.
func TestFewEvaluations(t *testing.T) {
	euler, heun := oracleError(DDIM(edmLevels(10), 0)), oracleError(Heun(edmLevels(5)))
	for name, e := range map[string]float64{
		"iPNDM": oracleError(IPNDM(edmLevels(10))), "UniPC": oracleError(UniPC(edmLevels(10), 2)), "DPM-Solver++": oracleError(DPMSolver(edmLevels(10))),
	} {
		if e >= euler || e >= heun {
			t.Errorf("%s has the error %g; Euler's method has %g and Heun's %g", name, e, euler, heun)
		}
	}
}

// TestLastEstimateIsExact: a plan that ends without noise ends at the estimate if that does not depend on x.
func TestLastEstimateIsExact(t *testing.T) {
	for name, plan := range everyPlan(edmLevels(6)) {
		x := []float64{50, -3}
		plan.Run(x, func([]float64, Level) []float64 { return []float64{0.25, -0.5} }, Options{Noise: func(int) float64 { return 1 }})
		near(t, name, x[0], 0.25, 1e-9)
		near(t, name, x[1], -0.5, 1e-9)
	}
}

func everyPlan(levels []Level) map[string]Plan {
	return map[string]Plan{
		"DDIM": DDIM(levels, 0), "DDIM .5": DDIM(levels, 0.5), "DDPM": DDPM(levels), "Heun": Heun(levels), "iPNDM": IPNDM(levels),
		"DPM-Solver++": DPMSolver(levels), "UniPC": UniPC(levels, 2), "consistency": Consistency(levels),
	}
}

// TestVariancePreserving propagates mean and standard deviation exactly: for a Gaussian everything is affine in x.
func TestVariancePreserving(t *testing.T) {
	g, s := readGolden(t), LinearSchedule(1000, 1e-4, 0.02)
	for name, stride := range map[string]int{"1000 steps": 1, "100 steps (stride 10)": 10, "50": 20, "10": 100} {
		want := g.VP[name]
		levels := append(s.Levels(s.Leading(1000/stride)), Clean)
		mean, std := moments(DDPM(levels))
		near(t, name+" DDPM mean", mean, want.DDPMMean, 1e-9)
		near(t, name+" DDPM std", std, want.DDPMStd, 1e-9)
		mean, std = moments(DDIM(levels, 0))
		near(t, name+" DDIM mean", mean, want.DDIMMean, 1e-9)
		near(t, name+" DDIM std", std, want.DDIMStd, 1e-9)
	}
}

// moments are mean and standard deviation of what a one-step plan makes of N(0, 1): every step is x <- a x + b + noise.
func moments(p Plan) (mean, std float64) {
	variance := 1.0
	for step := range p {
		at := func(x float64) float64 {
			v := []float64{x}
			p[step:step+1].Run(v, gaussian, Options{Noise: func(int) float64 { return 0 }})
			return v[0]
		}
		a, b := at(1)-at(0), at(0)
		mean, variance = a*mean+b, a*a*variance+p[step].Noise*p[step].Noise
	}
	return mean, math.Sqrt(variance)
}

// TestAncestralIsDDPM: DDIM with eta 1 is DDPM, as section 4.1 of DDIM says, where nothing is clipped.
func TestAncestralIsDDPM(t *testing.T) {
	s := CosineSchedule(50)
	levels := append(s.Levels(s.Leading(25)), Clean)
	a, b := []float64{1.5, -0.3}, []float64{1.5, -0.3}
	noise := func() func(int) float64 {
		v := 0.0
		return func(int) float64 { v = math.Sin(v + 1); return v }
	}
	DDIM(levels, 1).Run(a, gaussian, Options{Noise: noise()})
	DDPM(levels).Run(b, gaussian, Options{Noise: noise()})
	for j := range a {
		near(t, "x", a[j], b[j], 1e-12)
	}
}

// TestStraightPath: on the levels of flow matching, Euler's method is x + dt (eps - x_0).
func TestStraightPath(t *testing.T) {
	levels := append(Flow(8)[1:], Clean) // at t = 1 alpha is 0, and the ratio is infinite
	x := []float64{0.7}
	want := 0.7
	for i, l := range levels[:len(levels)-1] {
		d := gaussian([]float64{want}, l)[0]
		eps := (want - l.Alpha*d) / l.Sigma
		want += (levels[i+1].Sigma - l.Sigma) * (eps - d)
	}
	DDIM(levels, 0).Run(x, gaussian, Options{})
	near(t, "x", x[0], want, 1e-12)
}

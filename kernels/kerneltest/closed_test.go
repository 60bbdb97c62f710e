package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %g, want %g within %g", what, got, want, tolerance)
	}
}

// With two agents each sees only the other, with one nobody.
func TestAttentionOfFewAgents(t *testing.T) {
	two := newLab(t, newTrial(kernels.OpAttention, 1, 2, 1, 3))
	two.run()
	for d := range 3 {
		checkNear(t, "x_0", two.arg("x")[d], two.arg("v")[3+d], 0)
		checkNear(t, "x_1", two.arg("x")[3+d], two.arg("v")[d], 0)
	}
	one := newLab(t, newTrial(kernels.OpAttention, 2, 1, 1, 3))
	one.run()
	for _, x := range one.arg("x") {
		checkNear(t, "x of one agent", x, 0, 0)
	}
}

// The formula of the paper, written without any of the reference's helpers.
func TestAttentionFormula(t *testing.T) {
	const batch, n, h, dim = 2, 6, 3, 4
	l := newLab(t, newTrial(kernels.OpAttention, batch, n, h, dim))
	l.run()
	at := func(b, i, head, d int) int { return ((b*n+i)*h+head)*dim + d }
	q, k, v, x := l.arg("q"), l.arg("k"), l.arg("v"), l.arg("x")
	for p := range batch * n * h {
		b, i, head := p/(n*h), p/h%n, p%h
		var sum float64
		var mean [dim]float64
		for j := range n {
			if j == i {
				continue
			}
			score := 0.0
			for d := range dim {
				score += q[at(b, i, head, d)] * k[at(b, j, head, d)]
			}
			e := math.Exp(score / 2) // sqrt D = 2
			sum += e
			for d := range dim {
				mean[d] += e * v[at(b, j, head, d)]
			}
		}
		for d := range dim {
			checkNear(t, "x", x[at(b, i, head, d)], mean[d]/sum, 1e-12)
		}
	}
}

// Equal scores give uniform weights over the others: entropy log(N-1), penalty the square.
func TestAttentionStatistics(t *testing.T) {
	e := newLab(t, newTrial(kernels.OpAttentionEntropy, 3, 9, 2, 4).with("q", constant(1)).with("k", constant(0.5)))
	e.run()
	for _, y := range e.arg("y") {
		checkNear(t, "entropy", y, math.Log(8), 1e-12)
	}
	p := newLab(t, newTrial(kernels.OpAttentionPenalty, 3, 9, 2, 4).scalars(0.5).with("q", constant(1)).with("k", constant(0.5)))
	p.run()
	checkNear(t, "penalty", p.arg("y")[0], 0.5, 1e-12) // score = 4 * 0.5 / 2 = 1
}

func TestSampleFrequencies(t *testing.T) {
	const m = 40_000
	p := []float32{0.1, 0, 0.5, 0.15, 0.25}
	logs := make([]float32, len(p))
	for i := range p {
		logs[i] = max(float32(math.Log(float64(p[i]))), kernels.MaskedLogProb)
	}
	l := newLab(t, newTrial(kernels.OpSample, m, 5).with("logp", values(logs...)).with("counter", values(1, 2)).seed(3, 4))
	l.run()
	var seen [5]float64
	for _, a := range l.arg("a") {
		seen[int(a)] += 1.0 / m
	}
	for i := range p {
		q := float64(p[i])
		checkNear(t, "frequency", seen[i], q, 4*math.Sqrt(q*(1-q)/m))
	}
}

func TestNormalMoments(t *testing.T) {
	const n = 100_000
	l := newLab(t, newTrial(kernels.OpNormal, n).with("counter", values(0, 7)).scalars(1, 2).seed(5, 6))
	l.run()
	var mean, variance, tail float64
	for _, x := range l.arg("y") {
		mean += x / n
		variance += (x - 1) * (x - 1) / n
		tail += float64(b2i(math.Abs(x-1) > 4)) / n // beyond two deviations
	}
	checkNear(t, "mean", mean, 1, 4*2/math.Sqrt(n))
	checkNear(t, "variance", variance, 4, 4*4*math.Sqrt(2.0/n))
	checkNear(t, "tail", tail, math.Erfc(math.Sqrt2), 4*math.Sqrt(0.05/n))
}

// The first step of Adam with bias correction moves by lr against the sign of the gradient.
func TestAdamByHand(t *testing.T) {
	l := newLab(t, newTrial(kernels.OpAdam, 1).scalars(0.9, 0.999, 1e-8).without("scale").with("p", values(2)).
		with("g", values(-0.25)).with("m", values(0)).with("v", values(0)).with("state", values(0.01, 0.9, 0.999)))
	l.run()
	checkNear(t, "m", l.arg("m")[0], -0.025, 1e-7)
	checkNear(t, "v", l.arg("v")[0], 6.25e-5, 1e-9)
	checkNear(t, "p", l.arg("p")[0], 2.01, 1e-6)
}

func TestUniformRange(t *testing.T) {
	const n, bound = 50_000, 7
	l := newLab(t, newTrial(kernels.OpRandInt, n).with("bound", values(bound)).with("counter", values(0, 1)).seed(1, 2))
	l.run()
	var seen [bound]float64
	for _, y := range l.arg("y") {
		seen[int(y)] += 1.0 / n
	}
	for _, f := range seen {
		checkNear(t, "frequency", f, 1.0/bound, 4*math.Sqrt(1.0/bound/n))
	}
}

func TestEveryOpHasTrials(t *testing.T) {
	for _, op := range workOps() {
		if len(trialsOf(op)) == 0 {
			t.Errorf("no trials of %s", op)
		}
	}
}

// The reference respects layout and guards, and is as precise as it promises.
func TestReference(t *testing.T) {
	for _, op := range workOps() {
		newBench(trialsOf(op), 1000+uint64(op)).reference(t)
	}
}

// One half of the pixels of an image of 2 x 2 windows is the mean of each window, and back.
func TestPoolAndUpsampleByHand(t *testing.T) {
	pool := newLab(t, newTrial(kernels.OpPool, 1, 1, 2, 1, 2).scalars(0.25).with("x", values(1, 2, 5, 6, 3, 4, 7, 8)))
	pool.run()
	checkNear(t, "left window", pool.arg("y")[0], 2.5, 0)
	checkNear(t, "right window", pool.arg("y")[1], 6.5, 0)
	up := newLab(t, newTrial(kernels.OpUpsample, 1, 1, 2, 1, 2).scalars(1).with("x", values(3, 4)))
	up.run()
	for i, want := range []float64{3, 3, 4, 4, 3, 3, 4, 4} {
		checkNear(t, "pixel", up.arg("y")[i], want, 0)
	}
}

func TestDropoutStatistics(t *testing.T) {
	const n, p = 100_000, 0.3
	l := newLab(t, newTrial(kernels.OpDropout, n).with("counter", values(0, 3)).with("x", values(1)).scalars(p).seed(9, 8))
	l.run()
	kept, neighbours := 0.0, 0.0
	for i, y := range l.arg("y") {
		if y != 0 {
			checkNear(t, "kept", y, 1/(1-float64(float32(p))), 1e-12)
			kept += 1.0 / n
			neighbours += float64(b2i(i > 0 && l.arg("y")[i-1] != 0)) / n
		}
	}
	checkNear(t, "share kept", kept, 1-p, 4*math.Sqrt(p*(1-p)/n))
	checkNear(t, "pairs kept", neighbours, (1-p)*(1-p), 4*math.Sqrt(0.25/n))
	whole := newLab(t, newTrial(kernels.OpDropout, 1000).with("counter", values(0, 3)).scalars(0))
	whole.run()
	for i, y := range whole.arg("y") {
		checkNear(t, "p = 0", y, whole.arg("x")[i], 0)
	}
}

// Vectors of two published implementations, from their formulas with t = 10 and 8 columns:
// sines before cosines with 10000^(-i/3), and 10000^(-i/4).
func TestSinusoidAgreesWithPublishedVectors(t *testing.T) {
	for _, c := range []struct {
		steps    float64
		sin, cos []float64
	}{
		{3, []float64{-0.5440211108893698, 0.4476708347189571, 0.021542680272331638, 0.0009999998333333408},
			[]float64{-0.8390715290764524, 0.8941984252625543, 0.9997679295349918, 0.9999995000000417}},
		{4, []float64{-0.5440211108893698, 0.8414709848078964, 0.09983341664682811, 0.009999833334166658},
			[]float64{-0.8390715290764524, 0.5403023058681399, 0.9950041652780257, 0.9999500004166654}},
	} {
		high, low := ratio(10_000, c.steps)
		l := newLab(t, newTrial(kernels.OpSinusoid, 1, 4).scalars(high, low).with("t", values(10)))
		l.run()
		for i := range 4 {
			checkNear(t, "sine", l.arg("y")[i], c.sin[i], 1e-12)
			checkNear(t, "cosine", l.arg("y")[4+i], c.cos[i], 1e-12)
		}
	}
}

// float32 results for all whole times up to 1000 against float64.
func TestSinusoidOfLargeTimes(t *testing.T) {
	const half = 64
	high, low := ratio(10_000, half)
	tr := newTrial(kernels.OpSinusoid, 1001, half).scalars(high, low).with("t", func(_ *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(i)
		}
	})
	b := newBench([]*trial{tr}, 1)
	got := b.reference(t)
	y := got[tr.arg[1].from:tr.arg[1].to]
	for i := range 1001 * half {
		time, column := i/half, i%half
		sin, cos := math.Sincos(float64(time) * math.Pow(10_000, -float64(column)/half))
		checkNear(t, "sine", float64(y[time*2*half+column]), sin, 3e-7)
		checkNear(t, "cosine", float64(y[time*2*half+half+column]), cos, 3e-7)
	}
}

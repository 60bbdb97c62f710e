package kerneltest

import (
	"math"
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

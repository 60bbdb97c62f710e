package kerneltest

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// With two agents, each attends to the other only; a single agent attends to none.
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
	itself := newLab(t, newTrial(kernels.OpAttention, 2, 1, 1, 3).without("penalty").flags(kernels.FlagSelf))
	itself.run()
	for i, x := range itself.arg("x") {
		checkNear(t, "x of one agent that attends to itself", x, itself.arg("v")[i], 0)
	}
}

// The formulas of the papers, written without the functions of the reference.
func TestAttentionFormula(t *testing.T) {
	checkAttention(t, newTrial(kernels.OpAttention, 2, 6, 3, 4))
	checkAttention(t, newTrial(kernels.OpAttention, 2, 6, 3, 4).without("penalty").flags(kernels.FlagSelf))
}

func checkAttention(t *testing.T, tr *trial) {
	t.Helper()
	const batch, n, h, dim = 2, 6, 3, 4
	l := newLab(t, tr)
	l.run()
	at := func(b, i, head, d int) int { return ((b*n+i)*h+head)*dim + d }
	q, k, v, x := l.arg("q"), l.arg("k"), l.arg("v"), l.arg("x")
	for p := range batch * n * h {
		b, i, head := p/(n*h), p/h%n, p%h
		var sum float64
		var mean [dim]float64
		for j := range n {
			if j == i && !tr.desc.Has(kernels.FlagSelf) {
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

func TestAttentionGrads(t *testing.T) {
	for _, s := range [][4]int64{{1, 1, 2, 3}, {2, 2, 1, 3}, {2, 5, 2, 3}} {
		checkGrad(t, newTrial(kernels.OpAttention, s[:]...), newTrial(kernels.OpAttentionGrad, s[:]...), "x", "dx",
			map[string]string{"q": "dq", "k": "dk", "v": "dv"})
		checkGrad(t, newTrial(kernels.OpAttention, s[:]...).without("penalty").flags(kernels.FlagSelf),
			newTrial(kernels.OpAttentionGrad, s[:]...).without("dpenalty").flags(kernels.FlagSelf), "x", "dx",
			map[string]string{"q": "dq", "k": "dk", "v": "dv"})
		checkGrad(t, newTrial(kernels.OpAttentionPenalty, s[:]...).scalars(0.3), newTrial(kernels.OpAttentionPenaltyGrad, s[:]...).scalars(0.3),
			"y", "dy", map[string]string{"q": "dq", "k": "dk"})
	}
}

package qlearn

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// The policy of a rollout and that of execution, against the definition.
func TestEpsilonGreedy(t *testing.T) {
	for _, epsilon := range []float64{0, 0.05, 0.5, 0.99, 1} {
		c, n := defaults(), marl.Sizes{Worlds: 8, Agents: 5, Obs: 6, Actions: 4}
		c.EpsilonFinal = epsilon
		r := newRig(t, &c, n, nil)
		obs, mask := r.Add("obs", n.Rows(), n.Obs), r.Add("mask", n.Rows(), n.Actions)
		rolled, executed := r.Add("rolled", n.Rows(), n.Actions), r.Add("executed", n.Rows(), n.Actions)
		best := r.Add("best", n.Rows())
		p := r.Open(func(b *machine.Builder) {
			head, net := r.Head()
			net.LogProbs(b, head, obs, mask, rolled)
			net.LogProbs(b, &Head{r.network, constant(epsilon)}, obs, mask, executed)
			b.ArgMax(executed, best)
		})
		rng := marltest.Source(3)
		seen, legal := marltest.Normals(rng, n.Rows()*n.Obs), marltest.Masks(rng, n.Rows(), n.Actions)
		r.Put(obs, seen)
		r.Put(mask, legal)
		r.Put(r.epsilon, []float32{float32(epsilon)})
		r.Run(p)
		m := marltest.Wrap(n.Rows(), n.Actions, legal)
		q := marltest.DuelingQ(r.Params(NetworkName), marltest.Wrap(n.Rows(), n.Obs, seen), m)
		want, top := refEpsilonGreedy(q, m, epsilon)
		checkProbabilities(t, "rollout", r.Get(rolled), want)
		checkProbabilities(t, "execution", r.Get(executed), want)
		for i, a := range r.Get(best) {
			if epsilon <= mostRandom && int(a) != top[i] {
				t.Errorf("epsilon %g, row %d: the most probable action is %g, that of the largest value is %d", epsilon, i, a, top[i])
			}
		}
	}
}

// refEpsilonGreedy returns probabilities and the best legal action of each row.
func refEpsilonGreedy(q, mask marltest.Matrix, epsilon float64) (p marltest.Matrix, top []int) {
	p, top = marltest.NewMatrix(q.Rows, q.Cols), make([]int, q.Rows)
	for i := range q.Rows {
		best, legal := -1, 0.0
		for u, m := range mask.Row(i) {
			legal += m
			if m > 0 && (best < 0 || q.At(i, u) > q.At(i, best)) {
				best = u
			}
		}
		for u, m := range mask.Row(i) {
			p.Set(i, u, m*epsilon/legal)
		}
		p.Set(i, best, p.At(i, best)+1-epsilon)
		top[i] = best
	}
	return p, top
}

func checkProbabilities(t *testing.T, what string, logp []float32, want marltest.Matrix) {
	t.Helper()
	for i, l := range logp {
		if math.IsInf(float64(l), 0) || math.IsNaN(float64(l)) {
			t.Errorf("%s: log-probability %d is %g", what, i, l)
		}
		marltest.Near(t, what, math.Exp(float64(l)), want.V[i], 1e-6)
	}
}

// Values that differ in the last bit have one largest; equal ones share it; the scale of the values does not matter.
func TestGreedyPartIsExact(t *testing.T) {
	next := math.Nextafter32
	rows := [][]float32{
		{1, next(1, 2), 0}, {next(1, 2), 1, 0}, {-7, next(-7, -8), -9}, {1e-8, next(1e-8, 1), 0}, {1e12, next(1e12, 1e13), 0},
		{2, 2, 1}, {0, 0, 0}, {1, 5, 3},
	}
	legal := [][]float32{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 0, 1}}
	want := [][]float64{{0, 1, 0}, {1, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0.5, 0.5, 0}, {1. / 3, 1. / 3, 1. / 3}, {0, 0, 1}}
	c := defaults()
	r := marltest.NewRig(t, &c.Config, marl.Sizes{Worlds: 1, Agents: 1, Obs: 1, Actions: 3})
	q, mask, p := r.Add("q", len(rows), 3), r.Add("mask", len(rows), 3), r.Add("p", len(rows), 3)
	program := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		f.Output(greedily(f.Input(q), f.Input(mask)), p)
		f.Lower(b)
	})
	var values, masks []float32
	for i := range rows {
		values, masks = append(values, rows[i]...), append(masks, legal[i]...)
	}
	r.Put(q, values)
	r.Put(mask, masks)
	r.Run(program)
	for i, x := range r.Get(p) {
		marltest.Near(t, "greedy part", float64(x), want[i/3][i%3], 1e-7)
	}
}

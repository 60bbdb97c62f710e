package marltest

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
)

// Q is what a trained learner of action values says: the values of chosen actions act [A] for observations [A, O] of
// one world, either of all agents [A] or of their team [1].
type Q func(t *testing.T, tr *marl.Trainer, obs, act []float32) []float64

// ValueProbes are small games whose action values are known: a constant reward, one that shows in the observation, a
// delayed one, a time limit, one that depends on the action, and a joint one. tiny returns a configuration for a number
// of updates.
func ValueProbes(t *testing.T, tiny func(updates int) marl.Config, q Q) {
	t.Helper()
	Compiled(t)
	one := func(r []float32, _ float32, _ int, _ []int32) { Everyone(r, 1) }
	idle := []float32{0}

	tr := Solve(t, tiny(300), Rules{Agents: 1, Obs: 1, Actions: 1, Length: 1, Reward: one})
	Near(t, "constant: Q", q(t, tr, []float32{0}, idle)[0], 1, 0.05)

	tr = Solve(t, tiny(400), Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 1, Start: Sign, Observe: showState,
		Reward: func(r []float32, s float32, _ int, _ []int32) { Everyone(r, s) },
	})
	Near(t, "observed: Q(-1)", q(t, tr, []float32{-1}, idle)[0], -1, 0.1)
	Near(t, "observed: Q(+1)", q(t, tr, []float32{1}, idle)[0], 1, 0.1)

	tr = Solve(t, tiny(600), Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 2,
		Observe: func(o []float32, _ int, _ float32, step int) { o[0] = float32(step) },
		Reward:  func(r []float32, _ float32, step int, _ []int32) { Everyone(r, float32(step)) },
	})
	Near(t, "delayed: Q(0)", q(t, tr, []float32{0}, idle)[0], 0.9, 0.1)
	Near(t, "delayed: Q(1)", q(t, tr, []float32{1}, idle)[0], 1, 0.1)

	c := tiny(1200)
	c.Gamma = 0.5
	tr = Solve(t, c, Rules{Agents: 1, Obs: 1, Actions: 1, Length: 3, Limit: true, Reward: one})
	Near(t, "time limit: Q", q(t, tr, []float32{0}, idle)[0], 2, 0.1)

	tr = Solve(t, tiny(400), Choice())
	Near(t, "action: Q(0)", q(t, tr, []float32{0}, []float32{0})[0], -1, 0.1)
	Near(t, "action: Q(1)", q(t, tr, []float32{0}, []float32{1})[0], 1, 0.1)

	tr = Solve(t, tiny(1200), Meeting())
	for s, right := range map[float32]float32{-1: 0, 1: 1} {
		obs := []float32{s, s}
		both := q(t, tr, obs, []float32{right, right})[0]
		if none := q(t, tr, obs, []float32{1 - right, 1 - right})[0]; both < none+0.4 {
			t.Errorf("joint: in state %g the right actions have the value %.3f, the wrong ones %.3f", s, both, none)
		}
	}
}

// DuelingQ is the float64 reference of Q [rows, U] of a dueling network with parameters p, for obs [rows, O] and mask
// [rows, U].
func DuelingQ(p Params, obs, mask Matrix) Matrix {
	h := Dense(obs, p["first.w"], p.Bias("first.b"), Leaky)
	h = Dense(h, p["second.w"], p.Bias("second.b"), Leaky)
	v := Dense(h, p["value.w"], p.Bias("value.b"), Identity)
	q := Dense(h, p["advantage.w"], p.Bias("advantage.b"), Identity)
	for i := range q.Rows {
		sum, n := 0.0, 0.0
		for u, m := range mask.Row(i) {
			sum, n = sum+m*q.At(i, u), n+m
		}
		for u := range q.Cols {
			q.Set(i, u, v.At(i, 0)+q.At(i, u)-sum/n)
		}
	}
	return q
}

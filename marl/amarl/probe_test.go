package amarl

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// tiny is a configuration for games that are solved in a second.
func tiny(updates int) setup {
	c := defaults()
	c.Updates, c.Worlds, c.Batch, c.Replay, c.WarmupSlots = updates, 8, 32, 2000, 8
	c.Hidden, c.Heads, c.ActorHidden = 16, 2, 16
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma, c.Polyak = false, false, 0, 0.9, 0.05
	c.Alpha, c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.01, 0.01, 0, 0
	c.LRCritic, c.LRActor, c.LRFinal = 1e-2, 5e-3, 1
	return c
}

// judged is the trained critic's Q_i(o, .) of one world as a function, by the reference network.
func judged(t *testing.T, tr *marl.Trainer) func(obs, act []float32) marltest.Matrix {
	p, n, c := marltest.Download(t, tr, "critic"), tr.Workshop().Sizes, tr.Workshop().Config
	return func(obs, act []float32) marltest.Matrix {
		q, _ := marltest.Critic(p, marltest.Wrap(n.Agents, n.Obs, obs), act, n.Agents, c.Attention().Heads, c.Attention().Attention)
		return q
	}
}

// Probe 1: is the value of a constant reward learned at all?
func TestProbeConstantReward(t *testing.T) {
	tr := marltest.Solve(t, tiny(300).Config, marltest.Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 1,
		Reward: func(r []float32, _ float32, _ int, _ []int32) { marltest.Everyone(r, 1) },
	})
	marltest.Near(t, "Q", judged(t, tr)([]float32{0}, []float32{0}).At(0, 0), 1, 0.05)
}

// Probe 2: does the observation reach the critic?
func TestProbeRewardFromObservation(t *testing.T) {
	tr := marltest.Solve(t, tiny(400).Config, marltest.Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 1, Start: marltest.Sign,
		Observe: func(o []float32, _ int, s float32, _ int) { o[0] = s },
		Reward:  func(r []float32, s float32, _ int, _ []int32) { marltest.Everyone(r, s) },
	})
	q := judged(t, tr)
	marltest.Near(t, "Q(-1)", q([]float32{-1}, []float32{0}).At(0, 0), -1, 0.1)
	marltest.Near(t, "Q(+1)", q([]float32{1}, []float32{0}).At(0, 0), 1, 0.1)
}

// Probe 3: does the target bootstrap, and stop at a termination?
func TestProbeDelayedReward(t *testing.T) {
	tr := marltest.Solve(t, tiny(600).Config, marltest.Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 2,
		Observe: func(o []float32, _ int, _ float32, step int) { o[0] = float32(step) },
		Reward:  func(r []float32, _ float32, step int, _ []int32) { marltest.Everyone(r, float32(step)) },
	})
	q := judged(t, tr)
	marltest.Near(t, "Q(0)", q([]float32{0}, []float32{0}).At(0, 0), 0.9, 0.1)
	marltest.Near(t, "Q(1)", q([]float32{1}, []float32{0}).At(0, 0), 1, 0.1)
}

// A time limit is not an end: with reward 1 for ever Q is 1/(1-gamma).
func TestProbeBootstrapsThroughTimeLimit(t *testing.T) {
	c := tiny(1200)
	c.Gamma = 0.5
	tr := marltest.Solve(t, c.Config, marltest.Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 3, Limit: true,
		Reward: func(r []float32, _ float32, _ int, _ []int32) { marltest.Everyone(r, 1) },
	})
	marltest.Near(t, "Q", judged(t, tr)([]float32{0}, []float32{0}).At(0, 0), 2, 0.1)
}

// Probe 4: does the action reach critic and actor?
func TestProbeActionDependentReward(t *testing.T) {
	tr := marltest.Solve(t, tiny(400).Config, marltest.Rules{
		Agents: 1, Obs: 1, Actions: 2, Length: 1,
		Reward: func(r []float32, _ float32, _ int, a []int32) { marltest.Everyone(r, float32(2*a[0]-1)) },
	})
	q := judged(t, tr)([]float32{0}, []float32{0})
	marltest.Near(t, "Q(0)", q.At(0, 0), -1, 0.15)
	marltest.Near(t, "Q(1)", q.At(0, 1), 1, 0.1)
	marltest.Near(t, "pi(1)", marltest.Policy(t, tr, 0).At(0, 1), 1, 0.05)
}

// Probe 5: observation, own and others' actions together. Agent i is paid for the action that
// equals the state if the other's does too.
func TestProbeJoint(t *testing.T) {
	tr := marltest.Solve(t, tiny(1200).Config, marltest.Rules{
		Agents: 2, Obs: 1, Actions: 2, Length: 1, Start: marltest.Sign,
		Observe: func(o []float32, _ int, s float32, _ int) { o[0] = s },
		Reward: func(r []float32, s float32, _ int, a []int32) {
			right := int32((s + 1) / 2)
			v := float32(0)
			if a[0] == right && a[1] == right {
				v = 1
			}
			marltest.Everyone(r, v)
		},
	})
	critic := judged(t, tr)
	marltest.Near(t, "pi(0 | -1)", marltest.Policy(t, tr, -1).At(0, 0), 1, 0.05)
	marltest.Near(t, "pi(1 | +1)", marltest.Policy(t, tr, 1).At(0, 1), 1, 0.05)
	marltest.Near(t, "Q(+1, 1 | other 1)", critic([]float32{1, 1}, []float32{0, 1}).At(0, 1), 1, 0.15)
	marltest.Near(t, "Q(+1, 1 | other 0)", critic([]float32{1, 1}, []float32{0, 0}).At(0, 1), 0, 0.25)
}

// The soft policy of a one-state bandit is softmax(r / alpha).
func TestSoftPolicyOfBandit(t *testing.T) {
	for _, form := range []string{ActorClosedForm, ActorSampled} {
		for alpha, want := range map[float64][]float64{
			1:   {0.50648, 0.30720, 0.18632},
			0.2: {0.918423, 0.075389, 0.006188},
		} {
			if form == ActorSampled {
				marltest.Compiled(t)
			}
			c := tiny(2500)
			c.ActorLoss, c.Alpha, c.AlphaFinal, c.LRFinal = form, alpha, alpha, 0.01
			tr := marltest.Solve(t, c.Config, marltest.Rules{
				Agents: 1, Obs: 1, Actions: 3, Length: 1,
				Reward: func(r []float32, _ float32, _ int, a []int32) { marltest.Everyone(r, []float32{1, 0.5, 0}[a[0]]) },
			})
			pi := marltest.Policy(t, tr, 0)
			for a, w := range want {
				marltest.Near(t, form+" pi", pi.At(0, a), w, 0.01)
			}
		}
	}
}

package marl

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// tiny is a configuration for games that are solved in a second.
func tiny(updates int) Config {
	c := Default()
	c.Updates, c.Worlds, c.Batch, c.Replay, c.WarmupSlots = updates, 8, 32, 2000, 8
	c.Hidden, c.Heads, c.ActorHidden = 16, 2, 16
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma, c.Polyak = false, false, 0, 0.9, 0.05
	c.Alpha, c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.01, 0.01, 0, 0
	c.LRCritic, c.LRActor, c.LRFinal = 1e-2, 5e-3, 1
	return c
}

func openBackend(t testing.TB, name string, threads int) kernels.Backend {
	t.Helper()
	if name != "auto" && !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err) // a backend that is built must open
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func newTrainer(t testing.TB, c Config, env Env, seed uint64) *Trainer {
	t.Helper()
	tr, err := NewTrainer(c, env, openBackend(t, "auto", 1), seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// solve trains on a toy game.
func solve(t testing.TB, c Config, r rules) *Trainer {
	t.Helper()
	tr := newTrainer(t, c, newToy(r, c.Worlds, 1), 1)
	run(t, tr)
	return tr
}

func run(t testing.TB, tr *Trainer) {
	t.Helper()
	if err := tr.Run(context.Background(), Hooks{}); err != nil {
		t.Fatal(err)
	}
}

func criticOf(t testing.TB, tr *Trainer) refParams {
	l := tr.learner
	return download(t, tr, l.criticOnline.Flat.Name())
}

func actorOf(t testing.TB, tr *Trainer) refParams {
	l := tr.learner
	return download(t, tr, l.actorOnline.Flat.Name())
}

// q returns the trained critic's Q_i(o, .) of one world, with the reference network.
func (p refParams) q(tr *Trainer, obs, act []float32) matrix {
	n := tr.learner.size
	q, _ := refCritic(p, wrap(n.agents, n.obs, obs), act, n.agents, tr.cfg.Heads, tr.cfg.Attention)
	return q
}

func (p refParams) pi(tr *Trainer, obs []float32) matrix {
	n := tr.learner.size
	mask := newMatrix(len(obs)/n.obs, n.actions)
	for i := range mask.v {
		mask.v[i] = 1
	}
	_, logp := refActor(p, wrap(mask.rows, n.obs, obs), mask)
	for i, l := range logp.v {
		logp.v[i] = math.Exp(l)
	}
	return logp
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.4f, want %.4f +- %g", what, got, want, tolerance)
	}
}

// Probe 1: is the value of a constant reward learned at all?
func TestProbeConstantReward(t *testing.T) {
	tr := solve(t, tiny(300), rules{
		agents: 1, obs: 1, actions: 1, length: 1,
		reward: func(r []float32, _ float32, _ int, _ []int32) { everyone(r, 1) },
	})
	near(t, "Q", criticOf(t, tr).q(tr, []float32{0}, []float32{0}).at(0, 0), 1, 0.05)
}

// Probe 2: does the observation reach the critic?
func TestProbeRewardFromObservation(t *testing.T) {
	tr := solve(t, tiny(400), rules{
		agents: 1, obs: 1, actions: 1, length: 1, start: sign,
		observe: func(o []float32, _ int, s float32, _ int) { o[0] = s },
		reward:  func(r []float32, s float32, _ int, _ []int32) { everyone(r, s) },
	})
	p := criticOf(t, tr)
	near(t, "Q(-1)", p.q(tr, []float32{-1}, []float32{0}).at(0, 0), -1, 0.1)
	near(t, "Q(+1)", p.q(tr, []float32{1}, []float32{0}).at(0, 0), 1, 0.1)
}

// Probe 3: does the target bootstrap, and stop at a termination?
func TestProbeDelayedReward(t *testing.T) {
	tr := solve(t, tiny(600), rules{
		agents: 1, obs: 1, actions: 1, length: 2,
		observe: func(o []float32, _ int, _ float32, step int) { o[0] = float32(step) },
		reward:  func(r []float32, _ float32, step int, _ []int32) { everyone(r, float32(step)) },
	})
	p := criticOf(t, tr)
	near(t, "Q(0)", p.q(tr, []float32{0}, []float32{0}).at(0, 0), 0.9, 0.1)
	near(t, "Q(1)", p.q(tr, []float32{1}, []float32{0}).at(0, 0), 1, 0.1)
}

// A time limit is not an end: with reward 1 for ever Q is 1/(1-gamma).
func TestProbeBootstrapsThroughTimeLimit(t *testing.T) {
	c := tiny(1200)
	c.Gamma = 0.5
	tr := solve(t, c, rules{
		agents: 1, obs: 1, actions: 1, length: 3, limit: true,
		reward: func(r []float32, _ float32, _ int, _ []int32) { everyone(r, 1) },
	})
	near(t, "Q", criticOf(t, tr).q(tr, []float32{0}, []float32{0}).at(0, 0), 2, 0.1)
}

// Probe 4: does the action reach critic and actor?
func TestProbeActionDependentReward(t *testing.T) {
	tr := solve(t, tiny(400), rules{
		agents: 1, obs: 1, actions: 2, length: 1,
		reward: func(r []float32, _ float32, _ int, a []int32) { everyone(r, float32(2*a[0]-1)) },
	})
	q := criticOf(t, tr).q(tr, []float32{0}, []float32{0})
	near(t, "Q(0)", q.at(0, 0), -1, 0.15)
	near(t, "Q(1)", q.at(0, 1), 1, 0.1)
	near(t, "pi(1)", actorOf(t, tr).pi(tr, []float32{0}).at(0, 1), 1, 0.05)
}

// Probe 5: observation, own and others' actions together. Agent i is paid for the action that
// equals the state if the other's does too.
func TestProbeJoint(t *testing.T) {
	tr := solve(t, tiny(1200), rules{
		agents: 2, obs: 1, actions: 2, length: 1, start: sign,
		observe: func(o []float32, _ int, s float32, _ int) { o[0] = s },
		reward: func(r []float32, s float32, _ int, a []int32) {
			right := int32((s + 1) / 2)
			v := float32(0)
			if a[0] == right && a[1] == right {
				v = 1
			}
			everyone(r, v)
		},
	})
	actor, critic := actorOf(t, tr), criticOf(t, tr)
	near(t, "pi(0 | -1)", actor.pi(tr, []float32{-1}).at(0, 0), 1, 0.05)
	near(t, "pi(1 | +1)", actor.pi(tr, []float32{1}).at(0, 1), 1, 0.05)
	near(t, "Q(+1, 1 | other 1)", critic.q(tr, []float32{1, 1}, []float32{0, 1}).at(0, 1), 1, 0.15)
	near(t, "Q(+1, 1 | other 0)", critic.q(tr, []float32{1, 1}, []float32{0, 0}).at(0, 1), 0, 0.25)
}

// The soft policy of a one-state bandit is softmax(r / alpha).
func TestSoftPolicyOfBandit(t *testing.T) {
	for _, form := range []string{ActorClosedForm, ActorSampled} {
		for alpha, want := range map[float64][]float64{
			1:   {0.50648, 0.30720, 0.18632},
			0.2: {0.918423, 0.075389, 0.006188},
		} {
			if form == ActorSampled {
				compiled(t)
			}
			c := tiny(2500)
			c.ActorLoss, c.Alpha, c.AlphaFinal, c.LRFinal = form, alpha, alpha, 0.01
			tr := solve(t, c, rules{
				agents: 1, obs: 1, actions: 3, length: 1,
				reward: func(r []float32, _ float32, _ int, a []int32) { everyone(r, []float32{1, 0.5, 0}[a[0]]) },
			})
			pi := actorOf(t, tr).pi(tr, []float32{0})
			for a, w := range want {
				near(t, form+" pi", pi.at(0, a), w, 0.01)
			}
		}
	}
}

// download reads the parameters under a prefix.
func download(t testing.TB, tr *Trainer, prefix string) refParams {
	t.Helper()
	out := refParams{}
	for _, x := range tr.learner.layout.Tensors() {
		name, ok := strings.CutPrefix(x.Name(), prefix+"/")
		if !ok {
			continue
		}
		v := make([]float32, x.Len())
		if err := tr.learner.session.Download(v, x); err != nil {
			t.Fatal(err)
		}
		shape := x.Shape()
		if len(shape) == 1 {
			shape = []int{1, shape[0]}
		}
		out[name] = wrap(shape[0], shape[1], v)
	}
	return out
}

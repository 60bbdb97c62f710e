package ippo

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyRollouts("ippo", updates)
	own := c.Own.(*Config)
	own.Epochs, own.Minibatches, own.GAELambda = 4, 4, 0.95
	marltest.TinyNetworks(&own.CriticConfig, &own.ActorConfig)
	return c
}

// busy has all features and few updates.
func busy(updates int) marl.Config {
	c := tiny(updates)
	marltest.BusyRollouts(&c)
	own := c.Own.(*Config)
	own.Epochs, own.Minibatches, own.AlphaFinal, own.LogitPenalty = 2, 3, 0.001, 1e-3
	return c
}

// values are the trained critic's V(o) of each agent, by the float64 reference.
func values(t *testing.T, tr *marl.Trainer, obs ...float32) []float64 {
	p, n := marltest.Download(t, tr, "critic"), tr.Workshop().Sizes
	h := marltest.Dense(marltest.Wrap(len(obs)/n.Obs, n.Obs, obs), p["first.w"], p.Bias("first.b"), marltest.Leaky)
	h = marltest.Dense(h, p["second.w"], p.Bias("second.b"), marltest.Leaky)
	return marltest.Dense(h, p["output.w"], p.Bias("output.b"), marltest.Identity).V
}

func TestProbes(t *testing.T) { marltest.OnPolicyProbes(t, tiny, values) }

func TestConforms(t *testing.T) {
	marltest.Conforms(t, busy, func(c *marl.Config) { c.Own.(*Config).CriticIdle = false })
}

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("ippo")
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 800, 16, 25, 25
	c.Own.(*Config).Minibatches = 10
	marltest.LearnsToOffload(t, c)
}

// An independent critic cannot know what only another agent sees: all of it stays in the advantages.
func TestCriticIsAsBlindAsTheAgent(t *testing.T) {
	marltest.Compiled(t)
	if e := marltest.BlindError(t, marltest.Solve(t, tiny(640), marltest.HalfBlind())); e < 0.8 || e > 1.3 {
		t.Errorf("the squared error of the value of the blind agent is %.3f, the variance of the state is 1", e)
	}
}

// The value of an agent depends on its own observation only.
func TestValuesAreIndependent(t *testing.T) {
	c, n := tiny(1), marl.Sizes{Worlds: 2, Agents: 3, Obs: 4, Actions: 3}
	r, v := marltest.NewRig(t, &c, n), newCritic(16, n.Obs)
	net := r.Train("critic", v.Params(), 1e-3)
	obs, out := r.Add("obs", n.Rows(), n.Obs), r.Add("v", n.Rows())
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		f.Output(v.Values(net.Bind(f), f.Input(obs)).V, out)
		f.Lower(b)
	})
	seen := marltest.Normals(marltest.Source(1), n.Rows()*n.Obs)
	value := func() []float32 {
		r.Put(obs, seen)
		r.Run(p)
		return r.Get(out)
	}
	before := value()
	for i := range n.Rows() {
		kept := seen[i*n.Obs]
		seen[i*n.Obs]++
		after := value()
		seen[i*n.Obs] = kept
		for k := range after {
			if changed := after[k] != before[k]; changed != (k == i) {
				t.Errorf("the observation of row %d changes; the value of row %d does: %t", i, k, changed)
			}
		}
	}
}

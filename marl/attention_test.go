package marl_test

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/sim"
)

// attentive are short runs with critics that are told different things.
func attentive() map[string]marl.Config {
	all := map[string]marl.Config{}
	for _, embedding := range []string{marl.EmbeddingNone, marl.EmbeddingLearned, marl.EmbeddingFourier} {
		off, on := smallConfig(2), neighbourly(4)
		off.Own.(*amarl.Config).ServerEmbedding, on.Own.(*ppo.Config).ServerEmbedding = embedding, embedding
		off.Own.(*amarl.Config).Hidden, on.Own.(*ppo.Config).Hidden = 64, 64
		all["amarl "+embedding], all["amarl-ppo in groups "+embedding] = off, on
	}
	off, on := smallConfig(2), neighbourly(0)
	off.Turns, on.Turns = 2, 4
	all["amarl in turns"], all["amarl-ppo in turns"] = off, on
	return all
}

// Measuring the attention changes no bit of a run, weights add up to 1 for every agent, and equal runs have equal ones.
func TestAttentionByDistance(t *testing.T) {
	for name, c := range attentive() {
		t.Run(name, func(t *testing.T) {
			c.Updates = 2
			tr := smallTrainer(t, c, 1)
			marltest.Run(t, tr)
			before, how := marltest.StateOf(t, tr), marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1), Seed: 1}
			a, err := tr.AttentionByDistance(t.Context(), marltest.Small(t), how)
			if err != nil {
				t.Fatal(err)
			}
			marltest.SameState(t, before, marltest.StateOf(t, tr))
			sum, same := 0.0, true
			for r, n := range a.Pairs {
				sum, same = sum+float64(n)*float64(a.Mean[r]), same && a.Mean[r] == a.Uniform
			}
			const worlds, slots, agents = 8, 4, 8
			if math.Abs(sum-worlds*slots*agents) > 1e-3 || same || a.Update != tr.Update() {
				t.Errorf("weights of %d agents add up to %g: %+v", worlds*slots*agents, sum, a)
			}
		})
	}
}

// Without attention, or without others, nothing is measured.
func TestNoAttention(t *testing.T) {
	uniform := smallConfig(2)
	uniform.Own.(*amarl.Config).Attention = false
	for agents, c := range map[int]marl.Config{8: uniform, 1: smallConfig(2)} {
		s := marltest.Small(t)
		s.IEDs = agents
		w, err := sim.New(s, c.Worlds, 1)
		if err != nil {
			t.Fatal(err)
		}
		tr := marltest.NewTrainer(t, c, marl.OffloadingFor(&c, w), 1)
		a, err := tr.AttentionByDistance(t.Context(), s, marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1)})
		if a != nil || err != nil {
			t.Errorf("%d agents: %+v, %v", agents, a, err)
		}
	}
}

// Queries and keys are those of the equations, for what the policy sees and has chosen, in float64.
func TestWatchedCritic(t *testing.T) {
	tr := smallTrainer(t, smallConfig(8), 1)
	marltest.Run(t, tr)
	p, attention, err := tr.Watched(marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	w, err := sim.New(marltest.Small(t), 2, 5)
	if err != nil {
		t.Fatal(err)
	}
	actions, chosen := make([]int32, w.W*w.A), make([]float32, w.W*w.A)
	p.Act(w, actions)
	query, key, err := attention()
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range actions {
		chosen[i] = float32(a)
	}
	of := func(name string) []float32 {
		x, _ := tr.Workshop().Layout.Lookup(name)
		return marltest.Get(t, tr, x)
	}
	mean, scale := of("obs_mean"), of("obs_scale")
	obs := marltest.Wrap(w.W*w.A, w.O, w.Obs)
	for i := range obs.V {
		obs.V[i] = max(-marl.ObsClip, min(marl.ObsClip, (obs.V[i]-float64(mean[i%w.O]))*float64(scale[i%w.O])))
	}
	c := marltest.Download(t, tr, "critic")
	s := marltest.Dense(obs, c["state.w"], c.Bias("state.b"), marltest.Leaky)
	e := marltest.Dense(marltest.Beside(obs, marltest.OneHot(chosen, w.U)), c["encoder.w"], c.Bias("encoder.b"), marltest.Leaky)
	marltest.CloseTo(t, "query", query, marltest.Dense(s, c["query.w"], nil, marltest.Identity).V, 1)
	marltest.CloseTo(t, "key", key, marltest.Dense(e, c["key.w"], nil, marltest.Identity).V, 1)
}

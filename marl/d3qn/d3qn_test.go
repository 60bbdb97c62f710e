package d3qn

import (
	"context"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/qlearn"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyReplay("d3qn", updates)
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Polyak, own.Hidden, own.LR = 32, 2000, 0.05, 16, 1e-2
	own.EpsilonFinal, own.EpsilonShare = 0.1, 1
	return c
}

// busy has all features and few updates.
func busy(updates int) marl.Config {
	c := tiny(updates)
	marltest.BusyReplay(&c)
	own := c.Own.(*Config)
	own.UpdatesPerIteration, own.Replay, own.EpsilonShare = 2, 100, 0.5
	return c
}

// values are Q(o_i, a_i) of all agents, by the float64 reference.
func values(t *testing.T, tr *marl.Trainer, obs, act []float32) (q []float64) {
	n := tr.Workshop().Sizes
	all := marltest.Wrap(len(act), n.Actions, marltest.Ones(len(act)*n.Actions))
	table := marltest.DuelingQ(marltest.Download(t, tr, qlearn.NetworkName), marltest.Wrap(len(act), n.Obs, obs), all)
	for i, a := range act {
		q = append(q, table.At(i, int(a)))
	}
	return q
}

func TestProbes(t *testing.T) { marltest.ValueProbes(t, tiny, values) }

func TestConforms(t *testing.T) { marltest.Conforms(t, busy) }

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("d3qn")
	c.Updates, c.Worlds, c.WarmupSlots = 600, 8, 25
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Hidden, own.LR = 16, 4000, 32, 2e-3
	marltest.LearnsToOffload(t, c)
}

// Execution takes the largest value of the legal actions, and a sampled policy explores as at the end of training.
func TestPolicyOfARun(t *testing.T) {
	c := busy(40)
	c.Own.(*Config).EpsilonFinal = 0.3
	tr := marltest.Solve(t, c, marltest.Busy())
	n, rng := tr.Workshop().Sizes, marltest.Source(2)
	const rows = 4000
	obs, mask := marltest.Normals(rng, rows*n.Obs), marltest.Masks(rng, rows, n.Actions)
	normal := marltest.Wrap(rows, n.Obs, obs)
	mean, scale := state(t, tr, "obs_mean", n.Obs), state(t, tr, "obs_scale", n.Obs)
	for i := range normal.V {
		normal.V[i] = min(max((normal.V[i]-float64(mean[i%n.Obs]))*float64(scale[i%n.Obs]), -5), 5)
	}
	q := marltest.DuelingQ(marltest.Download(t, tr, qlearn.NetworkName), normal, marltest.Wrap(rows, n.Actions, mask))
	greedy, sampled := choose(t, tr, false, obs, mask), choose(t, tr, true, obs, mask)
	others, most := 0.0, 0.0
	for i := range rows {
		legal := 0.0
		for u, m := range mask[i*n.Actions:][:n.Actions] {
			legal += float64(m)
			if m > 0 && q.At(i, u) > q.At(i, int(greedy[i]))+1e-5 {
				t.Errorf("row %d: action %d has the value %g, the chosen %d has %g", i, u, q.At(i, u), greedy[i], q.At(i, int(greedy[i])))
			}
		}
		most += 0.3 * (legal - 1) / legal
		if mask[i*n.Actions+int(sampled[i])] == 0 {
			t.Errorf("row %d: action %d is illegal", i, sampled[i])
		}
		if sampled[i] != greedy[i] {
			others++
		}
	}
	marltest.Near(t, "share of other actions", others/rows, most/rows, 0.025)
}

func choose(t *testing.T, tr *marl.Trainer, sampled bool, obs, mask []float32) []int32 {
	t.Helper()
	p, err := tr.Policy(marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1), Sampled: sampled, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	actions := make([]int32, len(obs)/tr.Workshop().Sizes.Obs)
	if err := p.Choose(marl.View{Obs: obs, Mask: mask}, [2]float32{1, 1}, actions); err != nil {
		t.Fatal(err)
	}
	return actions
}

func state(t *testing.T, tr *marl.Trainer, name string, shape ...int) []float32 {
	t.Helper()
	x, err := marltest.StateOf(t, tr).Tensor(name, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// A checkpoint names the parameters by layer, with the shapes and the order of PyTorch.
func TestStateNamesLayers(t *testing.T) {
	tr := marltest.Solve(t, busy(4), marltest.Busy())
	n := tr.Workshop().Sizes
	for _, net := range []string{"q", "q_target", "q_adam.m", "q_adam.v", "q_adam.grad"} {
		state(t, tr, net+".first.weight", 16, n.Obs)
		state(t, tr, net+".second.bias", 16)
		state(t, tr, net+".value.weight", 1, 16)
		state(t, tr, net+".advantage.weight", n.Actions, 16)
	}
	if head := marltest.StateOf(t, tr).Meta["head"]; head != qlearn.NetworkName {
		t.Errorf("head %q", head)
	}
}

// Exploration is uniform in the warm-up, falls to its last value within its share of the run, and then stays.
func TestEpsilonFalls(t *testing.T) {
	c := busy(40)
	c.WarmupSlots, c.LogEvery, c.Own.(*Config).Replay = 40, 2, 2000
	tr := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Rules{
		Agents: 2, Obs: 1, Actions: 4, Length: 9,
		Reward: func(r []float32, _ float32, _ int, _ []int32) { marltest.Everyone(r, 1) },
	}, c.Worlds, 1), 5)
	if err := tr.WarmUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	var count [4]float64
	acts, filled := state(t, tr, "replay.act", tr.Workshop().Memory().Filled(), 2), 0.0
	for _, a := range acts {
		count[int(a)]++
		filled++
	}
	for u := range count {
		marltest.Near(t, "share of an action in the warm-up", count[u]/filled, 0.25, 0.1)
	}
	var epsilon []float32
	err := tr.Run(context.Background(), marl.Hooks{Metrics: func(m marl.Metrics) error {
		epsilon = append(epsilon, m.Value("epsilon"))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	marltest.Near(t, "a quarter of the run", float64(epsilon[4]), 0.55, 1e-6)
	marltest.Near(t, "half of the run", float64(epsilon[9]), 0.1, 1e-6)
	marltest.Near(t, "the end", float64(epsilon[19]), 0.1, 1e-6)
}

// The algorithm is right in a game that others have made, too.
func TestLearnsToSpread(t *testing.T) {
	c := marl.DefaultOf("d3qn")
	c.Updates, c.Worlds, c.Gamma, c.Omega = 2500, 16, 0.9, 1
	marltest.LearnsToSpread(t, c)
}

package vdn

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/qlearn"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyReplay("vdn", updates)
	c.Omega = 1
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

// value is Q_tot, the sum of the agents' values by the float64 reference.
func value(t *testing.T, tr *marl.Trainer, obs, act []float32) []float64 {
	n := tr.Workshop().Sizes
	all := marltest.Wrap(len(act), n.Actions, marltest.Ones(len(act)*n.Actions))
	q := marltest.DuelingQ(marltest.Download(t, tr, qlearn.NetworkName), marltest.Wrap(len(act), n.Obs, obs), all)
	total := 0.0
	for i, a := range act {
		total += q.At(i, int(a))
	}
	return []float64{total}
}

func TestProbes(t *testing.T) { marltest.ValueProbes(t, tiny, value) }

func TestConforms(t *testing.T) { marltest.Conforms(t, busy) }

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("vdn")
	c.Updates, c.Worlds, c.WarmupSlots = 600, 8, 25
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Hidden, own.LR = 16, 4000, 32, 2e-3
	marltest.LearnsToOffload(t, c)
}

// The mixer is the plain sum over the agents of a world.
func TestMixerIsTheSum(t *testing.T) {
	c, n := tiny(1), marl.Sizes{Worlds: 4, Agents: 5, Obs: 3, Actions: 2}
	r := marltest.NewRig(t, &c, n)
	q, total := r.Add("q", n.Rows()), r.Add("total", n.Worlds)
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		f.Output(sum{n.Agents}.Mix(nil, f.Input(q), nil), total)
		f.Lower(b)
	})
	values := marltest.Normals(marltest.Source(1), n.Rows())
	r.Put(q, values)
	r.Run(p)
	want := make([]float64, n.Worlds)
	for i, v := range values {
		want[i/n.Agents] += float64(v)
	}
	marltest.CloseTo(t, "Q_tot", r.Get(total), want, 1)
}

// The two-step game of Rashid et al. 2018, section 5. In its second matrix, ((0, 1), (1, 8)), the nearest sum of two
// values is -1.5, 2.5, 2.5 and 6.5 (least squares), so VDN takes the 7 of the first.
func TestTwoStepGame(t *testing.T) {
	marltest.Compiled(t)
	c := marltest.ForTwoSteps(tiny(4000))
	own := c.Own.(*Config)
	own.Epsilon, own.EpsilonFinal = 0.99, 0.99
	tr := marltest.Solve(t, c, marltest.TwoSteps())
	got := marltest.PlayTwoSteps(t, tr, value)
	marltest.Near(t, "return", got.Return, 7, 0)
	marltest.Near(t, "value of the way to the first matrix", got.First, c.Gamma*7, 0.3)
	marltest.Near(t, "value of the way to the second matrix", got.Second, c.Gamma*6.5, 0.3)
	for i, want := range []float64{-1.5, 2.5, 2.5, 6.5} {
		marltest.Near(t, "second matrix", got.Matrix[i], want, 0.4)
	}
}

// The algorithm is right in a game that others have made, too.
func TestLearnsToSpread(t *testing.T) {
	c := marl.DefaultOf("vdn")
	c.Updates, c.Worlds, c.Gamma, c.Omega = 2500, 16, 0.9, 1
	marltest.LearnsToSpread(t, c)
}

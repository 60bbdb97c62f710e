package isac

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyReplay("isac", updates)
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Polyak = 32, 2000, 0.05
	marltest.TinyNetworks(&own.CriticConfig, &own.ActorConfig)
	return c
}

// busy has all features and few updates.
func busy(updates int) marl.Config {
	c := tiny(updates)
	marltest.BusyReplay(&c)
	own := c.Own.(*Config)
	own.UpdatesPerIteration, own.AlphaFinal, own.LogitPenalty, own.Replay = 2, 0.001, 1e-3, 100
	return c
}

// trained are the smaller of the trained critics' Q(o_i, a_i), by the float64 reference.
func trained(t *testing.T, tr *marl.Trainer, obs, act []float32) (values []float64) {
	q := refSmaller(refTwins(marltest.Download(t, tr, "critic"), marltest.Wrap(len(act), len(obs)/len(act), obs)))
	for i, a := range act {
		values = append(values, q.At(i, int(a)))
	}
	return values
}

func TestProbes(t *testing.T) {
	marltest.ValueProbes(t, tiny, trained)
	marltest.ActorProbes(t, tiny)
}

func TestConforms(t *testing.T) {
	marltest.Conforms(t, busy, func(c *marl.Config) { c.Own.(*Config).CriticIdle = false })
}

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("isac")
	c.Updates, c.Worlds, c.WarmupSlots = 400, 8, 25
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Hidden, own.ActorHidden = 16, 4000, 32, 32
	marltest.LearnsToOffload(t, c)
}

// An independent critic averages over what the other did, so only a short replay makes it answer to the present policy
// of the other. With 4,000 transitions instead of 200 it stops below the trap of the climbing game, at 125 to 150.
func TestMatrixGames(t *testing.T) {
	c := tiny(1200)
	c.StandardiseReward, c.Gamma = true, 0
	own := c.Own.(*Config)
	own.Alpha, own.AlphaFinal, own.Replay = 1, 0.01, 200
	marltest.ReachTheTraps(t, c)
}

// The soft policy of a one-state bandit is softmax(r / alpha).
func TestSoftPolicyOfBandit(t *testing.T) {
	marltest.Compiled(t)
	for alpha, want := range map[float64][]float64{
		1:   {0.50648, 0.30720, 0.18632},
		0.2: {0.918423, 0.075389, 0.006188},
	} {
		c := tiny(2500)
		c.LRFinal = 0.01
		own := c.Own.(*Config)
		own.Alpha, own.AlphaFinal = alpha, alpha
		tr := marltest.Solve(t, c, marltest.Rules{
			Agents: 1, Obs: 1, Actions: 3, Length: 1,
			Reward: func(r []float32, _ float32, _ int, a []int32) { marltest.Everyone(r, []float32{1, 0.5, 0}[a[0]]) },
		})
		pi := marltest.Policy(t, tr, 0)
		for a, w := range want {
			marltest.Near(t, "pi", pi.At(0, a), w, 0.01)
		}
	}
}

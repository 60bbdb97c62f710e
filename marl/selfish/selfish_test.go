package selfish

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/isac"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// tiny is for games that are solved in a second, with selfish learners or with ISAC.
func tiny(algo string, updates int) marl.Config {
	c := marl.DefaultOf(algo)
	c.Updates, c.Worlds, c.WarmupSlots = updates, 8, 8
	c.NormaliseObs, c.StandardiseReward, c.Gamma = false, false, 0
	own := settings(&c)
	own.Batch, own.Replay, own.Polyak, own.Hidden, own.ActorHidden = 32, 1000, 0.05, 16, 16
	own.Alpha, own.AlphaFinal, own.LogitPenalty, own.LRCritic, own.LRActor = 0.1, 0.01, 0, 1e-2, 5e-3
	return c
}

// settings are those that both algorithms have.
func settings(c *marl.Config) *isac.Config {
	if own, ok := c.Own.(*Config); ok {
		return &own.Config
	}
	return c.Own.(*isac.Config)
}

// busy has all features and few updates.
func busy(algo string, updates int) marl.Config {
	c := tiny(algo, updates)
	c.NormaliseObs, c.StandardiseReward, c.Gamma, c.SlotsPerIteration = true, true, 0.9, 2
	c.LogEvery, c.CheckpointEvery = 4, 6
	own := settings(&c)
	own.UpdatesPerIteration, own.LogitPenalty, own.Replay = 2, 1e-3, 100
	return c
}

// dilemma is the prisoner's dilemma: action 0 cooperates, 1 defects. Whatever the other does, the own reward is larger
// by 1 or 2 after defecting, and the mean of both rewards larger by 0.5 or 1.5 after cooperating.
func dilemma() marltest.Rules {
	payoff := [2][2]float32{{3, 0}, {5, 1}} // [own][other]
	return marltest.Rules{
		Agents: 2, Obs: 2, Actions: 2, Length: 10, Limit: true,
		Observe: func(o []float32, agent int, _ float32, _ int) { o[agent] = 1 },
		Reward: func(r []float32, _ float32, _ int, a []int32) {
			r[0], r[1] = payoff[a[0]][a[1]], payoff[a[1]][a[0]]
		},
	}
}

// In the prisoner's dilemma selfish learners defect. The same learners with the mean reward cooperate.
func TestPrisonersDilemma(t *testing.T) {
	marltest.Compiled(t)
	common := tiny("isac", 600)
	common.Omega = 1
	for _, x := range []struct {
		config  marl.Config
		defects float64
	}{{tiny("selfish", 600), 1}, {common, 0}} {
		pi := marltest.Policy(t, marltest.Solve(t, x.config, dilemma()), 1, 0, 0, 1)
		for i := range 2 {
			marltest.Near(t, x.config.Algo+": probability of defecting", pi.At(i, 1), x.defects, 0.05)
		}
	}
}

// It is ISAC with omega 0, to the bit.
func TestIsISACWithOwnRewards(t *testing.T) {
	same := busy("isac", 20)
	same.Omega = 0
	var states []*checkpoint.State
	for _, c := range []marl.Config{busy("selfish", 20), same} {
		tr := marltest.Solve(t, c, marltest.Busy())
		s := marltest.StateOf(t, tr)
		delete(s.Meta, "algo")
		states = append(states, s)
	}
	marltest.SameState(t, states[0], states[1])
}

func TestConforms(t *testing.T) {
	marltest.Conforms(t, func(updates int) marl.Config { return busy("selfish", updates) })
}

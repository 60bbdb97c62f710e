package maa2c

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/mappo"
	"github.com/gmel-go/gmel/marl/marltest"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyRollouts("maa2c", updates)
	own := c.Own.(*Config)
	marltest.TinyNetworks(&own.CriticConfig, &own.ActorConfig)
	return c
}

// busy has all features and few updates.
func busy(updates int) marl.Config {
	c := tiny(updates)
	marltest.BusyRollouts(&c)
	own := c.Own.(*Config)
	own.NStep, own.AlphaFinal, own.LogitPenalty = 3, 0.001, 1e-3
	return c
}

func TestProbes(t *testing.T) { marltest.OnPolicyProbes(t, tiny, marltest.TrainedCentralValues) }

func TestConforms(t *testing.T) {
	marltest.Conforms(t, busy, func(c *marl.Config) {
		own := c.Own.(*Config)
		own.State, own.CriticIdle, own.ValueNorm = mappo.StateConcatenated, false, false
	})
}

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("maa2c")
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 400, 16, 25, 25
	marltest.LearnsToOffload(t, c)
}

// MAA2C ends in the traps of the climbing game and of the penalty game with k = -100, as published (Papoudakis et al.
// 2021, results on repeated matrix games).
func TestMatrixGames(t *testing.T) {
	c := tiny(1600)
	own := c.Own.(*Config)
	c.Gamma, own.Alpha, own.LRActor, own.LRCritic = 0, 0.6, 2e-3, 4e-3
	marltest.Published(t, c, marltest.Climbing, 175)
	marltest.Published(t, c, marltest.Penalty, 50)
}

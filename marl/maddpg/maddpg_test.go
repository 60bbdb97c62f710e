package maddpg

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// tiny is for games that are solved in a second.
func tiny(updates int) marl.Config {
	c := marltest.TinyReplay("maddpg", updates)
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Polyak = 32, 2000, 0.05
	marltest.TinyNetworks(&own.CriticConfig, &own.ActorConfig)
	own.Alpha, own.AlphaFinal = 0, 0
	return c
}

// busy has all features and few updates.
func busy(updates int) marl.Config {
	c := tiny(updates)
	marltest.BusyReplay(&c)
	own := c.Own.(*Config)
	own.UpdatesPerIteration, own.LogitPenalty, own.Replay = 2, 1e-3, 100
	own.Temperature, own.TemperatureFinal, own.Alpha, own.AlphaFinal = 1, 0.5, 0.01, 0.001
	return c
}

// trained are the trained critic's Q_i(o, a) of all agents, by the float64 reference.
func trained(t *testing.T, tr *marl.Trainer, obs, act []float32) []float64 {
	n := tr.Workshop().Sizes
	taken := marltest.OneHot(act, n.Actions)
	return refCritic(marltest.Download(t, tr, "critic"), n.Agents, marltest.Wrap(n.Agents, n.Obs, obs), taken, taken)
}

func TestProbes(t *testing.T) {
	marltest.ValueProbes(t, tiny, trained)
	marltest.ActorProbes(t, tiny)
}

func TestConforms(t *testing.T) {
	marltest.Conforms(t, busy, func(c *marl.Config) { c.Own.(*Config).CriticIdle = false })
}

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("maddpg")
	c.Updates, c.Worlds, c.WarmupSlots = 400, 8, 25
	own := c.Own.(*Config)
	own.Batch, own.Replay, own.Hidden, own.ActorHidden = 16, 4000, 32, 32
	marltest.LearnsToOffload(t, c)
}

// Without a bonus for entropy an actor decides before its critic has seen the game, so the games are played with one.
func TestMatrixGames(t *testing.T) {
	c := tiny(1200)
	c.StandardiseReward, c.Gamma = true, 0
	own := c.Own.(*Config)
	own.Alpha, own.AlphaFinal, own.Replay = 1, 0.01, 200
	marltest.ReachTheTraps(t, c)
}

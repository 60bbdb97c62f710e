package marl_test

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/ppo"
)

// rig is a critic of actions for Programs that the test itself builds.
type rig struct {
	*marltest.Rig
	critic       *marl.Critic
	criticOnline *marl.Net
}

func newRig(t *testing.T, c *marl.AttentionConfig, n marl.Sizes) *rig {
	shared := tiny(1)
	r := marltest.NewRig(t, &shared, n)
	critic := marl.NewCritic(c, n.Agents, n.Obs, n.Actions)
	return &rig{r, critic, r.Train("critic", critic.Params(), c.LRCritic)}
}

// tiny is a configuration for games of a second.
func tiny(updates int) marl.Config {
	c := marl.DefaultOf("amarl")
	c.Updates, c.Worlds, c.WarmupSlots = updates, 8, 8
	own := c.Own.(*amarl.Config)
	own.Batch, own.Replay, own.Hidden, own.Heads, own.ActorHidden = 32, 2000, 16, 2, 16
	return c
}

// smallConfig is for the game of marltest.Small.
func smallConfig(updates int) marl.Config {
	c := tiny(updates)
	c.WarmupSlots = 25
	own := c.Own.(*amarl.Config)
	own.Batch, own.Replay, own.Hidden, own.Heads, own.ActorHidden = 16, 4000, 32, 4, 32
	return c
}

func smallTrainer(t testing.TB, c marl.Config, seed uint64) *marl.Trainer {
	t.Helper()
	env, _ := marltest.Offloading(t, &c, marl.Split(seed, marl.StreamWorld))
	return marltest.NewTrainer(t, c, env, seed)
}

// neighbourly is a short run of 8 IEDs with attention in groups, over the ends of episodes.
func neighbourly(neighbours int) marl.Config {
	c := marl.DefaultOf("amarl-ppo")
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 48, 4, 12, 5
	c.LogEvery, c.CheckpointEvery = 6, 12
	own := c.Own.(*ppo.Config)
	own.Epochs, own.Minibatches, own.Hidden, own.Heads, own.ActorHidden, own.Neighbours = 2, 3, 16, 2, 16, neighbours
	return c
}

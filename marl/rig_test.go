package marl_test

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	_ "github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	_ "github.com/gmel-go/gmel/marl/ppo"
)

// rig is a critic of actions whose Programs a test writes itself.
type rig struct {
	*marltest.Rig
	critic       *marl.Critic
	criticOnline *marl.Net
}

func newRig(t *testing.T, c *marl.Config, n marl.Sizes) *rig {
	r := marltest.NewRig(t, c, n)
	critic := marl.NewCritic(c, n.Agents, n.Obs, n.Actions)
	return &rig{r, critic, r.Train("critic", critic.Params(), c.LRCritic)}
}

// tiny is a configuration for games of a second.
func tiny(updates int) marl.Config {
	c := marl.Default()
	c.Updates, c.Worlds, c.Batch, c.Replay, c.WarmupSlots = updates, 8, 32, 2000, 8
	c.Hidden, c.Heads, c.ActorHidden = 16, 2, 16
	return c
}

// smallConfig is for the game of marltest.Small.
func smallConfig(updates int) marl.Config {
	c := tiny(updates)
	c.Batch, c.Replay, c.WarmupSlots = 16, 4000, 25
	c.Hidden, c.ActorHidden = 32, 32
	return c
}

func smallTrainer(t testing.TB, c marl.Config, seed uint64) *marl.Trainer {
	t.Helper()
	env, _ := marltest.Offloading(t, &c, marl.Split(seed, marl.StreamWorld))
	return marltest.NewTrainer(t, c, env, seed)
}

// neighbourly is a short run in groups of 4 of 8 IEDs, over the ends of episodes.
func neighbourly() marl.Config {
	c := marl.DefaultOf(marl.AlgoPPO)
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Epochs, c.Minibatches = 48, 4, 12, 5, 2, 3
	c.Hidden, c.Heads, c.ActorHidden, c.Neighbours = 16, 2, 16, 4
	c.LogEvery, c.CheckpointEvery = 6, 12
	return c
}

package marltest

import "github.com/gmel-go/gmel/marl"

// TinyReplay are the settings of an off-policy algorithm for games that are solved in a second.
func TinyReplay(algo string, updates int) marl.Config {
	c := marl.DefaultOf(algo)
	c.Updates, c.Worlds, c.WarmupSlots, c.LRFinal = updates, 8, 8, 1
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma = false, false, 0, 0.9
	return c
}

// BusyReplay turns on all features of a short run off-policy.
func BusyReplay(c *marl.Config) {
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.LRFinal = true, true, 0.5, 0.1
	c.SlotsPerIteration, c.LogEvery, c.CheckpointEvery = 2, 4, 6
}

// TinyRollouts are the settings of an on-policy algorithm for games that are solved in a second.
func TinyRollouts(algo string, updates int) marl.Config {
	c := marl.DefaultOf(algo)
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = updates, 16, 8, 4
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma = false, false, 0, 0.9
	return c
}

// BusyRollouts turns on all features of a short run on-policy.
func BusyRollouts(c *marl.Config) {
	c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 4, 6, 5
	c.NormaliseObs, c.StandardiseReward, c.Omega = true, true, 0.5
	c.LogEvery, c.CheckpointEvery = 6, 12
}

// TinyNetworks are narrow, learn fast and explore little.
func TinyNetworks(critic *marl.CriticConfig, actor *marl.ActorConfig) {
	critic.Hidden, critic.LRCritic = 16, 1e-2
	actor.ActorHidden, actor.LRActor = 16, 5e-3
	actor.Alpha, actor.AlphaFinal, actor.LogitPenalty = 0.01, 0.01, 0
}

package ppo

import (
	_ "embed"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
)

//go:embed config.go
var configSource string

// Settings of PPO with any critic. Sections of algorithms inline them.
type Settings struct {
	// Epochs E are passes over each rollout.
	Epochs int `yaml:"epochs"`
	// Minibatches M make an epoch. Each has H W / M joint transitions and is an update; the order is drawn
	// anew for every epoch. M divides H W, and E M updates follow a rollout.
	Minibatches int `yaml:"minibatches"`
	// GAELambda is the lambda of generalised advantages, 0 to 1; 0 relies on the critic alone.
	GAELambda float64 `yaml:"gae_lambda"`
	// Clip is eps, in (0, 1): a change of an action's probability beyond the factors 1 - eps and 1 + eps
	// gains nothing more.
	Clip float64 `yaml:"clip"`

	marl.ActorConfig `yaml:",inline"`
}

// Defaults returns the defaults, and changes those of the shared settings: many worlds, long rollouts.
func Defaults(shared *marl.Config) Settings {
	shared.Worlds, shared.SlotsPerIteration, shared.WarmupSlots = 64, 32, 32
	return Settings{Epochs: 4, Minibatches: 16, GAELambda: 0.9, Clip: 0.2, ActorConfig: marl.DefaultActor(0.02, 0.002)}
}

// Check gives the checker every setting that is not allowed.
func (c *Settings) Check(v *setting.Checker, shared *marl.Config) {
	rows := shared.Worlds * shared.SlotsPerIteration
	v.AtLeast("epochs", c.Epochs, 1)
	v.AtLeast("minibatches", c.Minibatches, 1)
	CheckRollout(v.For(marl.SharedSection), shared)
	v.Require(c.Minibatches < 1 || rows%c.Minibatches == 0, "minibatches", c.Minibatches,
		fmt.Sprintf("a divisor of worlds * slots_per_iteration = %d", rows))
	v.Between("gae_lambda", c.GAELambda, 0, 1)
	v.Require(c.Clip > 0 && c.Clip < 1, "clip", c.Clip, "0 < clip < 1")
	c.ActorConfig.Check(v)
}

// CheckRollout gives the checker of the shared settings those that do not fit the buffer of a rollout.
func CheckRollout(train *setting.Checker, shared *marl.Config) {
	train.Require(shared.Worlds*shared.SlotsPerIteration < marl.MaxRows, "slots_per_iteration", shared.SlotsPerIteration,
		fmt.Sprintf("worlds * slots_per_iteration below %d", marl.MaxRows))
	train.Require(shared.WarmupSlots <= shared.SlotsPerIteration, "warmup_slots", shared.WarmupSlots,
		fmt.Sprintf("at most slots_per_iteration = %d", shared.SlotsPerIteration))
	train.Require(shared.WarmupSlots > 0 || !shared.StandardiseReward, "warmup_slots", shared.WarmupSlots,
		"at least 1 with standardise_reward, which measures there")
}

// Method is PPO with these settings.
func (c *Settings) Method() Method {
	return Method{Minibatches: c.Minibatches, Raise: "minibatches", Clip: c.Clip, Advantages: GAE(c.GAELambda), Actor: &c.ActorConfig}
}

// UpdatesAfter implements marl.Section.
func (c *Settings) UpdatesAfter(*marl.Config) int { return c.Epochs * c.Minibatches }

// Docs implements marl.Section.
func (c *Settings) Docs() map[string]string { return marl.NetDocs(configSource, "Settings") }

// Config is the section of amarl-ppo.
type Config struct {
	Settings             `yaml:",inline"`
	marl.AttentionConfig `yaml:",inline"`
	marl.ServerConfig    `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	shared.TurnValues = marl.TurnValuesEarlier
	return &Config{Defaults(shared), marl.DefaultAttention(), marl.DefaultServers()}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	c.AttentionConfig.Check(v)
	c.ServerConfig.Check(v, &c.AttentionConfig)
}

package amarl

import (
	_ "embed"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
)

// Values of Config.ActorLoss.
const (
	// ActorClosedForm sums over the actions: sum_a pi (alpha log pi - Q).
	ActorClosedForm = "closed-form"
	// ActorSampled is the score function of the resampled action with the counterfactual
	// baseline b_i = sum_a pi Q (Iqbal & Sha 2019, eq. 8); equal in expectation, noisier.
	ActorSampled = "sampled"
)

// Values of Config.TargetValue.
const (
	// TargetSampled takes Q - alpha log pi of the action that the target policy sampled.
	TargetSampled = "sampled"
	// TargetExpected takes the expectation over the agent's own action, sum_a pi (Q - alpha log pi);
	// the actions of the other agents stay sampled. Same mean, less variance.
	TargetExpected = "expected"
)

// Values of Config.ActorActions.
const (
	// ActionsResampled draws the actions of all agents from the current policy before the critic
	// evaluates them (Iqbal & Sha 2019, section 3.2).
	ActionsResampled = "resampled"
	// ActionsReplayed takes the others' from the minibatch, which saves the critic's second
	// forward pass: the actor learns from the Q that the critic's update has just computed. The actor
	// then answers to what the others did in the past. That is as good in the offloading game, where no
	// choice depends on a single other agent, and worse where agents must switch together (game_test.go).
	ActionsReplayed = "replayed"
)

//go:embed config.go
var configSource string

// Config is the section of AMARL.
type Config struct {
	replay.Settings `yaml:",inline"`
	// TargetValue is "sampled" or "expected".
	TargetValue string `yaml:"target_value"`
	// ActorLoss is "closed-form" or "sampled".
	ActorLoss string `yaml:"actor_loss"`
	// ActorActions is "resampled" or "replayed".
	ActorActions string `yaml:"actor_actions"`

	marl.AttentionConfig `yaml:",inline"`
	marl.ServerConfig    `yaml:",inline"`
	marl.ActorConfig     `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(*marl.Config) marl.Section {
	return &Config{
		Settings: replay.Defaults(), TargetValue: TargetSampled, ActorLoss: ActorClosedForm, ActorActions: ActionsReplayed,
		AttentionConfig: marl.DefaultAttention(), ServerConfig: marl.DefaultServers(), ActorConfig: marl.DefaultActor(0.1, 0.01),
	}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	v.OneOf("target_value", c.TargetValue, TargetSampled, TargetExpected)
	v.OneOf("actor_loss", c.ActorLoss, ActorClosedForm, ActorSampled)
	v.OneOf("actor_actions", c.ActorActions, ActionsResampled, ActionsReplayed)
	v.Require(shared.Turns <= 1 || c.ActorActions == ActionsReplayed, "actor_actions", c.ActorActions, ActionsReplayed+" with turns: what an agent saw belongs to the actions of that slot")
	v.For(marl.SharedSection).Require(shared.Turns <= 1 || shared.TurnValues == marl.TurnValuesNone, "turn_values", shared.TurnValues, marl.TurnValuesNone+" with amarl, which decides for successors from the replay")
	c.AttentionConfig.Check(v)
	c.ServerConfig.Check(v, &c.AttentionConfig)
	c.ActorConfig.Check(v)
}

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string {
	docs := marl.NetDocs(configSource, "Config")
	maps.Copy(docs, replay.Docs())
	return docs
}

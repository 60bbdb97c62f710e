package qlearn

import (
	_ "embed"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
)

//go:embed config.go
var configSource string

// Settings of Q-learning with any mixer. Sections of algorithms inline them.
type Settings struct {
	replay.Settings `yaml:",inline"`
	// Hidden H is the width of the two hidden layers of the agents' network.
	Hidden int `yaml:"hidden"`
	// LR is the learning rate of all networks.
	LR float64 `yaml:"lr"`
	// Epsilon is the probability of a random legal action at the start of the run, warm-up included.
	Epsilon float64 `yaml:"epsilon"`
	// EpsilonFinal is the last value of epsilon, at most 0.99. A sampled policy is evaluated with it.
	EpsilonFinal float64 `yaml:"epsilon_final"`
	// EpsilonShare is the share of the run in which epsilon falls linearly to its last value, in (0, 1].
	EpsilonShare float64 `yaml:"epsilon_share"`
}

// mostRandom bounds epsilon_final: then the greedy action stays the most probable one, which is how a greedy policy
// finds it.
const mostRandom = 0.99

// Defaults returns the defaults.
func Defaults() Settings {
	return Settings{
		Settings: replay.Defaults(), Hidden: 64, LR: 2e-3,
		Epsilon: 1, EpsilonFinal: 0.05, EpsilonShare: 0.5,
	}
}

// Check implements marl.Section.
func (c *Settings) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	v.AtLeast("hidden", c.Hidden, 1)
	v.Positive("lr", c.LR)
	v.Between("epsilon", c.Epsilon, 0, 1)
	v.Between("epsilon_final", c.EpsilonFinal, 0, mostRandom)
	v.Require(c.EpsilonShare > 0 && c.EpsilonShare <= 1, "epsilon_share", c.EpsilonShare, "0 < epsilon_share <= 1")
}

// Docs implements marl.Section.
func (c *Settings) Docs() map[string]string {
	docs := replay.Docs()
	maps.Copy(docs, setting.StructDocs(configSource, "Settings"))
	return docs
}

// Head is the policy for execution: epsilon-greedy with the last epsilon. Its most probable action is the one of the
// largest value.
func (c *Settings) Head(obs, actions int) *Head {
	return &Head{NewNetwork(c.Hidden, obs, actions), constant(c.EpsilonFinal)}
}

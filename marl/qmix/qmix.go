// Package qmix is QMIX (Rashid et al. 2018, "QMIX: Monotonic Value Function Factorisation for Deep Multi-Agent
// Reinforcement Learning", arXiv 1803.11485): the agents of a world are a team with one reward, and the value of the team
// is a monotone function of the values of its agents, whose weights depend on the state of the world. Training is
// central; each agent executes the best action by its own value, which monotony makes the best joint action. The agents
// share one network, which has no memory of earlier observations.
package qmix

import (
	_ "embed"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/qlearn"
)

// Values of Config.State.
const (
	// StateConcatenated is all observations of the world in the order of its agents; each agent has its own weights.
	StateConcatenated = "concatenated"
	// StatePooled is the mean of an embedding of all observations; the weights of an agent also depend on its own
	// observation. The mixer does not depend on the order or the number of the agents.
	StatePooled = "pooled"
)

//go:embed qmix.go
var configSource string

// Algorithm is QMIX, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "qmix" }

// Config is the section of QMIX.
type Config struct {
	qlearn.Settings `yaml:",inline"`
	// Embed E is the width of the hidden layer of the mixing network.
	Embed int `yaml:"embed"`
	// HyperHidden is the width of the hidden layer of the networks that make the weights of the mixing network. 0: they
	// are single linear layers, as in the paper.
	HyperHidden int `yaml:"hyper_hidden"`
	// State is what the weights depend on: "concatenated" (all observations in the order of the agents) or "pooled"
	// (the mean of an embedding of all observations and, for the weights of an agent, its own; any order, any number).
	State string `yaml:"state"`
}

// Defaults implements marl.Algorithm. The reward of the team is the mean over the agents with a task.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	shared.Omega = 1
	return &Config{Settings: qlearn.Defaults(), Embed: 32, HyperHidden: 64, State: StatePooled}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	v.AtLeast("embed", c.Embed, 1)
	v.AtLeast("hyper_hidden", c.HyperHidden, 0)
	v.OneOf("state", c.State, StateConcatenated, StatePooled)
}

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string {
	docs := c.Settings.Docs()
	maps.Copy(docs, setting.StructDocs(configSource, "Config"))
	return docs
}

// Head implements marl.Algorithm: the epsilon-greedy policy.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return c.Own.(*Config).Head(obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	c := w.Config.Own.(*Config)
	return qlearn.New(w, &c.Settings, newMixer(c, w.Sizes.Agents, w.Sizes.Obs)), nil
}

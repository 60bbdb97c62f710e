// Package maa2c is multi-agent advantage actor-critic (Papoudakis et al. 2021, "Benchmarking Multi-Agent Deep
// Reinforcement Learning Algorithms in Cooperative Tasks", arXiv 2006.07869): n-step returns, a value function of
// the global state, and one step of critic and actor for each rollout.
//
// It is the learner of package ppo with one epoch of one minibatch and without a clip: the actor takes its step at
// the policy that played, where the gradient of rho A is that of A log pi (Huang et al. 2022, "A2C is a special
// case of PPO", arXiv 2205.09123). The critic is that of package mappo.
package maa2c

import (
	_ "embed"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/mappo"
	"github.com/gmel-go/gmel/marl/ppo"
)

// Algorithm is MAA2C, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// OnPolicy implements marl.OnPolicy.
func (Algorithm) OnPolicy() {}

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "maa2c" }

//go:embed maa2c.go
var source string

// Config is the section of MAA2C. Other settings are described where they are declared.
type Config struct {
	// NStep n is the number of rewards in a return, which then adds the value of the state after them. Returns at
	// the end of a rollout have fewer. At most 256.
	NStep int `yaml:"n_step"`

	mappo.CentralConfig `yaml:",inline"`
	marl.ActorConfig    `yaml:",inline"`
}

// Defaults implements marl.Algorithm. An update has 32 joint transitions, so that as many updates as those of the other
// algorithms learn from as many slots.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	shared.Worlds, shared.SlotsPerIteration, shared.WarmupSlots = 4, 8, 8
	return &Config{NStep: 5, CentralConfig: mappo.DefaultCentral(), ActorConfig: marl.DefaultActor(0.05, 0.005)}
}

// maxSteps bounds n, because each reward of a return is two ops of a Program.
const maxSteps = 256

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	ppo.CheckRollout(v.For(marl.SharedSection), shared)
	v.Count("n_step", c.NStep, 1, maxSteps)
	c.CentralConfig.Check(v)
	c.ActorConfig.Check(v)
}

// UpdatesAfter implements marl.Section.
func (c *Config) UpdatesAfter(*marl.Config) int { return 1 }

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string {
	return mappo.CentralDocs(marl.NetDocs(source, "Config"))
}

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	c := w.Config.Own.(*Config)
	m := ppo.Method{Minibatches: 1, Advantages: nStep(c.NStep), ValueNorm: c.ValueNorm, Actor: &c.ActorConfig}
	return ppo.New(w, m, &c.CriticConfig, mappo.NewCritic(&c.CentralConfig, w.Sizes)), nil
}

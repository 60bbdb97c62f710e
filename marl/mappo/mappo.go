// Package mappo is multi-agent PPO (Yu et al. 2022, "The Surprising Effectiveness of PPO in Cooperative
// Multi-Agent Games", arXiv 2103.01955): PPO with a value function of the global state, which only training
// needs. As in the paper, all agents share one actor and one critic.
package mappo

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
)

// Algorithm is MAPPO, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// OnPolicy implements marl.OnPolicy.
func (Algorithm) OnPolicy() {}

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "mappo" }

// Config is the section of MAPPO. Its settings are described where they are declared.
type Config struct {
	ppo.Settings  `yaml:",inline"`
	CentralConfig `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	return &Config{ppo.Defaults(shared), DefaultCentral()}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	c.CentralConfig.Check(v)
}

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string { return CentralDocs(c.Settings.Docs()) }

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	c := w.Config.Own.(*Config)
	m := c.Method()
	m.ValueNorm = c.ValueNorm
	return ppo.New(w, m, &c.CriticConfig, NewCritic(&c.CentralConfig, w.Sizes)), nil
}

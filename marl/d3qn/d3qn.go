// Package d3qn is independent Q-learning (Tan 1993) with a dueling double deep Q-network: the dueling network of Wang
// et al. 2016 (arXiv 1511.06581) and the double Q-learning of van Hasselt et al. 2016 (arXiv 1509.06461). Every agent
// learns the values of its own actions from its own observation, as if it were alone. All agents share one network;
// they differ by their observations.
package d3qn

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/qlearn"
)

// Algorithm is D3QN, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "d3qn" }

// Config is the section of D3QN. Its settings are described where they are declared.
type Config struct {
	qlearn.Settings `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(*marl.Config) marl.Section { return &Config{qlearn.Defaults()} }

// Head implements marl.Algorithm: the epsilon-greedy policy.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return c.Own.(*Config).Head(obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	return qlearn.New(w, &w.Config.Own.(*Config).Settings, nil), nil
}

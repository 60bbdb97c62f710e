// Package vdn is value decomposition networks (Sunehag et al. 2018, "Value-Decomposition Networks for Cooperative
// Multi-Agent Learning", arXiv 1706.05296): the agents of a world are a team with one reward, and the value of the team
// is the sum of the values of its agents, each of its own observation and action. Training is central; each agent
// executes the best action by its own value. As in the paper the agents' network is dueling, and they share it; it has
// no memory of earlier observations.
package vdn

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/qlearn"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Algorithm is VDN, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "vdn" }

// Config is the section of VDN. Its settings are described where they are declared.
type Config struct {
	qlearn.Settings `yaml:",inline"`
}

// Defaults implements marl.Algorithm. The reward of the team is the mean over the agents with a task.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	shared.Omega = 1
	return &Config{qlearn.Defaults()}
}

// Head implements marl.Algorithm: the epsilon-greedy policy.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return c.Own.(*Config).Head(obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	return qlearn.New(w, &w.Config.Own.(*Config).Settings, sum{w.Sizes.Agents}), nil
}

// sum is the mixer Q_tot = sum_i Q_i (eq. 3).
type sum struct{ agents int }

// Params implements qlearn.Mixer.
func (sum) Params() *nn.Params { return nil }

// Mix implements qlearn.Mixer.
func (s sum) Mix(_ *nn.Bound, q, _ *nn.Node) *nn.Node {
	return op.SumRows(op.Reshape(q, q.Shape()[0]/s.agents, s.agents))
}

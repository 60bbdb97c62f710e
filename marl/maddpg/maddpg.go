// Package maddpg is MADDPG: multi-agent deep deterministic policy gradients (Lowe et al. 2017, "Multi-Agent
// Actor-Critic for Mixed Cooperative-Competitive Environments", arXiv 1706.02275). The critic of an agent sees the
// observations and actions of all agents, one after the other; the actor follows the gradient of its critic with
// respect to its own action. Discrete actions are one-hot vectors, relaxed by Gumbel-softmax (Jang et al. 2017, arXiv
// 1611.01144), with the straight-through gradient.
//
// It differs from the paper in this: the agents share an actor and a critic. Each still has its own place in the input
// of the others' critics, so what a critic learns of agent j it does not learn of agent k. Networks per agent would
// have a number of parameters that grows with the square of the number of agents.
package maddpg

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is MADDPG, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "maddpg" }

// Head implements marl.Algorithm: the actor. An action of its softmax is an action of Gumbel-softmax: argmax(logits + g)
// with Gumbel noise g has that distribution.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) { return newLearner(w), nil }

// Learner is one run of MADDPG. Its update is in update.go.
type Learner struct {
	replay.Base
	own                       *Config
	critic                    *critic
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget, actorTarget *marl.Net
	temperature, alpha        machine.Tensor // scalars
}

func newLearner(w *marl.Workshop) *Learner {
	c, n := w.Config.Own.(*Config), w.Sizes
	l := &Learner{Base: replay.Base{Workshop: w}, own: c, critic: newCritic(c.Hidden, n), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions)}
	l.criticOnline = w.Train("critic", l.critic.params, c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.actorTarget = w.Copy("actor_target", l.actorOnline)
	l.temperature = w.Anneal("temperature", c.Temperature, c.TemperatureFinal)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.ActorCriticStatistics()...)
	l.Replay = replay.New(w, &c.Settings)
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorOnline }

// Scalars implements marl.Learner.
func (l *Learner) Scalars(_ *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	return replay.ActorCriticScalars(mean), nil
}

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
	*marl.Workshop
	own                       *Config
	critic                    *critic
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget, actorTarget *marl.Net
	temperature, alpha        machine.Tensor // scalars
	replay                    *replay.Memory
}

// Statistics of the updates, besides those of every critic.
const (
	actorLoss     = "actor_loss"  // with the logit penalty
	policyEntropy = "entropy"     // nats, deciding agents
	criticNorm    = "critic_norm" // of the gradient before the clip
	actorNorm     = "actor_norm"  // of the gradient before the clip
)

func newLearner(w *marl.Workshop) *Learner {
	c, n := w.Config.Own.(*Config), w.Sizes
	l := &Learner{Workshop: w, own: c, critic: newCritic(c.Hidden, n), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions)}
	l.criticOnline = w.Train("critic", l.critic.params, c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.actorTarget = w.Copy("actor_target", l.actorOnline)
	l.temperature = w.Anneal("temperature", c.Temperature, c.TemperatureFinal)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.CriticStatistics(actorLoss, policyEntropy, criticNorm, actorNorm)...)
	l.replay = replay.New(w, &c.Settings)
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorOnline }

// Remember implements marl.Learner: the transitions of a slot go into the replay.
func (l *Learner) Remember(b *machine.Builder, x marl.Played) { l.replay.Remember(b, x) }

// Prepare implements marl.Learner.
func (l *Learner) Prepare(b *machine.Builder) { l.replay.MeasureRewards(b) }

// WarmedUp implements marl.Learner: the warm-up stays in the replay.
func (l *Learner) WarmedUp(*machine.Session) error { return nil }

// Inspect implements marl.Learner: there is nothing to measure besides the updates.
func (l *Learner) Inspect(*machine.Builder) {}

// Scalars implements marl.Learner.
func (l *Learner) Scalars(_ *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	return []marl.Scalar{
		{Name: "critic_loss", Value: mean(replay.CriticLoss)}, {Name: "actor_loss", Value: mean(actorLoss)},
		replay.TDError(mean), replay.TargetMean(mean), {Name: "entropy", Value: mean(policyEntropy)}, replay.Unexplained(mean),
		{Name: "grad_norm_critic", Value: mean(criticNorm)}, {Name: "grad_norm_actor", Value: mean(actorNorm)},
	}, nil
}

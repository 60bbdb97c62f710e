// Package amarl is AMARL: the multi-actor-attention-critic of Iqbal & Sha, "Actor-Attention-Critic for
// Multi-Agent Reinforcement Learning" (ICML 2019, arXiv 1810.02912). A critic of joint actions, with
// attention over the other agents, learns off-policy from a replay with target networks; the actor is
// one network that each agent executes on its own observation.
package amarl

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is AMARL, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// InTurn implements marl.InTurn.
func (Algorithm) InTurn() {}

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "amarl" }

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	if err := w.CheckGroups(w.Config.Attention()); err != nil {
		return nil, err
	}
	if err := w.CheckServers(&w.Config.Own.(*Config).ServerConfig); err != nil {
		return nil, err
	}
	return newLearner(w), nil
}

// Learner is one run of AMARL. Its update is in update.go.
type Learner struct {
	*marl.Workshop
	own                       *Config
	critic                    *marl.Critic
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget, actorTarget *marl.Net
	alpha                     machine.Tensor // scalar, the weight of the entropy
	attention                 machine.Tensor // [h] attention entropy of the last Inspect
	replay                    *replay.Memory
	table                     *marl.ServerTable // nil unless the vectors of servers are fixed
}

// Statistics of the updates, besides those of every critic.
const (
	actorLossSum  = "actor_loss"  // with the logit penalty
	policyEntropy = "entropy"     // nats, deciding agents
	criticNorm    = "critic_norm" // of the gradient before the clip
	actorNorm     = "actor_norm"  // of the gradient before the clip
)

func newLearner(w *marl.Workshop) *Learner {
	c, n := w.Config.Own.(*Config), w.Sizes
	l := &Learner{
		Workshop: w, own: c, critic: marl.NewServerCritic(&c.AttentionConfig, &c.ServerConfig, n), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions),
	}
	l.criticOnline = w.Train("critic", l.critic.Params(), c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.CriticStatistics(actorLossSum, policyEntropy, criticNorm, actorNorm)...)
	l.attention = w.Layout.Add("attention_entropy", c.Heads)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.actorTarget = w.Copy("actor_target", l.actorOnline)
	l.replay = replay.New(w, &c.Settings)
	if l.table = w.NewServerTable(&c.ServerConfig); c.Tells() || n.Turns > 1 {
		l.replay.KeepServers()
	}
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

// Inspect implements marl.Learner. It measures the entropy of the attention on one minibatch, which would
// be too expensive in every update.
func (l *Learner) Inspect(b *machine.Builder) {
	if !l.own.Attention {
		return
	}
	mb := l.replay.Sample(b)
	f := nn.NewFragment()
	v := l.critic.ForwardAt(l.criticOnline.Bind(f), f.Input(mb.Obs), f.Input(mb.Act), l.table.Inputs(f, mb.Servers))
	f.Output(l.critic.Entropy(v), l.attention)
	f.Lower(b)
}

// Scalars implements marl.Learner:
//
//	td_error     root mean squared Q - y of deciding agents, in units of the standardised reward
//	target_mean  mean of y
//	entropy      of the policy of deciding agents, nats
//	unexplained  mean squared TD error over the variance of y in a minibatch; 1: as bad as a constant critic
//	attention_entropy_h  see marl.AttentionScalars; 0 without attention
//	grad_norm_*  norm of the gradient before the clip
func (l *Learner) Scalars(s *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	attention, err := marl.Read(s, l.attention)
	if err != nil {
		return nil, err
	}
	list := []marl.Scalar{
		{Name: "critic_loss", Value: mean(replay.CriticLoss)}, {Name: "actor_loss", Value: mean(actorLossSum)},
		replay.TDError(mean), replay.TargetMean(mean), {Name: "entropy", Value: mean(policyEntropy)}, replay.Unexplained(mean),
	}
	list = append(list, marl.AttentionScalars(attention)...)
	return append(list,
		marl.Scalar{Name: "grad_norm_critic", Value: mean(criticNorm)}, marl.Scalar{Name: "grad_norm_actor", Value: mean(actorNorm)}), nil
}

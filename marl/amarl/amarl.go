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
	replay.Base
	own                       *Config
	critic                    *marl.Critic
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget, actorTarget *marl.Net
	alpha                     machine.Tensor    // scalar, the weight of the entropy
	attention                 machine.Tensor    // [h] attention entropy of the last Inspect
	table                     *marl.ServerTable // nil unless the vectors of servers are fixed
}

func newLearner(w *marl.Workshop) *Learner {
	c, n := w.Config.Own.(*Config), w.Sizes
	l := &Learner{
		Base: replay.Base{Workshop: w}, own: c, critic: marl.NewServerCritic(&c.AttentionConfig, &c.ServerConfig, n), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions),
	}
	l.criticOnline = w.Train("critic", l.critic.Params(), c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.ActorCriticStatistics()...)
	l.attention = w.Layout.Add("attention_entropy", c.Heads)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.actorTarget = w.Copy("actor_target", l.actorOnline)
	l.Replay = replay.New(w, &c.Settings)
	if l.table = w.NewServerTable(&c.ServerConfig); c.Tells() || n.Turns > 1 {
		l.Replay.KeepServers()
	}
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorOnline }

// Attention implements marl.Attending.
func (l *Learner) Attention() *marl.AttentionNet {
	return &marl.AttentionNet{Critic: l.critic, Net: l.criticOnline, Table: l.table}
}

// Inspect implements marl.Learner. It measures the entropy of the attention on one minibatch, which would
// be too expensive in every update.
func (l *Learner) Inspect(b *machine.Builder) {
	if !l.own.Attention {
		return
	}
	mb := l.Replay.Sample(b)
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
	return replay.ActorCriticScalars(mean, marl.AttentionScalars(attention)...), nil
}

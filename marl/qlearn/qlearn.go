// Package qlearn is deep Q-learning of many agents (Mnih et al. 2015) with a replay, target networks, a dueling network
// (Wang et al. 2016), double Q-learning (van Hasselt et al. 2016) and epsilon-greedy exploration.
//
// Package d3qn learns the values of each agent on its own. With a [Mixer] the agents of a world are a team with one
// reward, and the sum (package vdn) or a monotone function (package qmix) of their values is learned. In all cases an
// agent executes argmax_a Q(o_i, a).
//
// L is the number of values that a joint transition teaches: A, or 1 for a team.
package qlearn

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Mixer makes the value of a team of the values of its agents. The value must not fall if that of an agent rises;
// otherwise the best actions of the agents would not be the best joint action.
type Mixer interface {
	// Params are the mixer's parameters; nil if it has none.
	Params() *nn.Params
	// Mix builds Q_tot [B] for the values of the chosen actions q [B*A] and all normalised observations [B*A, O]. bd is
	// nil if there are no parameters.
	Mix(bd *nn.Bound, q, obs *nn.Node) *nn.Node
}

// Learner is one run. Its update is in update.go.
type Learner struct {
	replay.Base
	own                  *Settings
	network              *Network
	online, target       *marl.Net
	mixer                Mixer          // nil: every agent learns on its own
	mixOnline, mixTarget *marl.Net      // nil for a mixer without parameters
	epsilon              machine.Tensor // scalar
}

// Statistics of the updates besides those of package replay.
const (
	norm      = "critic_norm" // of the gradient before the clip
	mixerNorm = "mixer_norm"  // of the gradient before the clip
)

// New is a learner whose mixer may be nil.
func New(w *marl.Workshop, c *Settings, m Mixer) *Learner {
	l := &Learner{Base: replay.Base{Workshop: w}, own: c, network: NewNetwork(c.Hidden, w.Sizes.Obs, w.Sizes.Actions), mixer: m}
	l.online = w.Train(NetworkName, l.network.Params(), c.LR)
	l.target = w.Copy(NetworkName+"_target", l.online)
	l.epsilon = w.AnnealWithin(c.EpsilonShare, "epsilon", c.Epsilon, c.EpsilonFinal)
	own := []string{norm}
	if m != nil && m.Params() != nil {
		l.mixOnline = w.Train("mixer", m.Params(), c.LR)
		l.mixTarget = w.Copy("mixer_target", l.mixOnline)
		own = append(own, mixerNorm)
	}
	w.NewStatistics(replay.CriticStatistics(own...)...)
	l.Replay = replay.New(w, &c.Settings)
	return l
}

// learned is L.
func (l *Learner) learned() int {
	if l.mixer == nil {
		return l.Sizes.Agents
	}
	return 1
}

// Head implements marl.Learner: a rollout explores with the present epsilon.
func (l *Learner) Head() (marl.Head, *marl.Net) {
	return &Head{l.network, read(l.epsilon)}, l.online
}

// Scalars implements marl.Learner:
//
//	critic_loss  mean squared Q - y of all agents, or of the teams
//	td_error     root mean squared Q - y of deciding agents, or of teams with one, in units of the standardised reward
//	target_mean  mean of y, of the same
//	unexplained  mean squared TD error over the variance of y in a minibatch, of the same; 1: as bad as a constant
//	grad_norm_*  norm of the gradient before the clip
func (l *Learner) Scalars(_ *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	list := []marl.Scalar{
		{Name: "critic_loss", Value: mean(replay.CriticLoss)}, replay.TDError(mean), replay.TargetMean(mean), replay.Unexplained(mean),
		{Name: "grad_norm_critic", Value: mean(norm)},
	}
	if l.mixOnline != nil {
		list = append(list, marl.Scalar{Name: "grad_norm_mixer", Value: mean(mixerNorm)})
	}
	return list, nil
}

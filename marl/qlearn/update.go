package qlearn

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Update implements marl.Learner: one Adam step of all networks, then one step of their targets.
func (l *Learner) Update(b *machine.Builder) error {
	mb := l.Replay.Sample(b)
	if err := l.step(b, mb, l.targets(b, mb)); err != nil {
		return err
	}
	b.Polyak(l.online.Flat, l.target.Flat, float32(l.own.Polyak))
	if l.mixOnline != nil {
		b.Polyak(l.mixOnline.Flat, l.mixTarget.Flat, float32(l.own.Polyak))
	}
	return nil
}

// targets writes y [B*L] of double Q-learning (van Hasselt et al. 2016, eq. 4): the online network chooses, the target
// network evaluates,
//
//	y = r + gamma (1 - terminated) Qbar(o', argmax_a Q(o', a))
//
// where Qbar is that of the agent, or that of the team for the choices of all agents (Rashid et al. 2018, eq. 6). The
// reward of a team is the mean over its agents.
func (l *Learner) targets(b *machine.Builder, mb replay.Minibatch) machine.Tensor {
	best := l.best(b, mb)
	y := b.Temp("y", l.own.Batch*l.learned())
	f := nn.NewFragment()
	obs, reward, terminated := f.Input(mb.NextObs), l.Replay.Standardised(f, mb.Reward), f.Input(mb.Terminated)
	if l.mixer != nil {
		reward = op.Affine(op.SumRows(l.byWorld(reward)), 1/float32(l.Sizes.Agents), 0)
		terminated = op.Reshape(op.Columns(l.byWorld(terminated), 0, 1), l.own.Batch)
	}
	q := l.network.Forward(l.target.Bind(f), obs, f.Input(mb.NextMask))
	next, _ := l.joint(f, l.mixTarget, op.Pick(q, f.Input(best)), obs)
	f.Output(replay.Target(l.Config.Gamma, reward, terminated, next), y)
	f.Lower(b)
	return y
}

// byWorld is x [B*A] as [B, A].
func (l *Learner) byWorld(x *nn.Node) *nn.Node { return op.Reshape(x, l.own.Batch, l.Sizes.Agents) }

// best writes argmax_a Q(o', a) over the legal actions [B*A].
func (l *Learner) best(b *machine.Builder, mb replay.Minibatch) machine.Tensor {
	rows := l.own.Batch * l.Sizes.Agents
	q, best := b.Temp("next_q", rows, l.Sizes.Actions), b.Temp("best", rows)
	f := nn.NewFragment()
	mask := f.Input(mb.NextMask)
	f.Output(legal(l.network.Forward(l.online.Bind(f), f.Input(mb.NextObs), mask), mask), q)
	f.Lower(b)
	b.ArgMax(q, best)
	return best
}

// joint is the value that is learned [B*L] of the agents' values q [B*A]: these themselves, or that of the team by the
// mixer with the parameters of n.
func (l *Learner) joint(f *nn.Fragment, n *marl.Net, q, obs *nn.Node) (*nn.Node, *nn.Bound) {
	switch {
	case l.mixer == nil:
		return q, nil
	case n == nil:
		return l.mixer.Mix(nil, q, obs), nil
	}
	bd := n.Bind(f)
	return l.mixer.Mix(bd, q, obs), bd
}

// step takes one Adam step of the online networks towards y. Agents without a decision count: the slot before
// bootstraps from their value.
func (l *Learner) step(b *machine.Builder, mb replay.Minibatch, y machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.online.Bind(f)
	obs, mask, target := f.Input(mb.Obs), f.Input(mb.Mask), f.Input(y)
	taken := op.Pick(l.network.Forward(bd, obs, mask), f.Input(mb.Act))
	v, mixer := l.joint(f, l.mixOnline, taken, obs)
	td := op.Sub(v, target)
	loss := marl.MeanSquare(td, nil)
	if err := f.Gradients(loss, bd, l.online.Adam.Grads(), l.mixerGradients(mixer)...); err != nil {
		return err
	}
	replay.CriticUpdate{Loss: loss, TD: td, Target: target, Active: l.deciding(mask)}.Measure(f, b, l.Statistics)
	f.Lower(b)
	l.online.Adam.Step(b)
	l.Statistics.Add(b, norm, l.online.Adam.Norm())
	if mixer != nil {
		l.mixOnline.Adam.Step(b)
		l.Statistics.Add(b, mixerNorm, l.mixOnline.Adam.Norm())
	}
	return nil
}

// mixerGradients requests the gradients of the mixer's parameters. A graph is differentiated once, so they are
// requested together with those of the agents.
func (l *Learner) mixerGradients(bd *nn.Bound) (list []nn.InputGrad) {
	if bd == nil {
		return nil
	}
	for _, p := range l.mixer.Params().List() {
		list = append(list, nn.InputGrad{Of: bd.Node(p), To: l.mixOnline.Adam.Grads().Tensor(p)})
	}
	return list
}

// deciding [B*L] is 1 for an agent that decides, or for a team with one.
func (l *Learner) deciding(mask *nn.Node) *nn.Node {
	agents := marl.Deciding(mask)
	if l.mixer == nil {
		return agents
	}
	return op.Apply(op.SumRows(l.byWorld(agents)), op.Clamp(0, 1))
}

package isac

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Update implements marl.Learner: one update of all networks (Haarnoja et al. 2018, algorithm 1). The actor learns from
// the values that the critics' update has just computed, which saves a forward pass: they are one step old.
func (l *Learner) Update(b *machine.Builder) error {
	rows := l.own.Batch * l.Sizes.Agents
	mb := l.Replay.Sample(b)
	y, q := b.Temp("y", rows), b.Temp("q", rows, l.Sizes.Actions)
	l.target(b, mb, y)
	if err := l.updateCritics(b, mb, y, q); err != nil {
		return err
	}
	if err := l.updateActor(b, mb, q); err != nil {
		return err
	}
	b.Polyak(l.criticOnline.Flat, l.criticTarget.Flat, float32(l.own.Polyak))
	return nil
}

// target writes y [B*A] = r + gamma (1 - terminated) V(o') with the target critics and the current policy.
func (l *Learner) target(b *machine.Builder, mb replay.Minibatch, y machine.Tensor) {
	f := nn.NewFragment()
	obs := f.Input(mb.NextObs)
	logp := l.actor.LogProbs(l.actorOnline.Bind(f), obs, f.Input(mb.NextMask))
	q := l.critic.forward(l.criticTarget.Bind(f), obs).smaller()
	next := soft(q, logp, f.Input(l.alpha))
	f.Output(replay.Target(l.Config.Gamma, l.Replay.Standardised(f, mb.Reward), f.Input(mb.Terminated), next), y)
	f.Lower(b)
}

// updateCritics takes one Adam step towards y, and writes min(Q_1, Q_2)(o, .) before the step to q.
func (l *Learner) updateCritics(b *machine.Builder, mb replay.Minibatch, y, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.criticOnline.Bind(f)
	v, target := l.critic.forward(bd, f.Input(mb.Obs)), f.Input(y)
	active := marl.Deciding(f.Input(mb.Mask))
	weight := active
	if l.own.CriticIdle {
		weight = nil
	}
	loss, td := v.loss(f.Input(mb.Act), target, weight)
	if err := f.Gradients(loss, bd, l.criticOnline.Adam.Grads()); err != nil {
		return err
	}
	f.Output(v.smaller(), q)
	replay.CriticUpdate{Loss: loss, TD: td, Target: target, Active: active}.Measure(f, b, l.Statistics)
	f.Lower(b)
	l.criticOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.CriticNorm, l.criticOnline.Adam.Norm())
	return nil
}

// updateActor takes one Adam step on the soft policy loss for q = Q(o, .).
func (l *Learner) updateActor(b *machine.Builder, mb replay.Minibatch, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.actorOnline.Bind(f)
	mask := f.Input(mb.Mask)
	logits, logp := l.actor.Forward(bd, f.Input(mb.Obs), mask)
	active := marl.Deciding(mask)
	loss := marl.WithLogitPenalty(l.own.LogitPenalty, marl.SoftPolicyLoss(logp, f.Input(q), f.Input(l.alpha), active), logits, active)
	if err := f.Gradients(loss, bd, l.actorOnline.Adam.Grads()); err != nil {
		return err
	}
	l.Statistics.Output(f, b, replay.ActorLoss, loss)
	l.Statistics.Output(f, b, replay.Entropy, marl.Entropy(logp, active))
	f.Lower(b)
	l.actorOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.ActorNorm, l.actorOnline.Adam.Norm())
	return nil
}

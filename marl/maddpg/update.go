package maddpg

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Update implements marl.Learner: one update of all networks (Lowe et al. 2017, algorithm 1).
func (l *Learner) Update(b *machine.Builder) error {
	mb := l.Replay.Sample(b)
	y := b.Temp("y", l.own.Batch*l.Sizes.Agents)
	l.target(b, mb, y)
	if err := l.updateCritic(b, mb, y); err != nil {
		return err
	}
	if err := l.updateActor(b, mb); err != nil {
		return err
	}
	b.Polyak(l.criticOnline.Flat, l.criticTarget.Flat, float32(l.own.Polyak))
	b.Polyak(l.actorOnline.Flat, l.actorTarget.Flat, float32(l.own.Polyak))
	return nil
}

// target writes y [B*A] = r_i + gamma (1 - terminated) Qbar_i(o', a') with a' from the target actors (eq. 6).
func (l *Learner) target(b *machine.Builder, mb replay.Minibatch, y machine.Tensor) {
	rows := l.own.Batch * l.Sizes.Agents
	logp, next := b.Temp("target_logp", rows, l.Sizes.Actions), b.Temp("target_act", rows)
	l.actorTarget.LogProbs(b, l.actor, mb.NextObs, mb.NextMask, logp)
	b.Sample(logp, next, l.Draw(marl.StreamTarget, l.Updates))
	f := nn.NewFragment()
	act := op.OneHot(f.Input(next), l.Sizes.Actions)
	q := l.critic.forward(l.criticTarget.Bind(f), f.Input(mb.NextObs), act, act)
	f.Output(replay.Target(l.Config.Gamma, l.Replay.Standardised(f, mb.Reward), f.Input(mb.Terminated), q), y)
	f.Lower(b)
}

// updateCritic takes one Adam step towards y (eq. 6).
func (l *Learner) updateCritic(b *machine.Builder, mb replay.Minibatch, y machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.criticOnline.Bind(f)
	act, target, active := op.OneHot(f.Input(mb.Act), l.Sizes.Actions), f.Input(y), marl.Deciding(f.Input(mb.Mask))
	td := op.Sub(l.critic.forward(bd, f.Input(mb.Obs), act, act), target)
	weight := active
	if l.own.CriticIdle {
		weight = nil
	}
	loss := marl.MeanSquare(td, weight)
	if err := f.Gradients(loss, bd, l.criticOnline.Adam.Grads()); err != nil {
		return err
	}
	replay.CriticUpdate{Loss: loss, TD: td, Target: target, Active: active}.Measure(f, b, l.Statistics)
	f.Lower(b)
	l.criticOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.CriticNorm, l.criticOnline.Adam.Norm())
	return nil
}

// updateActor takes one Adam step up the gradient of Q_i with respect to the own action (eq. 5); the others' actions
// are those of the replay.
func (l *Learner) updateActor(b *machine.Builder, mb replay.Minibatch) error {
	u := b.Temp("uniform", l.own.Batch*l.Sizes.Agents, l.Sizes.Actions)
	b.Uniform(l.Updates, u, [2]float32{uniformLow, uniformHigh}, marl.Split(l.Seed, marl.StreamActor), uint32(marl.StreamActor))
	f := nn.NewFragment()
	bd, obs, mask := l.actorOnline.Bind(f), f.Input(mb.Obs), f.Input(mb.Mask)
	logits, logp := l.actor.Forward(bd, obs, mask)
	own := straightThrough(logits, mask, f.Input(u), f.Input(l.temperature))
	q := l.critic.forward(l.criticOnline.Bind(f), obs, own, op.OneHot(f.Input(mb.Act), l.Sizes.Actions))
	active := marl.Deciding(mask)
	entropy := marl.Entropy(logp, active)
	loss := op.Neg(op.Add(marl.WeightedMean(q, active), op.Mul(f.Input(l.alpha), entropy)))
	loss = marl.WithLogitPenalty(l.own.LogitPenalty, loss, logits, active)
	if err := f.Gradients(loss, bd, l.actorOnline.Adam.Grads()); err != nil {
		return err
	}
	l.Statistics.Output(f, b, replay.ActorLoss, loss)
	l.Statistics.Output(f, b, replay.Entropy, entropy)
	f.Lower(b)
	l.actorOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.ActorNorm, l.actorOnline.Adam.Norm())
	return nil
}

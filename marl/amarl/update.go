package amarl

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Update implements marl.Learner: one update of all networks (Iqbal & Sha 2019, algorithm 1).
func (l *Learner) Update(b *machine.Builder) error {
	c := l.own
	mb := l.Replay.Sample(b)
	y := l.target(b, mb)
	q := b.Temp("q", c.Batch*l.Sizes.Agents, l.Sizes.Actions)
	if err := l.updateCritic(b, mb, y, q); err != nil {
		return err
	}
	act := l.resample(b, mb)
	if c.ActorActions == ActionsResampled {
		l.criticValues(b, mb, act, q)
	}
	if err := l.updateActor(b, mb, act, q); err != nil {
		return err
	}
	b.Polyak(l.criticOnline.Flat, l.criticTarget.Flat, float32(c.Polyak))
	b.Polyak(l.actorOnline.Flat, l.actorTarget.Flat, float32(c.Polyak))
	return nil
}

// Draws appends the random draws of the next update, so that another implementation can use the same
// numbers: the rows of the replay [B] and the actions a' of the target policy [B*A].
func (l *Learner) Draws(b *machine.Builder) (rows, next machine.Tensor) {
	mb := l.Replay.Sample(b)
	_, next = l.nextActions(b, &mb)
	return mb.Rows, next
}

// nextActions draws a' from the target policy. If agents decide in turn, it completes NextObs by what they see of each other.
func (l *Learner) nextActions(b *machine.Builder, mb *replay.Minibatch) (logp, act machine.Tensor) {
	if l.Sizes.Turns > 1 {
		next := l.DecideInTurn(b, marl.Turns{
			Worlds: l.own.Batch, Own: mb.NextOwn, Mask: mb.NextMask, Servers: mb.NextServers,
			Head: l.actor, Net: l.actorTarget, Counter: l.Updates, Stream: marl.StreamTarget,
		})
		mb.NextObs = l.Normaliser.Apply(b, next.Obs)
		return next.LogProbs, next.Act
	}
	rows := l.own.Batch * l.Sizes.Agents
	logp = b.Temp("target_logp", rows, l.Sizes.Actions)
	act = b.Temp("target_act", rows)
	l.actorTarget.LogProbs(b, l.actor, mb.NextObs, mb.NextMask, logp)
	b.Sample(logp, act, l.Draw(marl.StreamTarget, l.Updates))
	return logp, act
}

// target writes y [B*A] with the target actor and the target critic.
func (l *Learner) target(b *machine.Builder, mb replay.Minibatch) machine.Tensor {
	logp, act := l.nextActions(b, &mb)
	y := b.Temp("y", l.own.Batch*l.Sizes.Agents)
	f := nn.NewFragment()
	a := f.Input(act)
	v := l.critic.ForwardAt(l.criticTarget.Bind(f), f.Input(mb.NextObs), a, l.table.Inputs(f, mb.NextServers))
	f.Output(target(l.own, l.Config.Gamma, v.Q, targetInputs{
		reward: l.Replay.Standardised(f, mb.Reward), terminated: f.Input(mb.Terminated),
		logp: f.Input(logp), act: a, alpha: f.Input(l.alpha),
	}), y)
	f.Lower(b)
	return y
}

// updateCritic takes one Adam step towards y, and writes Q(o, .) before the step to q.
func (l *Learner) updateCritic(b *machine.Builder, mb replay.Minibatch, y, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.criticOnline.Bind(f)
	act, target := f.Input(mb.Act), f.Input(y)
	active := marl.Deciding(f.Input(mb.Mask))
	v := l.critic.ForwardAt(bd, f.Input(mb.Obs), act, l.table.Inputs(f, mb.Servers))
	td := op.Sub(v.Taken(act), target)
	weight := active
	if l.own.CriticIdle {
		weight = nil
	}
	loss := l.critic.Loss(v, td, weight, l.own.AttentionPenalty)
	if err := f.Gradients(loss, bd, l.criticOnline.Adam.Grads()); err != nil {
		return err
	}
	f.Output(v.Q, q)
	replay.CriticUpdate{Loss: loss, TD: td, Target: target, Active: active}.Measure(f, b, l.Statistics)
	f.Lower(b)
	l.criticOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.CriticNorm, l.criticOnline.Adam.Norm())
	return nil
}

// resample draws the actions of all agents from the current policy.
func (l *Learner) resample(b *machine.Builder, mb replay.Minibatch) (act machine.Tensor) {
	rows := l.own.Batch * l.Sizes.Agents
	logp := b.Temp("policy_logp", rows, l.Sizes.Actions)
	act = b.Temp("policy_act", rows)
	l.actorOnline.LogProbs(b, l.actor, mb.Obs, mb.Mask, logp)
	b.Sample(logp, act, l.Draw(marl.StreamActor, l.Updates))
	return act
}

// updateActor takes one Adam step on the actor's loss for Q(o, .) and the actions act, which must be
// from the current policy. The closed form does not read act.
func (l *Learner) updateActor(b *machine.Builder, mb replay.Minibatch, act, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := l.actorOnline.Bind(f)
	mask := f.Input(mb.Mask)
	logits, lp := l.actor.Forward(bd, f.Input(mb.Obs), mask)
	in := ActorInputs{Q: f.Input(q), Act: f.Input(act), Active: marl.Deciding(mask), Alpha: f.Input(l.alpha)}
	loss := ActorLoss(l.own, logits, lp, in)
	if err := f.Gradients(loss, bd, l.actorOnline.Adam.Grads()); err != nil {
		return err
	}
	l.Statistics.Output(f, b, replay.ActorLoss, loss)
	l.Statistics.Output(f, b, replay.Entropy, marl.Entropy(lp, in.Active))
	f.Lower(b)
	l.actorOnline.Adam.Step(b)
	l.Statistics.Add(b, replay.ActorNorm, l.actorOnline.Adam.Norm())
	return nil
}

// criticValues writes Q(o, .) of the online critic.
func (l *Learner) criticValues(b *machine.Builder, mb replay.Minibatch, act, q machine.Tensor) {
	f := nn.NewFragment()
	v := l.critic.ForwardAt(l.criticOnline.Bind(f), f.Input(mb.Obs), f.Input(act), l.table.Inputs(f, mb.Servers))
	f.Output(v.Q, q)
	f.Lower(b)
}

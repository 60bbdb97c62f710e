package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// minibatch is B joint transitions as rows of agents.
type minibatch struct {
	rows                          machine.Tensor // [B] of the replay
	obs, mask, act, reward        machine.Tensor // [B*A, O] normalised, [B*A, U], [B*A], [B*A] mixed
	nextObs, nextMask, terminated machine.Tensor // [B*A, O] normalised, [B*A, U], [B*A]
}

// buildUpdate is one update of everything (Iqbal & Sha 2019, algorithm 1).
func (l *offPolicy) buildUpdate() (*kernels.Program, error) {
	b := machine.NewBuilder("update", l.layout)
	mb := l.sampleMinibatch(b)
	y := l.target(b, mb)
	q := b.Temp("q", l.cfg.Batch*l.size.agents, l.size.actions)
	if err := l.updateCritic(b, mb, y, q); err != nil {
		return nil, err
	}
	act := l.resample(b, mb)
	if l.cfg.ActorActions == ActionsResampled {
		l.criticValues(b, mb.obs, act, q)
	}
	if err := l.updateActor(b, mb, act, q); err != nil {
		return nil, err
	}
	b.Polyak(l.criticOnline.Flat, l.criticTarget.Flat, float32(l.cfg.Polyak))
	b.Polyak(l.actorOnline.Flat, l.actorTarget.Flat, float32(l.cfg.Polyak))
	b.Count(l.learned, 1)
	l.statistic.count(b)
	return b.Build()
}

// buildInspect measures what is too dear to measure in every update: the entropy of the
// attention, on one minibatch.
func (l *offPolicy) buildInspect() (*kernels.Program, error) {
	b := machine.NewBuilder("inspect", l.layout)
	if l.cfg.Attention {
		mb := l.sampleMinibatch(b)
		f := nn.NewFragment()
		v := l.critic.forward(f.Bind(l.critic.params, l.criticOnline), f.Input(mb.obs), f.Input(mb.act))
		f.Output(l.critic.entropy(v), l.heads)
		f.Lower(b)
	}
	return b.Build()
}

// sampleMinibatch draws B rows of the replay uniformly, with replacement.
func (l *offPolicy) sampleMinibatch(b *machine.Builder) minibatch {
	r, n, rows := l.replay, l.size, l.cfg.Batch*l.size.agents
	idx := b.Temp("rows", l.cfg.Batch)
	b.RandInt(r.size, l.learned, idx, Split(l.seed, StreamReplay), uint32(StreamReplay))
	gather := func(name string, table machine.Tensor, shape ...int) machine.Tensor {
		t := b.Temp(name, shape...)
		b.GatherRows(table, idx, t)
		return t
	}
	return minibatch{
		rows: idx,
		obs:  l.normaliser.apply(b, gather("obs", r.obs, rows, n.obs)), mask: gather("mask", r.mask, rows, n.actions),
		act: gather("act", r.act, rows), reward: gather("reward", r.reward, rows),
		nextObs: l.normaliser.apply(b, gather("next_obs", r.nextObs, rows, n.obs)), nextMask: gather("next_mask", r.nextMask, rows, n.actions),
		terminated: gather("terminated", r.terminated, rows),
	}
}

// nextActions draws a' from the target policy.
func (l *offPolicy) nextActions(b *machine.Builder, mb minibatch) (logp, act machine.Tensor) {
	rows := l.cfg.Batch * l.size.agents
	logp = b.Temp("target_logp", rows, l.size.actions)
	act = b.Temp("target_act", rows)
	l.policy(b, l.actorTarget, mb.nextObs, mb.nextMask, logp)
	b.Sample(logp, l.learned, act, Split(l.seed, StreamTarget), uint32(StreamTarget))
	return logp, act
}

// target writes y [B*A] with the target actor and the target critic.
func (l *offPolicy) target(b *machine.Builder, mb minibatch) machine.Tensor {
	logp, act := l.nextActions(b, mb)
	y := b.Temp("y", l.cfg.Batch*l.size.agents)
	f := nn.NewFragment()
	a := f.Input(act)
	v := l.critic.forward(f.Bind(l.critic.params, l.criticTarget), f.Input(mb.nextObs), a)
	f.Output(target(l.cfg, v.q, targetInputs{
		reward: l.standardised(f, mb.reward), terminated: f.Input(mb.terminated),
		logp: f.Input(logp), act: a, alpha: f.Input(l.alpha),
	}), y)
	f.Lower(b)
	return y
}

// standardised is (r - mean) / std with the moments of the whole replay.
func (l *offPolicy) standardised(f *nn.Fragment, reward machine.Tensor) *nn.Node {
	r := f.Input(reward)
	if !l.cfg.StandardiseReward {
		return r
	}
	mean := f.Input(l.layout.View("reward_mean", l.moments, 0))
	std := f.Input(l.layout.View("reward_std", l.moments, 1))
	return op.Div(op.Sub(r, mean), std)
}

// updateCritic takes one Adam step towards y and writes Q(o, .) from before it.
func (l *offPolicy) updateCritic(b *machine.Builder, mb minibatch, y, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := f.Bind(l.critic.params, l.criticOnline)
	act, target := f.Input(mb.act), f.Input(y)
	active := deciding(f.Input(mb.mask))
	v := l.critic.forward(bd, f.Input(mb.obs), act)
	td := op.Sub(v.taken(act), target)
	weight := active
	if l.cfg.CriticIdle {
		weight = nil
	}
	loss := l.critic.loss(v, td, weight, l.cfg.AttentionPenalty)
	if err := f.Gradients(loss, bd, l.criticAdam.Grads()); err != nil {
		return err
	}
	f.Output(v.q, q)
	s := &l.statistic
	s.output(f, b, statCriticLoss, loss)
	s.output(f, b, statSquaredTD, weightedMean(op.Square(td), active))
	mean := weightedMean(target, active)
	s.output(f, b, statTarget, mean)
	s.output(f, b, statTargetVariance, weightedMean(op.Square(op.Sub(target, mean)), active))
	f.Lower(b)
	l.criticAdam.Step(b)
	s.add(b, statCriticNorm, l.criticAdam.Norm())
	return nil
}

// resample draws all agents' actions from the current policy.
func (l *offPolicy) resample(b *machine.Builder, mb minibatch) (act machine.Tensor) {
	rows := l.cfg.Batch * l.size.agents
	logp := b.Temp("policy_logp", rows, l.size.actions)
	act = b.Temp("policy_act", rows)
	l.policy(b, l.actorOnline, mb.obs, mb.mask, logp)
	b.Sample(logp, l.learned, act, Split(l.seed, StreamActor), uint32(StreamActor))
	return act
}

// updateActor takes one Adam step on the actor's loss for Q(o, .) and own actions act, which
// must be the current policy's; the closed form does not read them.
func (l *offPolicy) updateActor(b *machine.Builder, mb minibatch, act, q machine.Tensor) error {
	f := nn.NewFragment()
	bd := f.Bind(l.actor.params, l.actorOnline)
	mask := f.Input(mb.mask)
	logits, lp := l.actor.forward(bd, f.Input(mb.obs), mask)
	in := actorInputs{q: f.Input(q), act: f.Input(act), active: deciding(mask), alpha: f.Input(l.alpha)}
	loss := actorLoss(l.cfg, logits, lp, in)
	if err := f.Gradients(loss, bd, l.actorAdam.Grads()); err != nil {
		return err
	}
	l.statistic.output(f, b, statActorLoss, loss)
	l.statistic.output(f, b, statEntropy, entropy(lp, in.active))
	f.Lower(b)
	l.actorAdam.Step(b)
	l.statistic.add(b, statActorNorm, l.actorAdam.Norm())
	return nil
}

// criticValues writes Q(o, .) of the online critic.
func (l *offPolicy) criticValues(b *machine.Builder, obs, act, q machine.Tensor) {
	f := nn.NewFragment()
	v := l.critic.forward(f.Bind(l.critic.params, l.criticOnline), f.Input(obs), f.Input(act))
	f.Output(v.q, q)
	f.Lower(b)
}

// deciding is 1 for a row of the mask with two or more legal actions, else 0.
func deciding(mask *nn.Node) *nn.Node {
	return op.Apply(op.Affine(op.SumRows(mask), 1, -1), op.Clamp(0, 1))
}

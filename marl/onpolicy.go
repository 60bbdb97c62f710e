package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// onPolicy is proximal policy optimisation (Schulman et al. 2017) with the attention critic for the
// values of states: a rollout of H slots in W worlds, advantages by GAE, then E epochs of minibatches of
// joint transitions, each an Adam step of critic and actor. The policy that played is never stored: its
// log-probabilities are.
type onPolicy struct {
	*learner
	horizon     *horizon
	scale       machine.Tensor // [2] mean and deviation of the warm-up's rewards: the unit of all values
	returned    machine.Tensor // [2] mean and deviation of the returns of the last rollout
	unexplained machine.Tensor // [2] the same of return minus value
	normal      machine.Tensor // [2] the same of the advantages of agents that decide
	drawn       machine.Tensor // [2] counter of the minibatches' rows
}

// horizon is one rollout: row t W + w of every table is slot t of world w. It is used up when the
// iteration ends, so no checkpoint holds it.
type horizon struct {
	*ring
	obs, mask, act, reward machine.Tensor // [H*W, A*O], [H*W, A*U], [H*W, A] twice; the reward is mixed
	logp, value, next      machine.Tensor // [H*W, A] of the action; V of the state and of its successor
	ended, decides         machine.Tensor // [H*W, A] see kernels.Slot; 1 = more than one action was legal
	advantage, returns     machine.Tensor // [H*W, A] of prepare; advantages normalised
}

func (l *onPolicy) networks() {
	n := l.size
	l.critic, l.actor = NewValueCritic(l.cfg, n.agents, n.obs), NewActor(l.cfg, n.obs, n.actions)
}

func (l *onPolicy) placeOwn() {
	l.scale = l.layout.Add("reward_scale", 2)
	l.drawn = l.layout.Add("shuffle_counter", 2)
	l.returned, l.unexplained, l.normal = l.layout.Add("return_moments", 2), l.layout.Add("error_moments", 2), l.layout.Add("advantage_moments", 2)
	n, rows := l.size, l.cfg.Worlds*l.cfg.SlotsPerIteration
	h := &horizon{ring: newRing(l.layout, rolloutName, rows, n.worlds, []column{
		{"observed", n.agents * n.obs}, {"legal", n.agents * n.actions}, {"act", n.agents}, {"reward", n.agents},
		{"logp", n.agents}, {"value", n.agents}, {"next", n.agents}, {"ended", n.agents}, {"decides", n.agents},
	})}
	t := h.tables
	h.obs, h.mask, h.act, h.reward, h.logp, h.value, h.next, h.ended, h.decides = t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8]
	h.advantage, h.returns = l.layout.Add(rolloutName+"advantage", rows, n.agents), l.layout.Add(rolloutName+"returns", rows, n.agents)
	l.horizon, l.memory = h, h.ring
}

func (l *onPolicy) copies() []*nn.Placed { return nil }

// remember keeps a slot with the values of its state and of its successor, which is another one than
// the next slot's state where an episode has ended.
func (l *onPolicy) remember(b *machine.Builder, x played) {
	rows := l.size.rows()
	taken, value, next, decides := b.Temp("taken", rows), b.Temp("value", rows), b.Temp("next value", rows), b.Temp("decides", rows)
	f := nn.NewFragment()
	f.Output(op.Pick(f.Input(x.logp), f.Input(x.act)), taken)
	f.Output(deciding(f.Input(x.mask)), decides)
	f.Lower(b)
	l.values(b, x.normalised, value)
	l.values(b, l.normaliser.apply(b, x.nextObs), next)
	l.keep(b, []machine.Tensor{x.obs, x.mask, x.act, x.reward, taken, value, next, x.ended, decides})
}

// values lowers V(obs), obs normalised.
func (l *onPolicy) values(b *machine.Builder, obs, to machine.Tensor) {
	f := nn.NewFragment()
	f.Output(l.critic.forward(f.Bind(l.critic.params, l.criticOnline), f.Input(obs), nil).state(), to)
	f.Lower(b)
}

// buildPrepare turns a rollout into what the minibatches learn from: advantages by GAE, returns =
// advantage + value, then advantages of mean 0 and deviation 1 over those who decided.
func (l *onPolicy) buildPrepare() (*kernels.Program, error) {
	b, h := machine.NewBuilder("prepare", l.layout), l.horizon
	slots, width := l.cfg.SlotsPerIteration, l.size.rows()
	chain := func(t machine.Tensor) machine.Tensor { return b.Part(t, 0, slots, width) }
	reward := b.Temp("scaled reward", slots, width)
	b.Copy(h.reward, reward)
	if l.cfg.StandardiseReward {
		b.Binary(kernels.BinSub, reward, b.Part(l.scale, 0), reward)
		b.Binary(kernels.BinDiv, reward, b.Part(l.scale, 1), reward)
	}
	b.GAE(reward, chain(h.value), chain(h.next), chain(h.ended), chain(h.advantage), float32(l.cfg.Gamma), float32(l.cfg.GAELambda))
	b.Binary(kernels.BinAdd, h.advantage, h.value, h.returns)
	b.Moments(h.returns, machine.None, h.size, l.returned)
	b.Moments(h.advantage, machine.None, h.size, l.unexplained)
	b.Moments(h.advantage, h.decides, h.size, l.normal)
	b.Moments(h.reward, machine.None, h.size, l.moments)
	b.Binary(kernels.BinSub, h.advantage, b.Part(l.normal, 0), h.advantage)
	b.Binary(kernels.BinDiv, h.advantage, b.Part(l.normal, 1), h.advantage)
	return b.Build()
}

// share is a minibatch of the horizon: B joint transitions as rows of agents.
type share struct {
	rows                     machine.Tensor // [B] of the horizon
	obs, mask                machine.Tensor // [B*A, O] normalised, [B*A, U]
	act, logp                machine.Tensor // [B*A] what was done, and its log-probability then
	advantage, returns, role machine.Tensor // [B*A]; role is 1 for those who decided
}

// drawShare takes the next rows of the epoch's random order.
func (l *onPolicy) drawShare(b *machine.Builder) share {
	h, n, batch := l.horizon, l.size, l.cfg.minibatch()
	idx := b.Temp("rows", batch)
	b.Shuffle(l.drawn, idx, h.capacity, Split(l.seed, StreamReplay), uint32(StreamReplay))
	rows := batch * n.agents
	gather := func(table machine.Tensor, shape ...int) machine.Tensor {
		t := b.Temp("minibatch/"+table.Name(), shape...)
		b.GatherRows(table, idx, t)
		return t
	}
	return share{
		rows: idx, obs: l.normaliser.apply(b, gather(h.obs, rows, n.obs)), mask: gather(h.mask, rows, n.actions),
		act: gather(h.act, rows), logp: gather(h.logp, rows),
		advantage: gather(h.advantage, rows), returns: gather(h.returns, rows), role: gather(h.decides, rows),
	}
}

// buildUpdate is one minibatch: an Adam step of the critic, then one of the actor.
func (l *onPolicy) buildUpdate() (*kernels.Program, error) {
	b := machine.NewBuilder("update", l.layout)
	mb := l.drawShare(b)
	if err := l.updateCritic(b, mb); err != nil {
		return nil, err
	}
	if err := l.updateActor(b, mb); err != nil {
		return nil, err
	}
	b.Count(l.drawn, l.cfg.minibatch())
	b.Count(l.learned, 1)
	l.statistic.count(b)
	return b.Build()
}

// updateCritic takes a step towards the returns. The loss is the plain squared error: clipping it,
// as some do, brought nothing in the large study of Andrychowicz et al. 2021 and is one setting more.
func (l *onPolicy) updateCritic(b *machine.Builder, mb share) error {
	f := nn.NewFragment()
	bd := f.Bind(l.critic.params, l.criticOnline)
	target, role := f.Input(mb.returns), f.Input(mb.role)
	v := l.critic.forward(bd, f.Input(mb.obs), nil)
	td := op.Sub(v.state(), target)
	weight := role
	if l.cfg.CriticIdle {
		weight = nil
	}
	loss := l.critic.loss(v, td, weight, l.cfg.AttentionPenalty)
	if err := f.Gradients(loss, bd, l.criticAdam.Grads()); err != nil {
		return err
	}
	s := &l.statistic
	s.output(f, b, statCriticLoss, loss)
	s.output(f, b, statSquaredTD, weightedMean(op.Square(td), role))
	s.output(f, b, statTarget, weightedMean(target, role))
	f.Lower(b)
	l.criticAdam.Step(b)
	s.add(b, statCriticNorm, l.criticAdam.Norm())
	return nil
}

// updateActor takes a step of the actor.
func (l *onPolicy) updateActor(b *machine.Builder, mb share) error {
	f := nn.NewFragment()
	bd := f.Bind(l.actor.params, l.actorOnline)
	logits, lp := l.actor.forward(bd, f.Input(mb.obs), f.Input(mb.mask))
	in := proximalInputs{
		act: f.Input(mb.act), logp: f.Input(mb.logp), advantage: f.Input(mb.advantage), active: f.Input(mb.role), alpha: f.Input(l.alpha),
	}
	p := proximal(l.cfg, logits, lp, in)
	if err := f.Gradients(p.loss, bd, l.actorAdam.Grads()); err != nil {
		return err
	}
	s := &l.statistic
	s.output(f, b, statActorLoss, p.loss)
	s.output(f, b, statEntropy, p.entropy)
	s.output(f, b, statClipped, p.clipped)
	s.output(f, b, statKL, p.kl)
	f.Lower(b)
	l.actorAdam.Step(b)
	s.add(b, statActorNorm, l.actorAdam.Norm())
	return nil
}

// buildInspect measures the entropy of the attention on the next minibatch.
func (l *onPolicy) buildInspect() (*kernels.Program, error) {
	b := machine.NewBuilder("inspect", l.layout)
	if l.cfg.Attention {
		mb := l.drawShare(b)
		f := nn.NewFragment()
		v := l.critic.forward(f.Bind(l.critic.params, l.criticOnline), f.Input(mb.obs), nil)
		f.Output(l.critic.entropy(v), l.heads)
		f.Lower(b)
	}
	return b.Build()
}

// warmed measures the unit of rewards on the warm-up, which is then forgotten: it was played with
// other observations than the networks will see.
func (l *onPolicy) warmed() error {
	rewards := make([]float32, l.horizon.reward.Len())
	if err := l.session.Download(rewards, l.horizon.reward); err != nil {
		return err
	}
	mean, scale := featureMoments(rewards[:max(1, l.memory.count*l.size.agents)], 1)
	if err := l.session.Upload(l.scale, []float32{mean[0], 1 / scale[0]}); err != nil {
		return err
	}
	l.memory.count, l.memory.next = 0, 0
	if err := l.session.Upload(l.memory.size, []float32{0}); err != nil {
		return err
	}
	return l.session.Upload(l.memory.rows, l.memory.places())
}

func (l *onPolicy) statistics() []string {
	return []string{statCriticLoss, statSquaredTD, statTarget, statActorLoss, statEntropy, statCriticNorm, statActorNorm, statClipped, statKL}
}

// report adds how far the policy moved and how much the critic knew beforehand.
func (l *onPolicy) report(m *Metrics, mean func(string) float32) error {
	m.ClipFraction, m.ApproxKL = mean(statClipped), mean(statKL)
	unexplained, returned := make([]float32, 2), make([]float32, 2)
	if err := l.session.Download(unexplained, l.unexplained); err != nil {
		return err
	}
	if err := l.session.Download(returned, l.returned); err != nil {
		return err
	}
	u := unexplained[1] / max(returned[1], 1e-6)
	m.ExplainedVariance = 1 - u*u
	return nil
}

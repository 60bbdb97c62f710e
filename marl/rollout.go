package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// rollout is what the slot Program keeps between slots and hands to the host.
type rollout struct {
	obs, mask machine.Tensor // [W*A, O], [W*A, U] of the next decision
	finite    machine.Tensor // [1] 1 as long as all transitions were finite
}

func newRollout(l *machine.Layout, n sizes) rollout {
	return rollout{
		obs: l.Add(rolloutName+"obs", n.rows(), n.obs), mask: l.Add(rolloutName+"mask", n.rows(), n.actions),
		finite: l.Add(rolloutName+"finite", 1),
	}
}

// rolloutName begins the names of tensors that a checkpoint need not hold.
const rolloutName = "rollout/"

// played is what a slot of all worlds leaves in a Program.
type played struct {
	obs, mask         machine.Tensor // [W*A, O], [W*A, U] of the decision
	normalised        machine.Tensor // [W*A, O] obs as networks see it
	act, logp         machine.Tensor // [W*A], [W*A, U]
	reward            machine.Tensor // [W, A] mixed
	nextObs, nextMask machine.Tensor // [W*A, O], [W*A, U] of the successor
	ended             machine.Tensor // [W*A] see kernels.Slot
}

// buildSlot is one slot of all worlds with the current policy: observe, act, step, remember.
func (l *learner) buildSlot(env kernels.Environment) (*kernels.Program, error) {
	b := machine.NewBuilder("slot", l.layout)
	n, now := l.size, l.rollout
	x := played{
		obs: b.Temp("decision obs", n.rows(), n.obs), mask: b.Temp("decision mask", n.rows(), n.actions),
		act: b.Temp("act", n.rows()), logp: b.Temp("logp", n.rows(), n.actions), reward: b.Temp("reward", n.worlds, n.agents),
		nextObs: b.Temp("successor", n.rows(), n.obs), nextMask: b.Temp("successor mask", n.rows(), n.actions),
		ended: b.Temp("ended", n.rows()),
	}
	b.Copy(now.obs, x.obs)
	b.Copy(now.mask, x.mask)
	x.normalised = l.normaliser.apply(b, x.obs)
	l.policy(b, l.actorOnline, x.normalised, x.mask, x.logp)
	b.Sample(x.logp, l.played, x.act, Split(l.seed, StreamPolicy), uint32(StreamPolicy))
	b.Count(l.played, 1)
	gained, active := b.Temp("gained", n.worlds, n.agents), b.Temp("active", n.worlds, n.agents)
	b.Step(env, machine.Slot{
		Act: x.act, Obs: now.obs, Mask: now.mask, NextObs: x.nextObs, NextMask: x.nextMask,
		Reward: gained, Active: active, Ended: x.ended,
	})
	f := nn.NewFragment()
	f.Output(mixed(f.Input(gained), f.Input(active), l.cfg.Omega), x.reward)
	f.Lower(b)
	l.method.remember(b, x)
	return b.Build()
}

// keep checks the columns of a slot and puts them into the memory.
func (l *learner) keep(b *machine.Builder, columns []machine.Tensor) {
	for _, t := range columns {
		b.CheckFinite(t, l.rollout.finite, true)
	}
	l.memory.insert(b, columns, l.size.worlds)
}

// terminated is 1 where an episode was ended by the rules, 0 where it goes on or was cut by a time
// limit: e (2 - e) for the values of kernels.Slot.Ended.
func terminated(ended *nn.Node) *nn.Node { return op.Mul(ended, op.Affine(ended, -1, 2)) }

// rollout plays slots in all worlds with the current policy, in one call of the backend, and
// keeps the transitions.
func (t *Trainer) rollout(slots int) error {
	l := t.learner
	if err := l.session.Upload(l.rollout.finite, []float32{1}); err != nil {
		return err
	}
	if err := l.session.Repeat(l.slot, slots); err != nil {
		return err
	}
	t.slots += slots
	l.memory.advance(slots * l.size.worlds)
	return t.checkTransitions()
}

// show lets the rollout begin at what the worlds show and where the memory goes on.
func (t *Trainer) show() error {
	l := t.learner
	if err := l.session.Upload(l.rollout.obs, t.env.Obs()); err != nil {
		return err
	}
	if err := l.session.Upload(l.rollout.mask, t.env.Mask()); err != nil {
		return err
	}
	return l.session.Upload(l.memory.rows, l.memory.places())
}

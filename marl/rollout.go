package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// rollout has the tensors that the slot Program keeps between slots and that the host reads.
type rollout struct {
	obs, mask machine.Tensor // [W*A, O], [W*A, U] of the next decision
	finite    machine.Tensor // [1] 1 while all transitions are finite
}

func newRollout(l *machine.Layout, n Sizes) rollout {
	return rollout{
		obs: l.Add(RolloutPrefix+"obs", n.Rows(), n.Obs), mask: l.Add(RolloutPrefix+"mask", n.Rows(), n.Actions),
		finite: l.Add(RolloutPrefix+"finite", 1),
	}
}

// Played has the results of a slot of all worlds in a Program.
type Played struct {
	Obs, Mask         machine.Tensor // [W*A, O], [W*A, U] of the decision
	Normalised        machine.Tensor // [W*A, O] Obs as input of networks
	Act, LogProbs     machine.Tensor // [W*A], [W*A, U]
	Reward            machine.Tensor // [W, A] mixed
	NextObs, NextMask machine.Tensor // [W*A, O], [W*A, U] of the successor state
	Ended             machine.Tensor // [W*A] see kernels.Slot
}

func newPlayed(b *machine.Builder, n Sizes) Played {
	return Played{
		Obs: b.Temp("decision obs", n.Rows(), n.Obs), Mask: b.Temp("decision mask", n.Rows(), n.Actions),
		Act: b.Temp("act", n.Rows()), LogProbs: b.Temp("logp", n.Rows(), n.Actions), Reward: b.Temp("reward", n.Worlds, n.Agents),
		NextObs: b.Temp("successor", n.Rows(), n.Obs), NextMask: b.Temp("successor mask", n.Rows(), n.Actions),
		Ended: b.Temp("ended", n.Rows()),
	}
}

// buildSlot builds one slot of all worlds with the current policy: observe, act, step, remember.
func (w *Workshop) buildSlot(env kernels.Environment, l Learner) (*kernels.Program, error) {
	b := machine.NewBuilder("slot", w.Layout)
	n, now := w.Sizes, w.rollout
	x := newPlayed(b, n)
	b.Copy(now.obs, x.Obs)
	b.Copy(now.mask, x.Mask)
	x.Normalised = w.Normaliser.Apply(b, x.Obs)
	head, net := l.Head()
	net.LogProbs(b, head, x.Normalised, x.Mask, x.LogProbs)
	b.Sample(x.LogProbs, w.slots, x.Act, Split(w.Seed, StreamPolicy), uint32(StreamPolicy))
	b.Count(w.slots, 1)
	gained, active := b.Temp("gained", n.Worlds, n.Agents), b.Temp("active", n.Worlds, n.Agents)
	b.Step(env, machine.Slot{
		Act: x.Act, Obs: now.obs, Mask: now.mask, NextObs: x.NextObs, NextMask: x.NextMask,
		Reward: gained, Active: active, Ended: x.Ended,
	})
	f := nn.NewFragment()
	f.Output(w.Config.mixed(f.Input(gained), f.Input(active)), x.Reward)
	f.Lower(b)
	l.Remember(b, x)
	return b.Build()
}

// Rollout plays the slots of an iteration and stores their transitions.
func (t *Trainer) Rollout() error { return t.rollout(t.cfg.SlotsPerIteration) }

// rollout plays slots in all worlds with the current policy, in one call of the backend, and stores the
// transitions.
func (t *Trainer) rollout(slots int) error {
	w := t.shop
	if err := t.session.Upload(w.rollout.finite, []float32{1}); err != nil {
		return err
	}
	if err := t.session.Repeat(t.slot, slots); err != nil {
		return err
	}
	t.slots += slots
	w.memory.advance(slots * w.Sizes.Worlds)
	return t.checkTransitions()
}

// show uploads the observations of the worlds and the next rows of the memory, where the rollout begins.
func (t *Trainer) show() error {
	w := t.shop
	if err := t.session.Upload(w.rollout.obs, t.env.Obs()); err != nil {
		return err
	}
	if err := t.session.Upload(w.rollout.mask, t.env.Mask()); err != nil {
		return err
	}
	return t.session.Upload(w.memory.rows, w.memory.places())
}

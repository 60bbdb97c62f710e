package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// rollout has the tensors that the slot Program keeps between slots and that the host reads.
type rollout struct {
	state     machine.Tensor // as OpStep writes it: obs, then servers
	obs, mask machine.Tensor // [W*A, O], [W*A, U] of the next decision
	servers   machine.Tensor // [W*A, C] of the candidates; None if the environment does not tell
	finite    machine.Tensor // [1] 1 while all transitions are finite
}

func newRollout(l *machine.Layout, n Sizes) (r rollout) {
	if n.Candidates > 0 {
		r.state = l.Add(RolloutPrefix+"state", n.stateSize())
		r.obs = l.View(RolloutPrefix+"obs", r.state, 0, n.Rows(), n.Own())
		r.servers = l.View(RolloutPrefix+"servers", r.state, n.Rows()*n.Own(), n.Rows(), n.Candidates)
	} else {
		r.obs = l.Add(RolloutPrefix+"obs", n.Rows(), n.Own())
		r.state = r.obs
	}
	r.mask, r.finite = l.Add(RolloutPrefix+"mask", n.Rows(), n.Actions), l.Add(RolloutPrefix+"finite", 1)
	return r
}

// stateSize is the size of the observations and of what the environment tells besides.
func (s Sizes) stateSize() int { return s.Rows() * (s.Own() + s.Candidates) }

// Played has the results of a slot of all worlds in a Program.
type Played struct {
	Obs, Mask         machine.Tensor // [W*A, O], [W*A, U] of the decision
	Normalised        machine.Tensor // [W*A, O] Obs as input of networks
	Act, LogProbs     machine.Tensor // [W*A], [W*A, U]
	Reward            machine.Tensor // [W, A] mixed
	NextObs, NextMask machine.Tensor // [W*A, O], [W*A, U] of the successor state
	Servers           machine.Tensor // [W*A, C] of the candidates at the decision; None if the environment does not tell
	NextServers       machine.Tensor // [W*A, C] of the successor state
	Ended             machine.Tensor // [W*A] see kernels.Slot

	granted          machine.Tensor // [W*A] see Decided; None if the environment gets Act
	own              machine.Tensor // [W*A, O'] what agents observe before anyone decides; Obs if all decide at once
	state, nextState machine.Tensor // as OpStep writes them: observations, then servers
}

func newPlayed(b *machine.Builder, n Sizes) Played {
	x := Played{
		Mask: b.Temp("decision mask", n.Rows(), n.Actions),
		Act:  b.Temp("act", n.Rows()), LogProbs: b.Temp("logp", n.Rows(), n.Actions), Reward: b.Temp("reward", n.Worlds, n.Agents),
		NextMask: b.Temp("successor mask", n.Rows(), n.Actions), Ended: b.Temp("ended", n.Rows()),
	}
	x.state, x.own, x.Servers = n.tempState(b, "decision obs")
	x.nextState, x.NextObs, x.NextServers = n.tempState(b, "successor")
	x.Obs = x.own
	if n.Turns > 1 {
		x.Obs, x.granted = b.Temp("seen obs", n.Rows(), n.Obs), n.tempGranted(b)
	}
	return x
}

// played is what the environment gets of the actions.
func (x *Played) played() machine.Tensor {
	if x.granted != machine.None {
		return x.granted
	}
	return x.Act
}

// tempState is a temporary state, with its observations and servers.
func (s Sizes) tempState(b *machine.Builder, name string) (state, obs, servers machine.Tensor) {
	if s.Candidates == 0 {
		obs = b.Temp(name, s.Rows(), s.Own())
		return obs, obs, machine.None
	}
	state = b.Temp(name, s.stateSize())
	return state, b.Part(state, 0, s.Rows(), s.Own()), b.Part(state, s.Rows()*s.Own(), s.Rows(), s.Candidates)
}

// buildSlot builds one slot of all worlds with the current policy: observe, act, step, remember.
func (w *Workshop) buildSlot(env kernels.Environment, l Learner) (*kernels.Program, error) {
	b := machine.NewBuilder("slot", w.Layout)
	n, now := w.Sizes, w.rollout
	x := newPlayed(b, n)
	b.Copy(now.state, x.state)
	b.Copy(now.mask, x.Mask)
	x.Normalised = w.decide(b, l, x)
	b.Count(w.slots, 1)
	gained, active := b.Temp("gained", n.Worlds, n.Agents), b.Temp("active", n.Worlds, n.Agents)
	b.Step(env, machine.Slot{
		Act: x.played(), Obs: now.state, Mask: now.mask, NextObs: x.nextState, NextMask: x.NextMask,
		Reward: gained, Active: active, Ended: x.Ended,
	})
	f := nn.NewFragment()
	f.Output(w.Config.mixed(f.Input(gained), f.Input(active)), x.Reward)
	f.Lower(b)
	n.extend(b, &x)
	l.Remember(b, x)
	return b.Build()
}

// decide lowers the actions of a slot from the current policy, and returns the normalised observations.
func (w *Workshop) decide(b *machine.Builder, l Learner, x Played) (normalised machine.Tensor) {
	head, net := l.Head()
	if w.Sizes.Turns > 1 {
		w.decideInTurn(b, Turns{
			First: w.slice.First, Worlds: w.Sizes.Worlds, Own: x.own, Mask: x.Mask, Servers: x.Servers, Head: head, Net: net, Counter: w.slots, Stream: StreamPolicy,
		}, Decided{x.Obs, x.LogProbs, x.Act, x.granted})
		return w.Normaliser.Apply(b, x.Obs)
	}
	normalised = w.Normaliser.Apply(b, x.Obs)
	net.LogProbs(b, head, normalised, x.Mask, x.LogProbs)
	draw := w.Draw(StreamPolicy, w.slots)
	draw.First = w.slice.First * w.Sizes.Agents
	b.Sample(x.LogProbs, x.Act, draw)
	return normalised
}

// Rollout plays the slots of an iteration and stores their transitions.
func (t *Trainer) Rollout() error {
	if err := t.rollout(t.cfg.SlotsPerIteration); err != nil {
		return err
	}
	return t.gather()
}

// rollout plays slots in the worlds of this rank with the current policy, in one call of the backend, and stores the
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
	w.memory.advance(slots * w.slice.All)
	return t.checkTransitions()
}

// show uploads what the worlds show and the next rows of the memory, where the rollout begins.
func (t *Trainer) show() error {
	w := t.shop
	if err := t.session.Upload(w.rollout.obs, t.env.Obs()); err != nil {
		return err
	}
	if err := t.session.Upload(w.rollout.mask, t.env.Mask()); err != nil {
		return err
	}
	if w.rollout.servers != machine.None {
		if err := t.session.Upload(w.rollout.servers, t.env.(Serving).Servers()); err != nil {
			return err
		}
	}
	return t.session.Upload(w.memory.rows, w.memory.places())
}

package replay

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Minibatch is B joint transitions as rows of agents.
type Minibatch struct {
	Rows                          machine.Tensor // [B] of the memory
	Obs, Mask, Act, Reward        machine.Tensor // [B*A, O] normalised, [B*A, U], [B*A], [B*A] mixed
	NextObs, NextMask, Terminated machine.Tensor // [B*A, O] normalised, [B*A, U], [B*A]
	Servers, NextServers          machine.Tensor // [B*A, C], None without KeepServers
	NextOwn                       machine.Tensor // [B*A, O'] the own columns of NextObs, not normalised; None if all agents decide at once
}

// Sample draws B rows of the memory uniformly, with replacement.
func (m *Memory) Sample(b *machine.Builder) Minibatch {
	w, rows := m.w, m.batch*m.w.Sizes.Agents
	idx := b.Temp("rows", m.batch)
	b.RandInt(m.Size, w.Updates, idx, marl.Split(w.Seed, marl.StreamReplay), uint32(marl.StreamReplay))
	gather := func(name string, table machine.Tensor, shape ...int) machine.Tensor {
		t := b.Temp(name, shape...)
		b.GatherRows(table, idx, t)
		return t
	}
	mb := Minibatch{
		Rows: idx,
		Obs:  w.Normaliser.Apply(b, gather("obs", m.Observed, rows, w.Sizes.Obs)), Mask: gather("mask", m.Mask, rows, w.Sizes.Actions),
		Act: gather("act", m.Act, rows), Reward: gather("reward", m.Reward, rows),
	}
	next := gather("next_obs", m.NextObs, rows, w.Sizes.Obs)
	mb.NextObs, mb.NextMask = w.Normaliser.Apply(b, next), gather("next_mask", m.NextMask, rows, w.Sizes.Actions)
	mb.Terminated = gather("terminated", m.Terminated, rows)
	if c := w.Sizes.Candidates; m.Servers != machine.None {
		mb.Servers, mb.NextServers = gather("servers", m.Servers, rows, c), gather("next_servers", m.NextServers, rows, c)
	}
	if w.Sizes.Turns > 1 {
		mb.NextOwn = w.Sizes.OwnColumns(b, next)
	}
	return mb
}

// Standardised is (r - mean) / std of the rewards of a minibatch, with the moments of the whole memory. Without
// standardise_reward it is r.
func (m *Memory) Standardised(f *nn.Fragment, reward machine.Tensor) *nn.Node {
	r, w := f.Input(reward), m.w
	if !w.Config.StandardiseReward {
		return r
	}
	mean := f.Input(w.Layout.View("reward_mean", w.RewardMoments, 0))
	std := f.Input(w.Layout.View("reward_std", w.RewardMoments, 1))
	return op.Div(op.Sub(r, mean), std)
}

// Target is y = r + gamma (1 - terminated) V(o') for rewards r, ends and values of the successor. All have one shape.
// A time limit is no termination: the target bootstraps through it.
func Target(gamma float64, reward, terminated, next *nn.Node) *nn.Node {
	goesOn := op.Affine(terminated, float32(-gamma), float32(gamma))
	return op.Add(reward, op.Mul(goesOn, next))
}

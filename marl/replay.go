package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// replay is a ring of joint transitions in the arena: row r is what all agents of one world
// saw, did and got in one slot. Observations are stored twice (o and o'), which costs
// memory and saves every special case at the end of an episode and of the ring.
type replay struct {
	obs, mask         machine.Tensor // [R, A*O], [R, A*U]
	act, reward       machine.Tensor // [R, A]; the reward is mixed, not standardised
	nextObs, nextMask machine.Tensor // [R, A*O], [R, A*U]; of the end of the episode where it ended
	terminated        machine.Tensor // [R, A] 1 = nothing follows; 0 at a time limit
	size              machine.Tensor // [1] rows filled
	rows              machine.Tensor // [W] where the next transitions go

	capacity, count, next int // the ring on the host
}

func newReplay(l *machine.Layout, capacity int, n sizes) *replay {
	agents, obs, actions := n.agents, n.obs, n.actions
	add := func(name string, width int) machine.Tensor { return l.Add("replay/"+name, capacity, width) }
	return &replay{
		obs: add("obs", agents*obs), mask: add("mask", agents*actions),
		act: add("act", agents), reward: add("reward", agents),
		nextObs: add("next_obs", agents*obs), nextMask: add("next_mask", agents*actions),
		terminated: add("terminated", agents),
		size:       l.Add("replay/size", 1), rows: l.Add(rolloutName+"rows", n.worlds), capacity: capacity,
	}
}

// tables lists the ring's tensors in the order of transition.columns.
func (r *replay) tables() []machine.Tensor {
	return []machine.Tensor{r.obs, r.mask, r.act, r.reward, r.nextObs, r.nextMask, r.terminated}
}

// transition is a joint transition of every world in a Program, in the layout of the ring.
type transition struct {
	obs, mask, act, reward, nextObs, nextMask, terminated machine.Tensor
}

func (x transition) columns() []machine.Tensor {
	return []machine.Tensor{x.obs, x.mask, x.act, x.reward, x.nextObs, x.nextMask, x.terminated}
}

// insert appends one transition per world, overwriting the oldest, and moves on by so many rows.
func (r *replay) insert(b *machine.Builder, x transition, worlds int) {
	for i, table := range r.tables() {
		b.ScatterRows(x.columns()[i], r.rows, table)
	}
	by := func(a, c float32) op.Act { return op.Act{Fn: kernels.FnAffine, A: a, B: c} }
	back := b.Temp("behind the ring", worlds) // rows that have left the ring begin at its front
	b.Unary(by(1, float32(worlds)), r.rows, r.rows)
	b.Unary(by(1, float32(1-r.capacity)), r.rows, back)
	b.Unary(op.Clamp(0, 1), back, back)
	b.Unary(by(float32(r.capacity), 0), back, back)
	b.Binary(kernels.BinSub, r.rows, back, r.rows)
	b.Unary(by(1, float32(worlds)), r.size, r.size)
	b.Unary(op.Clamp(0, float32(r.capacity)), r.size, r.size)
}

// advance follows the device by n rows.
func (r *replay) advance(n int) {
	r.next = (r.next + n) % r.capacity
	r.count = min(r.count+n, r.capacity)
}

// places are the rows that the next transitions of all worlds go to.
func (r *replay) places() []float32 {
	rows := make([]float32, r.rows.Len())
	for i := range rows {
		rows[i] = float32((r.next + i) % r.capacity)
	}
	return rows
}

// floats is the size of the ring.
func (r *replay) floats() (n int64) {
	for _, t := range r.tables() {
		n += t.Len()
	}
	return n
}

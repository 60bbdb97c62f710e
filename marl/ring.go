package marl

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/sim"
)

// Ring is a learner's memory of joint transitions: row r of every table is about all agents of one
// world in one slot. The slot Program fills it; the oldest rows are overwritten.
type Ring struct {
	Observed machine.Tensor // [R, A*O] the first table: observations as the world returns them
	Size     machine.Tensor // [1] rows filled
	rows     machine.Tensor // [W] rows of the next transitions

	slice       sim.Slice
	played      []machine.Tensor // tables that the slot Program fills
	layout      *machine.Layout
	options     RingOptions
	tables      []machine.Tensor // [R, ...]
	count, next int              // the ring on the host
}

// RingOptions of NewRing.
type RingOptions struct {
	Prefix   string // of the names of tables; RolloutPrefix if the memory is not needed after an iteration, else ReplayPrefix
	Observed string // name of the table of observations
	Capacity int    // R, in joint transitions
	Setting  string // the setting to lower if the memory is too large
	Scratch  string // the setting to lower if the scratch memory of an update is too large
}

// RolloutPrefix begins the names of tensors that checkpoints do not contain, ReplayPrefix those of a memory that they contain.
const (
	RolloutPrefix = "rollout/"
	ReplayPrefix  = "replay/"

	sizeName   = "size"
	replaySize = ReplayPrefix + sizeName
)

// NewRing places the memory of a learner, with its table of observations.
func (w *Workshop) NewRing(o RingOptions) *Ring {
	l := w.Layout
	r := &Ring{
		layout: l, options: o, slice: w.slice, Size: l.Add(o.Prefix+sizeName, 1), rows: l.Add(RolloutPrefix+"rows", w.Sizes.Worlds),
	}
	r.Observed = r.Table(o.Observed, w.Sizes.Agents*w.Sizes.Obs)
	w.memory = r
	return r
}

// Table adds a table [R, width].
func (r *Ring) Table(name string, width int) machine.Tensor {
	t := r.layout.Add(r.options.Prefix+name, r.options.Capacity, width)
	r.tables = append(r.tables, t)
	return t
}

// Tables lists the tables in the order in which they were placed.
func (r *Ring) Tables() []machine.Tensor { return slices.Clone(r.tables) }

// Capacity is the number of rows R.
func (r *Ring) Capacity() int { return r.options.Capacity }

// Filled is the number of rows that hold a transition.
func (r *Ring) Filled() int { return r.count }

// Entry is the rows that a slot adds to a table: one for each world.
type Entry struct{ Table, Row machine.Tensor }

// Keep ends a slot: it checks the entries and appends them to the memory.
func (w *Workshop) Keep(b *machine.Builder, entries ...Entry) {
	for _, e := range entries {
		b.CheckFinite(e.Row, w.rollout.finite, true)
	}
	for _, e := range entries {
		b.ScatterRows(e.Row, w.memory.rows, e.Table)
		w.memory.played = append(w.memory.played, e.Table)
	}
	w.memory.moveOn(b)
}

// moveOn advances the rows of the next transitions by the number of worlds of all ranks.
func (r *Ring) moveOn(b *machine.Builder) {
	capacity, worlds := r.options.Capacity, r.slice.All
	by := func(a, c float32) op.Act { return op.Act{Fn: kernels.FnAffine, A: a, B: c} }
	back := b.Temp("past the end", r.slice.Worlds) // rows past the end of the ring wrap around
	b.Unary(by(1, float32(worlds)), r.rows, r.rows)
	b.Unary(by(1, float32(1-capacity)), r.rows, back)
	b.Unary(op.Clamp(0, 1), back, back)
	b.Unary(by(float32(capacity), 0), back, back)
	b.Binary(kernels.BinSub, r.rows, back, r.rows)
	b.Unary(by(1, float32(worlds)), r.Size, r.Size)
	b.Unary(op.Clamp(0, float32(capacity)), r.Size, r.Size)
}

// advance adds n rows to the host's counters, like the Programs on the device.
func (r *Ring) advance(n int) {
	r.next = (r.next + n) % r.options.Capacity
	r.count = min(r.count+n, r.options.Capacity)
}

// Forget empties the memory.
func (r *Ring) Forget(s *machine.Session) error {
	r.count, r.next = 0, 0
	if err := s.Upload(r.Size, []float32{0}); err != nil {
		return err
	}
	return s.Upload(r.rows, r.places())
}

// places are the rows of the next transitions.
func (r *Ring) places() []float32 {
	rows := make([]float32, r.rows.Len())
	for i := range rows {
		rows[i] = float32((r.next + r.slice.First + i) % r.options.Capacity)
	}
	return rows
}

// holds reports whether x is one of the tables.
func (r *Ring) holds(x machine.Tensor) bool { return slices.Contains(r.tables, x) }

// floats is the size of the tables.
func (r *Ring) floats() (n int64) {
	for _, t := range r.tables {
		n += t.Len()
	}
	return n
}

package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// ring holds joint transitions in the arena: row r of every table is about all agents of one world
// in one slot. The first table is what they observed, [R, A*O]. A Program fills it.
type ring struct {
	tables []machine.Tensor // [R, ...]
	size   machine.Tensor   // [1] rows filled
	rows   machine.Tensor   // [W] where the next transitions go

	capacity, count, next int // the ring on the host
}

// column is a table of a ring: its name and its floats in a row.
type column struct {
	name  string
	width int
}

// newRing places the tables under a prefix; size is a tensor of its own prefix where a checkpoint
// must hold it.
func newRing(l *machine.Layout, prefix string, capacity, worlds int, columns []column) *ring {
	r := &ring{capacity: capacity, size: l.Add(prefix+"size", 1), rows: l.Add(rolloutName+"rows", worlds)}
	for _, c := range columns {
		r.tables = append(r.tables, l.Add(prefix+c.name, capacity, c.width))
	}
	return r
}

// insert appends one transition per world, overwriting the oldest, and moves on by so many rows.
// columns are in the order of the tables.
func (r *ring) insert(b *machine.Builder, columns []machine.Tensor, worlds int) {
	for i, table := range r.tables {
		b.ScatterRows(columns[i], r.rows, table)
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
func (r *ring) advance(n int) {
	r.next = (r.next + n) % r.capacity
	r.count = min(r.count+n, r.capacity)
}

// places are the rows that the next transitions of all worlds go to.
func (r *ring) places() []float32 {
	rows := make([]float32, r.rows.Len())
	for i := range rows {
		rows[i] = float32((r.next + i) % r.capacity)
	}
	return rows
}

// floats is the size of the tables.
func (r *ring) floats() (n int64) {
	for _, t := range r.tables {
		n += t.Len()
	}
	return n
}

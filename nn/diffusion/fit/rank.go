package fit

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/machine"
)

// own is what a rank does of an update. The batch is cut into segments (machine.PartsOf), which do not depend on the number of
// ranks. Rank r of R has the segments from r S / R up to (r+1) S / R, and sums over the batch are the sums of the segments, added in
// ascending order. A rank beyond the number of segments computes the first one, too, and adds nothing.
type own struct {
	group    comm.Comm // nil: the trainer is alone
	parts    []int     // samples of its segments
	first, n int       // samples of the batch before them, and in them
	adds     int       // rows that it adds: its segments, or 0

	rows machine.Tensor   // [segments, width] gradient and loss of each; None for a trainer that is alone
	step *kernels.Program // what follows from the sum of all rows; nil for a trainer that is alone
}

func ownOf(batch int, group comm.Comm) own {
	all := machine.PartsOf(batch)
	o := own{group: group, parts: all, n: batch}
	if group == nil {
		return o
	}
	from, to := len(all)*group.Rank()/group.Size(), len(all)*(group.Rank()+1)/group.Size()
	o.adds = to - from
	if from == to {
		from, to = 0, 1
	}
	o.parts, o.first, o.n = all[from:to], sum(all[:from]), sum(all[from:to])
	return o
}

func sum(list []int) (n int) {
	for _, k := range list {
		n += k
	}
	return n
}

// of is the part of a rank of x [B,...].
func (o *own) of(b *machine.Builder, x machine.Tensor) machine.Tensor {
	shape := x.Shape()
	row := int(x.Len()) / shape[0]
	shape[0] = o.n
	return b.Part(x, o.first*row, shape...)
}

// placeSegments adds the gradients and losses of the segments of a rank.
func (t *Trainer) placeSegments(l *machine.Layout) {
	if t.own.group == nil {
		return
	}
	width := 0
	for _, x := range t.summed() {
		width += int(x.Len())
	}
	width = (width + machine.Align - 1) / machine.Align * machine.Align
	t.own.rows = l.Add("segments", len(t.own.parts), width)
}

// Exchanged is the number of floats that the ranks add up in an update; 0 for a trainer that is alone.
func (t *Trainer) Exchanged() int64 {
	if t.own.group == nil {
		return 0
	}
	return int64(t.own.rows.Shape()[1])
}

// summed are the sums over the batch.
func (t *Trainer) summed() []machine.Tensor {
	return []machine.Tensor{t.adam.Grads().Flat, t.mem.loss.Value}
}

// division says how this rank adds up over its part of the batch.
func (t *Trainer) division() *machine.Division {
	d := &machine.Division{Parts: t.own.parts}
	if t.own.group != nil {
		d.Rows, d.Of = t.own.rows, t.summed()
	}
	return d
}

// total takes the sum of the rows of all ranks, which is in the first row.
func (t *Trainer) total(b *machine.Builder) {
	at := 0
	for _, x := range t.summed() {
		b.Copy(b.Part(t.own.rows, at, x.Shape()...), x)
		at += int(x.Len())
	}
}

// run is one update.
func (t *Trainer) run() error {
	if t.own.group == nil {
		return errors.Join(t.session.Run(t.program), t.session.Sync())
	}
	if err := t.session.Run(t.program); err != nil {
		return err
	}
	if err := t.session.SumRows(t.own.rows, t.own.adds); err != nil {
		return err
	}
	return errors.Join(t.session.Run(t.own.step), t.session.Sync())
}

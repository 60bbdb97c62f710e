package unet

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// told is what a residual block is told of time, class and augmentation: a projection [B,width] of their embedding.
type told func(r *residual) *nn.Node

// tell computes what all blocks are told. It makes the nodes of a block where the block asks for them.
func (m *Model) tell(bd *nn.Bound, in Input) told {
	e := m.embedding(bd, in)
	return func(r *residual) *nn.Node { return r.time.Apply(bd, e) }
}

// residuals lists the residual blocks in the order of their index.
func (m *Model) residuals() (list []*residual) {
	for _, s := range append(append(append([]stage{}, m.down...), m.middle), m.up...) {
		list = append(list, s.blocks...)
	}
	return list
}

// Widths are the numbers that each residual block is told of time, class and augmentation.
func (m *Model) Widths() (list []int) {
	for _, r := range m.residuals() {
		list = append(list, r.time.W.Shape()[1])
	}
	return list
}

// Tell appends to the Program: to[B, sum of Widths] = what all residual blocks are told of batch.Time, Class and Augment,
// one after the other. net holds the parameters. A row depends on nothing but its time, class and augmentation, so rows
// that several evaluations need are computed once and given to EvaluateTold.
func (m *Model) Tell(b *machine.Builder, net *nn.Placed, batch Batch, to machine.Tensor) {
	f := nn.NewFragment()
	say := m.tell(f.Bind(m.params, net), m.condition(f, batch))
	var parts []*nn.Node
	for _, r := range m.residuals() {
		parts = append(parts, say(r))
	}
	f.Output(op.Concat(parts...), to)
	f.Lower(b)
}

// EvaluateTold is Evaluate for blocks that have been told: parts[i] [B, Widths[i]] is that part of Tell's rows. It reads
// neither time nor class of the batch, and y has the same bits.
func (m *Model) EvaluateTold(b *machine.Builder, net *nn.Placed, batch Batch, parts []machine.Tensor) {
	f := nn.NewFragment()
	say := func(r *residual) *nn.Node { return f.Input(parts[r.index]) }
	f.Output(m.apply(f.Bind(m.params, net), f.Input(batch.X), say, nil), batch.Y)
	f.Lower(b)
}

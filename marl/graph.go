package marl

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// node is a node of a gorgonia graph. This is the only file of the package that knows it.
type node = G.Node

// fragment is one gorgonia graph on its way into a Program: its inputs are read from
// tensors of the arena, its outputs written to tensors. One fragment holds at most
// one loss, because gorgonia's Grad may be called once for a graph.
type fragment struct {
	g     *G.ExprGraph
	in    map[*node]machine.Tensor
	out   map[*node]machine.Tensor
	after []func(b *machine.Builder) // what the Program does with the outputs, right behind the graph
}

func newFragment() *fragment {
	return &fragment{g: G.NewGraph(), in: map[*node]machine.Tensor{}, out: map[*node]machine.Tensor{}}
}

// input is the node that reads t.
func (f *fragment) input(t machine.Tensor) *node {
	n := G.NewTensor(f.g, tensor.Float32, len(t.Shape()), G.WithShape(t.Shape()...), G.WithName(t.Name()))
	if len(t.Shape()) == 0 {
		n = G.NewScalar(f.g, tensor.Float32, G.WithName(t.Name()))
	}
	f.in[n] = t
	return n
}

// bind gives the network's parameters the values at pl.
func (f *fragment) bind(p *nn.Params, pl *nn.Placed) *nn.Bound {
	bd := p.Bind(f.g)
	for n, t := range bd.At(pl) {
		f.in[n] = t
	}
	return bd
}

// output writes n to t. Equal expressions are one node, which then has several tensors.
func (f *fragment) output(n *node, t machine.Tensor) {
	if first, ok := f.out[n]; ok {
		f.after = append(f.after, func(b *machine.Builder) { b.Copy(first, t) })
		return
	}
	f.out[n] = t
}

// gradients writes the gradient of the loss with respect to the bound parameters to grads.
func (f *fragment) gradients(loss *node, bd *nn.Bound, grads *nn.Placed) error {
	at := bd.At(grads)
	params := bd.Nodes()
	g, err := G.Grad(loss, params...)
	if err != nil {
		return err
	}
	for i, n := range g {
		f.output(n, at[params[i]])
	}
	return nil
}

// lower appends the graph and what follows it to the Program.
func (f *fragment) lower(b *machine.Builder) {
	b.Lower(f.in, f.out)
	for _, then := range f.after {
		then(b)
	}
}

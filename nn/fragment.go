package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/nn/machine"
)

// Node is a node of a graph. Algorithms use this name, so they need not import the graph library.
type Node = G.Node

// Fragment is a graph that becomes part of a Program. It reads its inputs from tensors of the arena
// and writes its outputs to tensors. A fragment holds at most one loss, because gorgonia's Grad may
// be called only once per graph (see package op).
type Fragment struct {
	g     *G.ExprGraph
	in    map[*Node]machine.Tensor
	out   map[*Node]machine.Tensor
	after []func(b *machine.Builder) // what the Program does with the outputs, right after the graph
}

// NewFragment returns an empty graph.
func NewFragment() *Fragment {
	return &Fragment{g: G.NewGraph(), in: map[*Node]machine.Tensor{}, out: map[*Node]machine.Tensor{}}
}

// Input returns the node that reads t.
func (f *Fragment) Input(t machine.Tensor) *Node {
	n := G.NewTensor(f.g, tensor.Float32, len(t.Shape()), G.WithShape(t.Shape()...), G.WithName(t.Name()))
	if len(t.Shape()) == 0 {
		n = G.NewScalar(f.g, tensor.Float32, G.WithName(t.Name()))
	}
	f.read(n, t)
	return n
}

// read records the tensor of an input. gorgonia merges inputs of equal name and shape, so a second
// tensor of the same name would silently replace the first.
func (f *Fragment) read(n *Node, t machine.Tensor) {
	if other, ok := f.in[n]; ok && other != t {
		panic(fmt.Sprintf("nn: input %s is bound to two tensors, %v and %v; a fragment can hold only one of them", n.Name(), other, t))
	}
	f.in[n] = t
}

// Bind adds the network's parameters to the graph; they read their values from pl.
func (f *Fragment) Bind(p *Params, pl *Placed) *Bound {
	bd := p.Bind(f.g)
	bd.graph = f
	for n, t := range bd.At(pl) {
		f.read(n, t)
	}
	return bd
}

// Output writes n to t. Equal expressions are one node, so a node may be written to several tensors.
func (f *Fragment) Output(n *Node, t machine.Tensor) {
	if first, ok := f.out[n]; ok {
		f.Then(func(b *machine.Builder) { b.Copy(first, t) })
		return
	}
	f.out[n] = t
}

// Then calls emit right after the graph is lowered; its ops can read the outputs.
func (f *Fragment) Then(emit func(b *machine.Builder)) { f.after = append(f.after, emit) }

// InputGrad requests the gradient with respect to an input.
type InputGrad struct {
	Of *Node
	To machine.Tensor
}

// Gradients writes the gradient of the scalar loss with respect to the bound parameters to grads,
// and the requested gradients of inputs. The loss must depend on every parameter.
func (f *Fragment) Gradients(loss *Node, bd *Bound, grads *Placed, inputs ...InputGrad) error {
	wrt := bd.Nodes()
	for _, in := range inputs {
		wrt = append(wrt, in.Of)
	}
	nodes, err := G.Grad(loss, wrt...)
	if err != nil {
		return fmt.Errorf("nn: gradient of %s: %w", bd.net.name, err)
	}
	at := bd.At(grads)
	for i, n := range bd.Nodes() {
		f.Output(nodes[i], at[n])
	}
	for i, in := range inputs {
		f.Output(nodes[len(at)+i], in.To)
	}
	return nil
}

// Lower appends the graph, and then the ops of Then, to the Program.
func (f *Fragment) Lower(b *machine.Builder) {
	b.Lower(f.in, f.out)
	for _, then := range f.after {
		then(b)
	}
}

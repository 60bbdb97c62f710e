package op

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"strings"

	"github.com/chewxy/hm"
	"gonum.org/v1/gonum/graph"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// kernel is one op of the graph with fixed shapes. Each family of ops fills in the fields. All
// families share the methods that gorgonia and the machine require.
type kernel struct {
	name string // family and attributes; name and shapes identify the op
	dt   tensor.Dtype
	in   []tensor.Shape
	out  []tensor.Shape // if more than one, the result is a tuple

	// lower emits the op; nil for an alias.
	lower func(e Emitter, in, out []Val)
	part  int   // of an alias: its index in the tuple
	from  int64 // of an alias: its offset in the packed tuple, in floats
	// fold returns the result if it is a known constant; it may be nil.
	fold func(e Emitter, in []Val) (float32, bool)

	// wrt tells which inputs have a gradient. grad returns the gradients, nil for the other inputs.
	wrt  []bool
	grad func(x G.Nodes, y, dy *G.Node) G.Nodes
}

// apply adds the op to the graph of its inputs.
func (k *kernel) apply(in ...*G.Node) *G.Node {
	k.dt = in[0].Dtype()
	for _, n := range in {
		if n.Dtype() != k.dt {
			panic(fmt.Sprintf("op: %s mixes %v and %v", k.name, k.dt, n.Dtype()))
		}
		k.in = append(k.in, n.Shape().Clone())
	}
	y, err := G.ApplyOp(k, in...)
	if err != nil {
		panic(fmt.Sprintf("op: %s: %v", k, err))
	}
	k.checkMerge(y, in)
	return y
}

// checkMerge guards against a trap of gorgonia: if the 32-bit hashes of op and operands agree,
// gorgonia returns an existing node for a new one without comparing the operands.
func (k *kernel) checkMerge(y *G.Node, in []*G.Node) {
	same := y.Op() == G.Op(k) || y.Op().String() == k.String()
	it := y.Graph().From(y.ID())
	for i := 0; same && it.Next(); i++ {
		same = it.Node() == graph.Node(in[i])
	}
	if !same {
		panic(fmt.Sprintf("op: the hash of %s collides with that of node %d, %v; rename an input of the graph", k, y.ID(), y.Op()))
	}
}

// Arity implements gorgonia.Op.
func (k *kernel) Arity() int { return len(k.in) }

// Type implements gorgonia.Op; all types are concrete.
func (k *kernel) Type() hm.Type {
	ts := make([]hm.Type, 0, len(k.in)+1)
	for _, s := range append(append([]tensor.Shape{}, k.in...), k.shape()) {
		if s.Dims() == 0 {
			ts = append(ts, k.dt)
		} else {
			ts = append(ts, G.TensorType{Dims: s.Dims(), Of: k.dt})
		}
	}
	return hm.NewFnType(ts...)
}

// shape is the shape of the node. A tuple is packed into a vector.
func (k *kernel) shape() tensor.Shape {
	if len(k.out) == 1 {
		return k.out[0]
	}
	n := 0
	for _, s := range k.out {
		n += s.TotalSize()
	}
	return tensor.Shape{n}
}

// InferShape implements gorgonia.Op.
func (k *kernel) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	for i, d := range in {
		if s, ok := d.(tensor.Shape); ok && !same(s, k.in[i]) {
			return nil, fmt.Errorf("op: %s: input %d has shape %v, want %v", k.name, i, s, k.in[i])
		}
	}
	return k.shape().Clone(), nil
}

// ReturnsPtr implements gorgonia.Op: results are in new memory.
func (k *kernel) ReturnsPtr() bool { return false }

// CallsExtern implements gorgonia.Op.
func (k *kernel) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (k *kernel) OverwritesInput() int { return -1 }

// String names the op, its attributes and its shapes.
func (k *kernel) String() string {
	var b strings.Builder
	b.WriteString(k.name)
	for _, s := range k.in {
		fmt.Fprintf(&b, " %v", []int(s))
	}
	b.WriteString(" ->")
	for _, s := range k.out {
		fmt.Fprintf(&b, " %v", []int(s))
	}
	return b.String()
}

// WriteHash implements gorgonia.Op. Ops of equal String are equal, and gorgonia merges them.
func (k *kernel) WriteHash(h hash.Hash) { _, _ = io.WriteString(h, k.String()) }

// Hashcode implements gorgonia.Op.
func (k *kernel) Hashcode() uint32 {
	h := fnv.New32a()
	k.WriteHash(h)
	return h.Sum32()
}

// DiffWRT implements gorgonia.SDOp.
func (k *kernel) DiffWRT(inputs int) []bool {
	if k.grad == nil {
		return make([]bool, inputs)
	}
	return k.wrt
}

// SymDiff implements gorgonia.SDOp.
func (k *kernel) SymDiff(in G.Nodes, y, dy *G.Node) (G.Nodes, error) {
	if k.grad == nil {
		return nil, fmt.Errorf("op: %s has no derivative", k)
	}
	return k.grad(in, y, dy), nil
}

// Sizes implements Lowerer.
func (k *kernel) Sizes() []int64 {
	n := make([]int64, len(k.out))
	for i, s := range k.out {
		n[i] = size(s)
	}
	return n
}

// Alias implements Lowerer.
func (k *kernel) Alias() (part int, packed int64, ok bool) { return k.part, k.from, k.lower == nil }

// Fold implements Lowerer.
func (k *kernel) Fold(e Emitter, in []Val) (float32, bool) {
	if k.fold == nil {
		return 0, false
	}
	return k.fold(e, in)
}

// Lower implements Lowerer.
func (k *kernel) Lower(e Emitter, in, out []Val) { k.lower(e, in, out) }

// size is the number of elements; 1 for a scalar.
func size(s tensor.Shape) int64 {
	n := int64(1)
	for _, d := range s {
		n *= int64(d)
	}
	return n
}

package nn

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/machine"
)

// pad is the alignment of a parameter in the flat vector, in floats. The gaps are zero and stay zero.
const pad = 16

// Params lists the parameters of one network, in the order of their creation.
type Params struct {
	name string
	list []*Param
	size int

	numbered map[string]string // names of layers in a file; see Sequential
}

// Param is one parameter: a weight of rank 2 or more, or a bias vector [n].
type Param struct {
	name   string
	shape  []int
	offset int // in the flat vector
	init   Init
	fanIn  int
	groups int // the first dimension, if each of its slices is initialised on its own; otherwise 0
}

// NewParams returns an empty list; name is used in messages.
func NewParams(name string) *Params { return &Params{name: name, numbered: map[string]string{}} }

// Matrix adds a weight w[rows,cols], for products x[M,rows] w[rows,cols].
func (p *Params) Matrix(name string, rows, cols int, init Init) *Param {
	return p.add(name, init, rows, rows, cols)
}

func (p *Params) add(name string, init Init, fanIn int, shape ...int) *Param {
	for _, d := range shape {
		if d < 1 {
			panic(fmt.Sprintf("nn: parameter %s/%s has shape %v", p.name, name, shape))
		}
	}
	for _, q := range p.list {
		if q.name == name {
			panic(fmt.Sprintf("nn: parameter %s/%s exists already", p.name, name))
		}
	}
	q := &Param{name: name, shape: shape, offset: p.size, init: init, fanIn: fanIn}
	p.list = append(p.list, q)
	p.size += (q.len() + pad - 1) / pad * pad
	return q
}

// Name is the parameter's name within its network, such as "enc.w".
func (q *Param) Name() string { return q.name }

// Shape is [n] for a bias, [rows, cols] for a matrix; other weights have a higher rank.
func (q *Param) Shape() []int { return append([]int{}, q.shape...) }

// Of is the parameter's part of flat, a host copy of [Placed].Flat.
func (q *Param) Of(flat []float32) []float32 {
	n := 1
	for _, d := range q.shape {
		n *= d
	}
	return flat[q.offset : q.offset+n]
}

// List returns the parameters in order.
func (p *Params) List() []*Param { return append([]*Param{}, p.list...) }

// Len is the size of the flat vector in floats, padding included.
func (p *Params) Len() int { return p.size }

// Placed is the memory of one network: its parameters, or the gradients or moments of all of them.
type Placed struct {
	Flat  machine.Tensor // [Len]
	views map[*Param]machine.Tensor
	net   *Params
}

// Place adds the flat vector, named prefix, and its views, named prefix/name, to the layout.
func (p *Params) Place(l *machine.Layout, prefix string) *Placed {
	pl := &Placed{Flat: l.Add(prefix, p.size), views: map[*Param]machine.Tensor{}, net: p}
	for _, q := range p.list {
		pl.views[q] = l.View(prefix+"/"+q.name, pl.Flat, q.offset, q.shape...)
	}
	return pl
}

// Tensor is the view of one parameter.
func (pl *Placed) Tensor(q *Param) machine.Tensor { return pl.views[q] }

// Params returns the parameters that are placed.
func (pl *Placed) Params() *Params { return pl.net }

// Init fills dst, the host copy of Flat, with initial values. They depend only on the seed and the
// names of the parameters.
func (pl *Placed) Init(dst []float32, seed uint64) {
	if len(dst) != pl.net.size {
		panic(fmt.Sprintf("nn: Init of %s wants %d floats, got %d", pl.net.name, pl.net.size, len(dst)))
	}
	clear(dst)
	for _, q := range pl.net.list {
		q.fill(dst[q.offset:], stream(seed, q.name))
	}
}

// fill initialises every group with its own numbers.
func (q *Param) fill(dst []float32, rng *rand.Rand) {
	shape := q.shape
	if q.groups > 0 {
		shape = shape[1:]
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	for g := range max(q.groups, 1) {
		q.init.fill(dst[g*n:(g+1)*n], shape, q.fanIn, rng)
	}
}

// Bound is a network whose parameters are input nodes of one graph.
type Bound struct {
	net   *Params
	nodes map[*Param]*G.Node
	graph *Fragment // nil outside of a fragment
}

// Bind adds one float32 input node for each parameter to the graph. Bind a network only once to a
// graph: gorgonia merges input nodes of equal name.
func (p *Params) Bind(g *G.ExprGraph) *Bound {
	bd := &Bound{net: p, nodes: map[*Param]*G.Node{}}
	for _, q := range p.list {
		bd.nodes[q] = G.NewTensor(g, G.Float32, len(q.shape), G.WithShape(q.shape...), G.WithName(p.name+"/"+q.name))
	}
	return bd
}

// Node returns the input node of a parameter.
func (bd *Bound) Node(q *Param) *G.Node {
	n, ok := bd.nodes[q]
	if !ok {
		panic(fmt.Sprintf("nn: parameter %s is not of network %s", q.name, bd.net.name))
	}
	return n
}

// Input returns the node that reads t in the fragment to which the network is bound, for a network that reads more than
// its caller passes.
func (bd *Bound) Input(t machine.Tensor) *G.Node {
	if bd.graph == nil {
		panic(fmt.Sprintf("nn: network %s is not bound to a fragment, so it cannot read %s", bd.net.name, t.Name()))
	}
	return bd.graph.Input(t)
}

// Nodes lists the input nodes in the order of the parameters, for gorgonia.Grad.
func (bd *Bound) Nodes() G.Nodes {
	var list G.Nodes
	for _, q := range bd.net.list {
		list = append(list, bd.nodes[q])
	}
	return list
}

// At maps the input nodes to the views of pl; it is the argument in of machine.Builder.Lower.
func (bd *Bound) At(pl *Placed) map[*G.Node]machine.Tensor {
	if pl.net != bd.net {
		panic(fmt.Sprintf("nn: network %s bound, but %s placed", bd.net.name, pl.net.name))
	}
	m := map[*G.Node]machine.Tensor{}
	for q, n := range bd.nodes {
		m[n] = pl.views[q]
	}
	return m
}

package machine

import (
	"cmp"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
)

// Machine is a gorgonia.VM that runs a whole graph as one Program. Every RunAll reads the inputs from
// node.Value() and binds the results to the output nodes. gorgonia.Read is not supported: ask the
// node for its Value. A graph of float64 nodes is an oracle: it runs on the reference interpreter in
// float64, but its constants are still float32.
type Machine struct {
	inputs, outputs []*G.Node
	tensors         map[*G.Node]Tensor
	program         *kernels.Program
	run             runner
}

type options struct {
	backend kernels.Backend
	outputs []*G.Node
	noFuse  bool
	noFold  bool
	poison  bool
	tile    int
}

var _ G.VM = (*Machine)(nil)

// Option is an option of New.
type Option func(*options)

// On runs the graph on an open backend, which the caller closes. Without On, New opens "auto".
func On(b kernels.Backend) Option { return func(o *options) { o.backend = b } }

// Outputs lists the nodes to compute. Without it, these are all roots of the graph.
func Outputs(n ...*G.Node) Option { return func(o *options) { o.outputs = append(o.outputs, n...) } }

// Unfused turns off fusion and memory sharing. The results have the same bits; for tests.
func Unfused() Option { return func(o *options) { o.noFuse = true } }

// Naive turns off constant folding too. This may change the last bits. For tests.
func Naive() Option { return func(o *options) { o.noFuse, o.noFold = true, true } }

// Poison fills the scratch memory with NaN before every run, for tests.
func Poison() Option { return func(o *options) { o.poison = true } }

// Tile sets the tile size, see [Builder.Tile]. Without it, or with 0, the machine chooses. A negative
// number disables loops.
func Tile(items int) Option { return func(o *options) { o.tile = items } }

// New compiles the graph.
func New(g *G.ExprGraph, opts ...Option) (*Machine, error) {
	var o options
	for _, f := range opts {
		f(&o)
	}
	if len(o.outputs) == 0 {
		o.outputs = roots(g)
	}
	m := &Machine{outputs: o.outputs, tensors: map[*G.Node]Tensor{}}
	layout := NewLayout()
	b := NewBuilder("graph", layout)
	b.noFuse, b.noFold = o.noFuse, o.noFold
	b.Tile(o.tile)
	if err := m.lower(b); err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	var err error
	if m.program, err = b.Build(); err != nil {
		return nil, err
	}
	if len(m.inputs) > 0 && m.inputs[0].Dtype() == G.Float64 {
		m.run = newOracle(m.program, layout, o.poison)
		return m, nil
	}
	r, err := newRunner32(m.program, layout, &o)
	if err != nil {
		return nil, err
	}
	m.run = r
	return m, nil
}

// lower places inputs and outputs and lowers the graph.
func (m *Machine) lower(b *Builder) error {
	in, out := map[*G.Node]Tensor{}, map[*G.Node]Tensor{}
	m.inputs = leaves(m.outputs)
	for _, n := range m.inputs {
		in[n] = b.layout.Add(fmt.Sprintf("%s#%d", n.Name(), n.ID()), n.Shape()...)
		m.tensors[n] = in[n]
	}
	var results []*G.Node
	for _, n := range m.outputs {
		if n.Op() == nil || out[n] != None {
			continue
		}
		out[n] = b.layout.Add(fmt.Sprintf("out#%d", n.ID()), n.Shape()...)
		m.tensors[n] = out[n]
		results = append(results, n)
	}
	m.outputs = results
	return b.lower(in, out)
}

// roots lists the nodes without parents, by ID. Statements (gorgonia.Read) do not count.
func roots(g *G.ExprGraph) []*G.Node {
	var list []*G.Node
	for _, n := range g.AllNodes() {
		if n.Op() == nil || statement(n) {
			continue
		}
		used := false
		for it := g.To(n.ID()); it.Next(); {
			used = used || !statement(it.Node().(*G.Node))
		}
		if !used {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b *G.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return list
}

func statement(n *G.Node) bool { return n.Op() != nil && n.Op().Type() == nil }

// leaves lists the input nodes below the given nodes, by ID.
func leaves(from []*G.Node) []*G.Node {
	var list []*G.Node
	seen := map[*G.Node]bool{}
	stack := slices.Clone(from)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if n.Op() == nil {
			list = append(list, n)
		}
		stack = append(stack, children(n)...)
	}
	slices.SortFunc(list, func(a, b *G.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return list
}

// Program returns the compiled graph.
func (m *Machine) Program() *kernels.Program { return m.program }

// Profile returns how the time of the runs so far divides among ops. ok is false if the backend was
// opened without kernels.Options.Profile or cannot measure.
func (m *Machine) Profile() (f kernels.Profile, ok bool) {
	r, ok := m.run.(*runner32)
	if !ok {
		return kernels.Profile{}, false
	}
	return r.Session.Profile(m.program)
}

// RunAll implements gorgonia.VM.
func (m *Machine) RunAll() error {
	for _, n := range m.inputs {
		if n.Value() == nil {
			return fmt.Errorf("machine: input %s has no value; use gorgonia.Let", n.Name())
		}
		if err := m.run.upload(m.tensors[n], n.Value()); err != nil {
			return fmt.Errorf("machine: input %s: %w", n.Name(), err)
		}
	}
	if err := m.run.run(m.program); err != nil {
		return err
	}
	for _, n := range m.outputs {
		v, err := m.run.download(m.tensors[n])
		if err == nil {
			err = G.UnsafeLet(n, v)
		}
		if err != nil {
			return fmt.Errorf("machine: result of node %d: %w", n.ID(), err)
		}
	}
	return nil
}

// Reset implements gorgonia.VM; a Machine has no state between runs.
func (m *Machine) Reset() {}

// Close implements gorgonia.VM.
func (m *Machine) Close() error { return m.run.close() }

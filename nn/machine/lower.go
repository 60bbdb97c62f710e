package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/op"
)

// Lower appends the ops that compute the nodes of out. It reads a node of in, of any kind, from its
// tensor. It writes the value of each node of out into its tensor after all of in has been read, so a
// tensor may be on both sides. It panics if out needs an input node that is not in in.
func (b *Builder) Lower(in, out map[*G.Node]Tensor) {
	if err := b.lower(in, out); err != nil {
		panic(fmt.Sprintf("machine: Program %q: %v", b.name, err))
	}
}

func (b *Builder) lower(in, out map[*G.Node]Tensor) error {
	l := &lowering{b: b, of: map[*G.Node][]op.Val{}, given: map[*store]bool{}}
	for n, t := range in {
		if err := fits(n, t); err != nil {
			return err
		}
		l.of[n] = []op.Val{l.add(val{r: loc{t.root, t.off}, n: t.Len()})}
		l.given[t.root] = true
	}
	targets := sortedNodes(out)
	order, err := l.order(targets)
	if err != nil {
		return err
	}
	for _, n := range order {
		if err := l.node(n); err != nil {
			return fmt.Errorf("node %d, %v: %w", n.ID(), n.Op(), err)
		}
	}
	return l.store(targets, out)
}

// fits compares the sizes of a node and a tensor.
func fits(n *G.Node, t Tensor) error {
	if t == None {
		return fmt.Errorf("node %s has no tensor", n.Name())
	}
	if want := elements(n.Shape()); int64(want) != t.Len() {
		return fmt.Errorf("node %s%v and tensor %s differ in size", n.Name(), []int(n.Shape()), t)
	}
	return nil
}

func sortedNodes(m map[*G.Node]Tensor) []*G.Node {
	var list []*G.Node
	for n := range m {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *G.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return list
}

// lowering is the state of one Lower.
type lowering struct {
	b     *Builder
	vals  []val
	of    map[*G.Node][]op.Val // values of each node, more than one for a tuple
	given map[*store]bool      // roots of the inputs
	name  string               // name of the current node's temporaries
}

// val is a tensor, or a constant. A constant becomes a tensor when an op reads it.
type val struct {
	r       loc
	n       int64
	uniform bool
	c       float32
}

func (l *lowering) add(v val) op.Val {
	l.vals = append(l.vals, v)
	return op.Val(len(l.vals) - 1)
}

// order lists the nodes that the targets need, by ascending ID. A node is created after its
// operands, so this is a topological order. It is the same in every process.
func (l *lowering) order(targets []*G.Node) ([]*G.Node, error) {
	var list []*G.Node
	seen := map[*G.Node]bool{}
	stack := slices.Clone(targets)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if _, given := l.of[n]; given || seen[n] {
			continue
		}
		if n.Op() == nil {
			return nil, fmt.Errorf("input node %s%v has no tensor", n.Name(), []int(n.Shape()))
		}
		seen[n] = true
		list = append(list, n)
		for _, c := range children(n) {
			if c.ID() >= n.ID() {
				return nil, fmt.Errorf("node %d comes before its operand %d", n.ID(), c.ID())
			}
			stack = append(stack, c)
		}
	}
	slices.SortFunc(list, func(a, b *G.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return list, nil
}

// children lists the operands of n in order.
func children(n *G.Node) []*G.Node {
	var list []*G.Node
	for it := n.Graph().From(n.ID()); it.Next(); {
		list = append(list, it.Node().(*G.Node))
	}
	return list
}

// node lowers one node.
func (l *lowering) node(n *G.Node) error {
	name, _, _ := strings.Cut(n.Op().String(), " ")
	l.name = fmt.Sprintf("%s#%d", name, n.ID())
	var in []op.Val
	kids := children(n)
	for _, c := range kids {
		in = append(in, l.of[c]...)
	}
	o, ok := n.Op().(op.Lowerer)
	if !ok {
		return l.native(n, kids, in)
	}
	if part, _, alias := o.Alias(); alias {
		l.of[n] = in[part : part+1]
		return nil
	}
	if c, known := o.Fold(l, in); known && !l.b.noFold {
		l.of[n] = []op.Val{l.add(val{n: int64(elements(n.Shape())), uniform: true, c: c})}
		return nil
	}
	l.of[n] = l.results(o.Sizes())
	o.Lower(l, in, l.of[n])
	return nil
}

// results creates the temporaries of the current node.
func (l *lowering) results(sizes []int64) []op.Val {
	var out []op.Val
	for i, n := range sizes {
		name := l.name
		if len(sizes) > 1 {
			name = fmt.Sprintf("%s.%d", l.name, i)
		}
		out = append(out, l.add(val{r: loc{s: l.b.Temp(name, int(n)).store}, n: n}))
	}
	return out
}

// Emit implements op.Emitter.
func (l *lowering) Emit(d kernels.Desc, args ...op.Val) {
	refs := make([]loc, len(args))
	for i, a := range args {
		if a != op.None {
			refs[i] = l.place(a)
		}
	}
	l.b.emit(d, refs)
}

// place returns the place of a value. It first makes a tensor of a constant.
func (l *lowering) place(a op.Val) loc {
	v := &l.vals[a]
	if v.r.s == nil {
		v.r = loc{s: l.b.Temp(fmt.Sprintf("%s=%g", l.name, v.c), int(v.n)).store}
		l.b.emit(fillDesc(v.n, v.c), []loc{v.r})
	}
	return v.r
}

// Offset implements op.Emitter.
func (l *lowering) Offset(a op.Val, n int64) op.Val {
	r := l.place(a)
	return l.add(val{r: loc{r.s, r.off + n}, n: l.vals[a].n - n})
}

// Uniform implements op.Emitter.
func (l *lowering) Uniform(a op.Val) (float32, bool) {
	return l.vals[a].c, l.vals[a].uniform && !l.b.noFold
}

// store copies the values of the targets into their tensors. It first copies a value that is an input
// to a temporary, because another target may overwrite the input.
func (l *lowering) store(targets []*G.Node, out map[*G.Node]Tensor) error {
	var from []loc
	for _, n := range targets {
		if err := fits(n, out[n]); err != nil {
			return err
		}
		v := l.vals[l.of[n][0]]
		l.name = fmt.Sprintf("out#%d", n.ID())
		if l.given[v.r.s] {
			t := l.b.Temp(l.name, int(v.n))
			l.b.emit(copyDesc(v.n), []loc{v.r, {s: t.store}})
			v.r = loc{s: t.store}
		}
		from = append(from, v.r)
	}
	for i, n := range targets {
		v, t := l.vals[l.of[n][0]], out[n]
		if from[i].s == nil {
			l.b.emit(fillDesc(v.n, v.c), []loc{{t.root, t.off}})
			continue
		}
		l.b.emit(copyDesc(v.n), []loc{from[i], {t.root, t.off}})
	}
	return nil
}

func fillDesc(n int64, c float32) kernels.Desc {
	d := kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{n}}
	d.Scalar[0] = c
	return d
}

func copyDesc(n int64) kernels.Desc {
	return kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{1, n, n, n}}
}

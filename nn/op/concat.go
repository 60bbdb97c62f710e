package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

func copyDesc(m, n, ldx, ldy int) kernels.Desc {
	return kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{int64(m), int64(n), int64(ldx), int64(ldy)}}
}

// Concat joins tensors along the last dimension: [M,N] and [M,K] make [M,N+K], and images
// [B,Y,X,C] are joined along their channels. All other dimensions must be equal.
func Concat(x ...*G.Node) *G.Node {
	if len(x) == 0 {
		fault("Concat", "a tensor")
	}
	from := []int{0} // first column of each tensor
	for _, n := range x {
		s, first := n.Shape(), x[0].Shape()
		last := s.Dims() - 1
		if last < 1 || last != first.Dims()-1 || !same(s[:last], first[:last]) {
			fault("Concat", "equal rows", x...)
		}
		from = append(from, from[len(from)-1]+s[last])
	}
	shape := x[0].Shape().Clone()
	rows, n := int(size(shape[:shape.Dims()-1])), from[len(x)]
	shape[shape.Dims()-1] = n
	k := &kernel{name: "concat", out: []tensor.Shape{shape}}
	for range x {
		k.wrt = append(k.wrt, true)
	}
	k.lower = func(e Emitter, in, out []Val) {
		for i := range in {
			w := from[i+1] - from[i]
			e.Emit(copyDesc(rows, w, w, n), in[i], e.Offset(out[0], int64(from[i])))
		}
	}
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes {
		var g G.Nodes
		for i := range x {
			g = append(g, Reshape(Columns(asMatrix(dy), from[i], from[i+1]), x[i].Shape()...))
		}
		return g
	}
	return k.apply(x...)
}

// Columns returns columns [from, to) of x[M,N].
func Columns(x *G.Node, from, to int) *G.Node {
	m, n := matrix("Columns", x)
	if from < 0 || to > n || from >= to {
		fault(fmt.Sprintf("Columns(%d, %d)", from, to), "a range within the columns", x)
	}
	w := to - from
	k := &kernel{name: fmt.Sprintf("columns %d:%d", from, to), out: []tensor.Shape{{m, w}}, wrt: []bool{true}}
	k.lower = func(e Emitter, in, out []Val) {
		e.Emit(copyDesc(m, w, n, w), e.Offset(in[0], int64(from)), out[0])
	}
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes {
		g := &kernel{name: fmt.Sprintf("columnsgrad %d:%d", from, to), out: []tensor.Shape{{m, n}}}
		g.lower = func(e Emitter, in, out []Val) {
			e.Emit(kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{int64(m * n)}}, out[0])
			e.Emit(copyDesc(m, w, w, n), in[0], e.Offset(out[0], int64(from)))
		}
		return G.Nodes{g.apply(dy)}
	}
	return k.apply(x)
}

// Embedding looks up the vectors table[idx[M]] of table[R,N]: [M,N]. If a vector is looked up several
// times, its gradients are added in ascending order of M.
func Embedding(table, idx *G.Node) *G.Node { return GatherRows(table, idx) }

// GatherRows returns rows idx[M] of table[R,N]: [M,N]. The gradient flows only to the table; the
// gradients of a repeated index are added.
func GatherRows(table, idx *G.Node) *G.Node {
	r, n := matrix("GatherRows", table, idx)
	if idx.Dims() != 1 {
		fault("GatherRows", "table[R,N], idx[M]", table, idx)
	}
	m := idx.Shape()[0]
	dims := [kernels.MaxDims]int64{int64(m), int64(n), int64(r)}
	k := &kernel{name: "gatherrows", out: []tensor.Shape{{m, n}}, wrt: []bool{true, false}}
	k.lower = func(e Emitter, in, out []Val) {
		e.Emit(kernels.Desc{Op: kernels.OpGatherRows, Dim: dims}, in[0], in[1], out[0])
	}
	k.grad = func(in G.Nodes, _, dy *G.Node) G.Nodes {
		g := &kernel{name: fmt.Sprintf("gatherrowsgrad %d", r), out: []tensor.Shape{{r, n}}}
		g.lower = func(e Emitter, in, out []Val) {
			e.Emit(kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{int64(r * n)}}, out[0])
			e.Emit(kernels.Desc{Op: kernels.OpScatterRows, Flags: kernels.FlagAccumulate, Dim: dims}, in[0], in[1], out[0])
		}
		return G.Nodes{g.apply(dy, in[1]), nil}
	}
	return k.apply(table, idx)
}

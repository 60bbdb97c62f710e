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

// Concat puts the columns of b[M,K] behind those of a[M,N]: [M,N+K].
func Concat(a, b *G.Node) *G.Node {
	m, na := matrix("Concat", a, b)
	mb, nb := matrix("Concat", b, a)
	if m != mb {
		fault("Concat", "equal rows", a, b)
	}
	n := na + nb
	k := &kernel{name: "concat", out: []tensor.Shape{{m, n}}, wrt: []bool{true, true}}
	k.lower = func(e Emitter, in, out []Val) {
		e.Emit(copyDesc(m, na, na, n), in[0], out[0])
		e.Emit(copyDesc(m, nb, nb, n), in[1], e.Offset(out[0], int64(na)))
	}
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{Columns(dy, 0, na), Columns(dy, na, n)}
	}
	return k.apply(a, b)
}

// Columns is columns from (included) to to (excluded) of x[M,N].
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

// GatherRows is rows idx[M] of table[R,N]: [M,N]. The gradient flows to the table only and
// adds up where an index repeats.
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

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// RepeatRows repeats each row of x[M,N] n times: [M*n,N]. The gradient of a row is the sum over its copies, in the
// order of a product.
func RepeatRows(x *G.Node, n int) *G.Node {
	m, width := matrix("RepeatRows", x)
	if n < 1 {
		fault(fmt.Sprintf("RepeatRows(%d)", n), "at least one copy", x)
	}
	if n == 1 {
		return x
	}
	k := &kernel{name: fmt.Sprintf("repeatrows %d", n), out: []tensor.Shape{{m * n, width}, {n}}, wrt: []bool{true}}
	k.lower = onesTimes(gemmOfRows(m, n, width, 1))
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes {
		g := &kernel{name: fmt.Sprintf("repeatrowsgrad %d", n), out: []tensor.Shape{{m, width}, {n}}}
		g.lower = onesTimes(gemmOfRows(m, 1, width, n))
		return G.Nodes{first(g.apply(dy))}
	}
	return first(k.apply(x))
}

// gemmOfRows is C[g] = A B[g] for m groups g, with A[rows,terms], B[g] of shape [terms,width] and C[g] of shape [rows,width].
func gemmOfRows(m, rows, width, terms int) kernels.Desc {
	d := gemm(rows, width, terms, false, false)
	d.Dim[kernels.GemmGroups] = int64(m)
	d.Dim[kernels.GemmStrideB], d.Dim[kernels.GemmStrideC] = int64(terms*width), int64(rows*width)
	return d
}

// onesTimes lowers to the product d, whose left factor is ones: the second output.
func onesTimes(d kernels.Desc) func(e Emitter, in, out []Val) {
	ones := kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{d.Dim[kernels.GemmM] * d.Dim[kernels.GemmK]}}
	ones.Scalar[0] = 1
	return func(e Emitter, in, out []Val) {
		e.Emit(ones, out[1])
		e.Emit(d, out[1], in[0], None, None, out[0])
	}
}

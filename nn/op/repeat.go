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
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{SumGroups(dy, n)} }
	return first(k.apply(x))
}

// SumGroups sums every n consecutive rows of x[M*n,N], in the order of a product: [M,N]. With the pixels of an image as
// rows it is a global pooling.
func SumGroups(x *G.Node, n int) *G.Node {
	m, width := matrix("SumGroups", x)
	if n < 1 || m%n != 0 {
		fault(fmt.Sprintf("SumGroups(%d)", n), "groups of whole rows", x)
	}
	if n == 1 {
		return x
	}
	k := &kernel{name: fmt.Sprintf("sumgroups %d", n), out: []tensor.Shape{{m / n, width}, {n}}, wrt: []bool{true}}
	k.lower = onesTimes(gemmOfRows(m/n, 1, width, n))
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{RepeatRows(dy, n)} }
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

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Sum is the sum of all elements, a scalar.
func Sum(x *G.Node) *G.Node { return sumAll(x, 1) }

// Mean is the mean of all elements, a scalar.
func Mean(x *G.Node) *G.Node { return sumAll(x, float32(1/float64(size(x.Shape())))) }

// MeanOf is the sum of all elements over n: a part of the mean of n elements, of which x has some.
func MeanOf(n int, x *G.Node) *G.Node { return sumAll(x, float32(1/float64(n))) }

func sumAll(x *G.Node, scale float32) *G.Node {
	d := kernels.Desc{Op: kernels.OpSumAll, Dim: [kernels.MaxDims]int64{size(x.Shape())}}
	return sum(x, fmt.Sprintf("sum *%g", scale), d, scale, tensor.Shape{}, tensor.Shape{})
}

// SumRows sums each row of x[M,N]: [M].
func SumRows(x *G.Node) *G.Node {
	m, n := matrix("SumRows", x)
	d := kernels.Desc{Op: kernels.OpSumRows, Dim: [kernels.MaxDims]int64{int64(m), int64(n)}}
	return sum(x, "sumrows", d, 1, tensor.Shape{m}, tensor.Shape{m, 1})
}

// SumCols sums each column of x[M,N]: [N].
func SumCols(x *G.Node) *G.Node {
	m, n := matrix("SumCols", x)
	d := kernels.Desc{Op: kernels.OpSumCols, Dim: [kernels.MaxDims]int64{int64(m), int64(n), int64(n)}}
	return sum(x, "sumcols", d, 1, tensor.Shape{n}, tensor.Shape{n})
}

// sum is a reduction of x to shape out. Reshaped to wide, the result broadcasts over x.
func sum(x *G.Node, name string, d kernels.Desc, scale float32, out, wide tensor.Shape) *G.Node {
	d.Scalar[0] = scale
	k := &kernel{name: name, out: []tensor.Shape{out}, wrt: []bool{true}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], out[0]) }
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{expand(Reshape(Affine(dy, scale, 0), wide...), x[0].Shape())}
	}
	return k.apply(x)
}

// expand broadcasts x to shape; it is the adjoint of reduce.
func expand(x *G.Node, shape tensor.Shape) *G.Node {
	// The maximum of x and x is x. So Max serves as a broadcasting copy.
	d, ok := BinaryDesc(kernels.BinMax, x.Shape(), x.Shape(), shape)
	if !ok {
		fault(fmt.Sprintf("expand to %v", shape), "a scalar, a row or a column", x)
	}
	k := &kernel{name: "expand", out: []tensor.Shape{shape.Clone()}, wrt: []bool{true}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[0], out[0]) }
	k.fold = func(e Emitter, in []Val) (float32, bool) { return e.Uniform(in[0]) }
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{reduce(dy, x[0])} }
	return k.apply(x)
}

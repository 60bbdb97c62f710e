package op

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Broadcast returns the strides of an operand of shape s for a result of shape out, seen as rows
// and columns. The operand may have the shape of the result, or be a scalar or a row vector [N].
// If out is a matrix, it may also be a row [1,N] or a column [M,1].
func Broadcast(s, out tensor.Shape) (rowStride, colStride int64, ok bool) {
	rows, cols := plane(out)
	n := int64(1)
	if s.Dims() > 0 {
		n = int64(s[s.Dims()-1])
	}
	switch {
	case same(s, out):
		return cols, 1, true
	case s.Dims() == 0:
		return 0, 0, true
	case s.Dims() == 1 && out.Dims() > 1 && n == cols:
		return 0, 1, true
	case s.Dims() > out.Dims() || out.Dims() != 2:
		return 0, 0, false
	case s[0] == 1 && n == cols:
		return 0, 1, true
	case s.Dims() == 2 && int64(s[0]) == rows && n == 1:
		return 1, 0, true
	}
	return 0, 0, false
}

// BinaryDesc is the descriptor of a broadcasting binary op on operands of shapes a and b.
func BinaryDesc(bin kernels.Bin, a, b, out tensor.Shape) (d kernels.Desc, ok bool) {
	ars, acs, okA := Broadcast(a, out)
	brs, bcs, okB := Broadcast(b, out)
	rows, cols := plane(out)
	d = kernels.Desc{Op: kernels.OpBinary, Bin: bin, Dim: [kernels.MaxDims]int64{rows, cols, ars, acs, brs, bcs}}
	return d, okA && okB
}

// binary returns an op on broadcast operands; one of them has the shape of the result.
func binary(name string, bin kernels.Bin, a, b *G.Node) *kernel {
	out := a.Shape()
	if b.Dims() > a.Dims() || b.Dims() == a.Dims() && size(b.Shape()) > size(out) {
		out = b.Shape()
	}
	d, ok := BinaryDesc(bin, a.Shape(), b.Shape(), out)
	if !ok {
		fault(name, "equal shapes, or one operand a scalar, a row [N] or a column [M,1]", a, b)
	}
	k := &kernel{name: bin.String(), out: []tensor.Shape{out.Clone()}, wrt: []bool{true, true}}
	k.lower = func(e Emitter, in, out []Val) {
		if v, f, ok := constantOperand(bin, e, in); ok && size(k.in[v]) == size(k.out[0]) {
			e.Emit(f.desc(kernels.OpUnary, size(k.out[0])), in[v], out[0])
			return
		}
		e.Emit(d, in[0], in[1], out[0])
	}
	return k
}

// constantOperand turns a binary op with one constant operand into a function f of the other, v.
func constantOperand(bin kernels.Bin, e Emitter, in []Val) (v int, f Act, ok bool) {
	a, okA := e.Uniform(in[0])
	b, okB := e.Uniform(in[1])
	f.Fn = kernels.FnAffine
	switch {
	case okB && bin == kernels.BinMul:
		f.A = b
		return 0, f, true
	case okA && bin == kernels.BinMul:
		f.A = a
		return 1, f, true
	case okB && bin == kernels.BinAdd:
		f.A, f.B = 1, b
		return 0, f, true
	case okA && bin == kernels.BinAdd:
		f.A, f.B = 1, a
		return 1, f, true
	}
	return 0, f, false
}

// Add is a + b; either operand may be broadcast (scalar, row [N] or [1,N], column [M,1]).
func Add(a, b *G.Node) *G.Node {
	k := binary("Add", kernels.BinAdd, a, b)
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{reduce(dy, x[0]), reduce(dy, x[1])} }
	return k.apply(a, b)
}

// Sub is a - b, broadcast as in Add.
func Sub(a, b *G.Node) *G.Node {
	k := binary("Sub", kernels.BinSub, a, b)
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{reduce(dy, x[0]), Neg(reduce(dy, x[1]))}
	}
	return k.apply(a, b)
}

// Mul is a * b element by element, broadcast as in Add.
func Mul(a, b *G.Node) *G.Node {
	k := binary("Mul", kernels.BinMul, a, b)
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes {
		return G.Nodes{reduce(Mul(dy, x[1]), x[0]), reduce(Mul(dy, x[0]), x[1])}
	}
	return k.apply(a, b)
}

// Div is a / b element by element, broadcast as in Add.
func Div(a, b *G.Node) *G.Node {
	k := binary("Div", kernels.BinDiv, a, b)
	k.grad = func(x G.Nodes, y, dy *G.Node) G.Nodes {
		q := Div(dy, x[1])
		return G.Nodes{reduce(q, x[0]), Neg(reduce(Mul(q, y), x[1]))}
	}
	return k.apply(a, b)
}

// Min is the smaller of a and b, of equal shapes; at a tie the gradient goes to a.
func Min(a, b *G.Node) *G.Node { return extreme(a, b, kernels.BinMin) }

// Max is the larger of a and b, of equal shapes; at a tie the gradient goes to a.
func Max(a, b *G.Node) *G.Node { return extreme(a, b, kernels.BinMax) }

func extreme(a, b *G.Node, bin kernels.Bin) *G.Node {
	if !same(a.Shape(), b.Shape()) {
		fault(bin.String(), "equal shapes", a, b)
	}
	k := binary(bin.String(), bin, a, b)
	k.grad = func(x G.Nodes, _, dy *G.Node) G.Nodes {
		over := Sub(x[0], x[1]) // positive where b is smaller
		if bin == kernels.BinMax {
			over = Sub(x[1], x[0])
		}
		db := applyGrad(ReLU, nil, over, dy)
		return G.Nodes{Sub(dy, db), db}
	}
	return k.apply(a, b)
}

// reduce sums a gradient over the dimensions along which like was broadcast.
func reduce(g, like *G.Node) *G.Node {
	s := like.Shape()
	rs, cs, ok := Broadcast(s, g.Shape())
	switch {
	case same(s, g.Shape()):
		return g
	case !ok:
		fault("gradient", "the shape of the result", g, like)
	case rs == 0 && cs == 0:
		return Reshape(Sum(g), s...)
	case rs == 0:
		return Reshape(SumCols(asMatrix(g)), s...)
	}
	return Reshape(SumRows(g), s...)
}

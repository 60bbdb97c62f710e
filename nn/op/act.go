package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Act is a pointwise function with its parameters (see kernels.Fn).
type Act struct {
	Fn   kernels.Fn
	A, B float32
}

// The usual functions.
var (
	Identity = Act{Fn: kernels.FnIdentity}
	ReLU     = Act{Fn: kernels.FnReLU}
	Tanh     = Act{Fn: kernels.FnTanh}
	Sigmoid  = Act{Fn: kernels.FnSigmoid}
	SiLU     = Act{Fn: kernels.FnSiLU} // x sigmoid(x)
	GELU     = Act{Fn: kernels.FnGELU} // x Phi(x), exact
)

// LeakyReLU is x for x > 0, else slope*x; the usual slope is 0.01.
func LeakyReLU(slope float32) Act { return Act{Fn: kernels.FnLeakyReLU, A: slope} }

// Clamp is min(max(x, lo), hi). Its gradient is 0 outside [lo, hi].
func Clamp(lo, hi float32) Act { return Act{Fn: kernels.FnClamp, A: lo, B: hi} }

// String names the function with its parameters.
func (f Act) String() string {
	switch f.Fn {
	case kernels.FnLeakyReLU:
		return fmt.Sprintf("%s(%g)", f.Fn, f.A)
	case kernels.FnAffine, kernels.FnClamp:
		return fmt.Sprintf("%s(%g,%g)", f.Fn, f.A, f.B)
	}
	return f.Fn.String()
}

// fromOutput reports whether f' can be computed from the output of f. A gemm needs that.
func (f Act) fromOutput() bool {
	switch f.Fn {
	case kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid:
		return true
	}
	return false
}

func (f Act) desc(op kernels.Op, n int64) kernels.Desc {
	return kernels.Desc{Op: op, Fn: f.Fn, Dim: [kernels.MaxDims]int64{n}, Scalar: [kernels.MaxScalars]float32{f.A, f.B}}
}

// Apply is f(x), element by element.
func Apply(x *G.Node, f Act) *G.Node {
	if f.Fn == kernels.FnIdentity {
		return x
	}
	n := size(x.Shape())
	k := &kernel{name: f.String(), out: []tensor.Shape{x.Shape().Clone()}, wrt: []bool{true}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(f.desc(kernels.OpUnary, n), in[0], out[0]) }
	if f.Fn == kernels.FnAffine {
		k.fold = func(e Emitter, in []Val) (float32, bool) {
			c, ok := e.Uniform(in[0])
			return float32(f.A*c) + f.B, ok
		}
	}
	k.grad = func(x G.Nodes, y, dy *G.Node) G.Nodes { return G.Nodes{applyGrad(f, x[0], y, dy)} }
	return k.apply(x)
}

// applyGrad is dy f'(x) for y = f(x).
func applyGrad(f Act, x, y, dy *G.Node) *G.Node {
	var at *G.Node // where f' is evaluated
	switch f.Fn {
	case kernels.FnIdentity:
		return dy
	case kernels.FnAffine:
		return Affine(dy, f.A, 0)
	case kernels.FnLog, kernels.FnSquare, kernels.FnAbs, kernels.FnClamp, kernels.FnSiLU, kernels.FnGELU:
		at = x
	default:
		at = y
	}
	n := size(at.Shape())
	k := &kernel{name: f.String() + "grad", out: []tensor.Shape{at.Shape().Clone()}}
	k.lower = func(e Emitter, in, out []Val) {
		if c, ok := e.Uniform(in[1]); ok && f.Fn == kernels.FnSquare {
			e.Emit(Act{Fn: kernels.FnAffine, A: 2 * c}.desc(kernels.OpUnary, n), in[0], out[0])
			return
		}
		e.Emit(f.desc(kernels.OpUnaryGrad, n), in[0], in[0], in[1], out[0])
	}
	return k.apply(at, dy)
}

// Affine is a*x + b.
func Affine(x *G.Node, a, b float32) *G.Node {
	if a == 1 && b == 0 {
		return x
	}
	return Apply(x, Act{Fn: kernels.FnAffine, A: a, B: b})
}

// Neg is -x.
func Neg(x *G.Node) *G.Node { return Affine(x, -1, 0) }

// Exp is e^x.
func Exp(x *G.Node) *G.Node { return Apply(x, Act{Fn: kernels.FnExp}) }

// Log is the natural logarithm of x.
func Log(x *G.Node) *G.Node { return Apply(x, Act{Fn: kernels.FnLog}) }

// Square is x*x.
func Square(x *G.Node) *G.Node { return Apply(x, Act{Fn: kernels.FnSquare}) }

// Sqrt is the square root of x.
func Sqrt(x *G.Node) *G.Node { return Apply(x, Act{Fn: kernels.FnSqrt}) }

// Abs is |x|, with gradient 0 at 0.
func Abs(x *G.Node) *G.Node { return Apply(x, Act{Fn: kernels.FnAbs}) }

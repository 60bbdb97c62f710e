package ref

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

func pointwiseOps[T Float]() family[T] {
	return family[T]{
		kernels.OpUnary:     (*op[T]).unary,
		kernels.OpUnaryGrad: (*op[T]).unaryGrad,
		kernels.OpBinary:    (*op[T]).binary,
		kernels.OpCopy:      (*op[T]).copy,
		kernels.OpFill:      (*op[T]).fill,
	}
}

// apply is the pointwise function f.
func apply[T Float](f kernels.Fn, x T, p [2]T) T {
	switch f {
	case kernels.FnAffine:
		return T(p[0]*x) + p[1]
	case kernels.FnReLU:
		if x < 0 {
			return 0
		}
	case kernels.FnLeakyReLU:
		if !(x > 0) {
			return p[0] * x
		}
	case kernels.FnTanh:
		return tanh(x)
	case kernels.FnSigmoid:
		return sigmoid(x)
	case kernels.FnExp:
		return exp(x)
	case kernels.FnLog:
		return log(x)
	case kernels.FnSquare:
		return x * x
	case kernels.FnSqrt:
		return sqrt(x)
	case kernels.FnReciprocal:
		return 1 / x
	case kernels.FnAbs:
		return T(math.Abs(float64(x)))
	case kernels.FnClamp:
		return clamp(x, p[0], p[1])
	case kernels.FnSiLU:
		return x / (1 + exp(-x))
	case kernels.FnGELU:
		cdf, _ := gauss(x)
		return x * cdf
	}
	return x
}

// clamp is min(max(x, lo), hi); NaN stays NaN.
func clamp[T Float](x, lo, hi T) T {
	if x < lo {
		x = lo
	}
	if x > hi {
		x = hi
	}
	return x
}

// slope is f'(x), computed from the input x or the output y of f, as [kernels.Fn] specifies.
func slope[T Float](f kernels.Fn, x, y T, p [2]T) T {
	switch f {
	case kernels.FnAffine:
		return p[0]
	case kernels.FnReLU:
		return indicator[T](y > 0)
	case kernels.FnLeakyReLU:
		if !(y > 0) {
			return p[0]
		}
	case kernels.FnTanh:
		return 1 - T(y*y)
	case kernels.FnSigmoid:
		return y * (1 - y)
	case kernels.FnExp:
		return y
	case kernels.FnLog:
		return 1 / x
	case kernels.FnSquare:
		return 2 * x
	case kernels.FnSqrt:
		return 0.5 / y
	case kernels.FnReciprocal:
		return -(y * y)
	case kernels.FnAbs:
		return indicator[T](x > 0) - indicator[T](x < 0)
	case kernels.FnClamp:
		return indicator[T](x > p[0] && x < p[1])
	case kernels.FnSiLU:
		s := sigmoid(x)
		return T(s * fma(x, 1-s, 1))
	case kernels.FnGELU:
		cdf, pdf := gauss(x)
		return fma(x, pdf, cdf)
	}
	return 1
}

func indicator[T Float](b bool) T {
	if b {
		return 1
	}
	return 0
}

func (o *op[T]) unary() {
	x, y, p := o.arg(0), o.arg(1), o.params()
	for i := range y {
		o.put(&y[i], apply(o.Fn, x[i], p))
	}
}

// unaryGrad multiplies dy by the slope, even if the slope is 0 or 1.
func (o *op[T]) unaryGrad() {
	x, y, dy, dx, p := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.params()
	for i := range dx {
		o.put(&dx[i], T(dy[i]*slope(o.Fn, x[i], y[i], p)))
	}
}

func (o *op[T]) binary() {
	a, b, y := o.arg(0), o.arg(1), o.arg(2)
	m, n := o.dim(0), o.dim(1)
	for i := range m {
		for j := range n {
			v := combine(o.Bin, a[i*o.dim(2)+j*o.dim(3)], b[i*o.dim(4)+j*o.dim(5)])
			o.put(&y[i*n+j], v)
		}
	}
}

// combine is the binary operation. Minimum and maximum give NaN if an operand is NaN, and a if the
// operands compare equal.
func combine[T Float](f kernels.Bin, a, b T) T {
	switch f {
	case kernels.BinAdd:
		return a + b
	case kernels.BinSub:
		return a - b
	case kernels.BinMul:
		return T(a * b)
	case kernels.BinDiv:
		return a / b
	case kernels.BinMin:
		if b < a || isNaN(b) {
			return b
		}
	case kernels.BinMax:
		if b > a || isNaN(b) {
			return b
		}
	}
	return a
}

func (o *op[T]) copy() {
	x, y := o.arg(0), o.arg(1)
	for i := range o.dim(0) {
		for j := range o.dim(1) {
			o.put(&y[i*o.dim(3)+j], x[i*o.dim(2)+j])
		}
	}
}

func (o *op[T]) fill() {
	for i := range o.arg(0) {
		o.arg(0)[i] = o.scalar(0)
	}
}

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

func rowsCols(op kernels.Op, m, n int) kernels.Desc {
	return kernels.Desc{Op: op, Dim: [kernels.MaxDims]int64{int64(m), int64(n)}}
}

// LogSoftmax is the log of the softmax over each row of x[M,N]. An entry is illegal where mask[M,N]
// (may be nil) is 0: its value is kernels.MaskedLogProb and its gradient 0. The gradient flows only
// to x.
func LogSoftmax(x, mask *G.Node) *G.Node {
	m, n := matrix("LogSoftmax", x, mask)
	if mask != nil && !same(mask.Shape(), x.Shape()) {
		fault("LogSoftmax", "x and mask of one shape", x, mask)
	}
	k := &kernel{name: "logsoftmax", out: []tensor.Shape{{m, n}}, wrt: []bool{true}}
	k.lower = func(e Emitter, in, out []Val) {
		if len(in) == 2 {
			e.Emit(rowsCols(kernels.OpLogSoftmax, m, n), in[0], in[1], out[0])
			return
		}
		e.Emit(rowsCols(kernels.OpLogSoftmax, m, n), in[0], None, out[0])
	}
	k.grad = func(in G.Nodes, y, dy *G.Node) G.Nodes {
		if len(in) == 2 {
			return G.Nodes{logSoftmaxGrad(y, dy, in[1]), nil}
		}
		return G.Nodes{logSoftmaxGrad(y, dy, nil)}
	}
	if mask == nil {
		return k.apply(x)
	}
	k.wrt = []bool{true, false}
	return k.apply(x, mask)
}

func logSoftmaxGrad(y, dy, mask *G.Node) *G.Node {
	m, n := matrix("LogSoftmax gradient", y, dy)
	k := &kernel{name: "logsoftmaxgrad", out: []tensor.Shape{{m, n}}}
	k.lower = func(e Emitter, in, out []Val) {
		legal := None
		if len(in) == 3 {
			legal = in[2]
		}
		e.Emit(rowsCols(kernels.OpLogSoftmaxGrad, m, n), in[0], legal, in[1], out[0])
	}
	if mask == nil {
		return k.apply(y, dy)
	}
	return k.apply(y, dy, mask)
}

// Pick returns x[i, a[i]], [M], for x[M,U] and actions a[M]. The gradient flows only to x.
func Pick(x, a *G.Node) *G.Node {
	m, n := matrix("Pick", x, a)
	if !same(a.Shape(), tensor.Shape{m}) {
		fault("Pick", "x[M,U], a[M]", x, a)
	}
	k := &kernel{name: "pick", out: []tensor.Shape{{m}}, wrt: []bool{true, false}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(rowsCols(kernels.OpPick, m, n), in[0], in[1], out[0]) }
	k.grad = func(in G.Nodes, _, dy *G.Node) G.Nodes {
		g := &kernel{name: "pickgrad", out: []tensor.Shape{{m, n}}}
		g.lower = func(e Emitter, in, out []Val) { e.Emit(rowsCols(kernels.OpPickGrad, m, n), in[0], in[1], out[0]) }
		return G.Nodes{g.apply(dy, in[1]), nil}
	}
	return k.apply(x, a)
}

// CrossEntropy is the mean of -log softmax(logits)[i, labels[i]] over the rows i of logits[M,N],
// a scalar; labels is [M]. Multiply it by M for the sum.
func CrossEntropy(logits, labels *G.Node) *G.Node {
	return Neg(Mean(Pick(LogSoftmax(logits, nil), labels)))
}

// WeightedCrossEntropy weights each row by the entry of weights[N] for its label. It divides the
// weighted sum by the sum of the rows' weights. The gradient flows only to the logits.
func WeightedCrossEntropy(logits, labels, weights *G.Node) *G.Node {
	m, n := matrix("WeightedCrossEntropy", logits, labels, weights)
	if !same(weights.Shape(), tensor.Shape{n}) {
		fault("WeightedCrossEntropy", "logits[M,N], labels[M], weights[N]", logits, labels, weights)
	}
	w := StopGradient(Reshape(GatherRows(Reshape(weights, n, 1), labels), m))
	return Neg(Div(Sum(Mul(w, Pick(LogSoftmax(logits, nil), labels))), Sum(w)))
}

// OneHot turns a[M] into rows [M,n] with 1 at index a and 0 elsewhere. It has no gradient.
func OneHot(a *G.Node, n int) *G.Node {
	if a.Dims() != 1 {
		fault("OneHot", "a vector", a)
	}
	m := a.Shape()[0]
	k := &kernel{name: fmt.Sprintf("onehot %d", n), out: []tensor.Shape{{m, n}}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(rowsCols(kernels.OpOneHot, m, n), in[0], out[0]) }
	return k.apply(a)
}

// ArgMax returns the index of the largest entry of each row of x[M,N], [M]: the first of equal ones. It has no gradient.
func ArgMax(x *G.Node) *G.Node {
	m, n := matrix("ArgMax", x)
	k := &kernel{name: "argmax", out: []tensor.Shape{{m}}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(rowsCols(kernels.OpArgMax, m, n), in[0], out[0]) }
	return k.apply(x)
}

package op

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Mask says where the mask of a dropout comes from: see kernels.OpDropout. Two layers need two streams.
type Mask struct {
	P      float32 // probability of a 0, 0 <= P < 1
	Seed   uint64
	Stream uint32
	// Before is the number of rows of a batch before x[M,...], which is a part of it and has the mask that it has there. They
	// must have a multiple of 4 elements.
	Before int
}

// Dropout sets each element of x to 0 with probability P, and divides the others by 1-P (Srivastava et al. 2014). The mask
// depends on counter[2], too. It is not stored: the gradient draws it again, so the counter must not change in between.
// Another counter gives another mask.
func Dropout(x, counter *G.Node, m Mask) *G.Node {
	if !(m.P >= 0 && m.P < 1) || !same(counter.Shape(), tensor.Shape{2}) {
		fault(fmt.Sprintf("Dropout(p=%g)", m.P), "0 <= p < 1 and counter[2]", x, counter)
	}
	if m.P == 0 {
		return x
	}
	n, before := size(x.Shape()), int64(0)
	name := fmt.Sprintf("dropout %g %d %d", m.P, m.Seed, m.Stream)
	if m.Before != 0 {
		before = int64(m.Before) * n / int64(max(1, x.Shape()[0]))
		name += fmt.Sprintf(" after %d", m.Before)
	}
	if before < 0 || before%4 != 0 {
		fault(fmt.Sprintf("Dropout after %d rows", m.Before), "a multiple of 4 elements before x", x)
	}
	d := kernels.Desc{Op: kernels.OpDropout, Seed: m.Seed, Stream: m.Stream, Dim: [kernels.MaxDims]int64{n, before / 4}}
	d.Scalar[0] = m.P
	k := &kernel{name: name, out: []tensor.Shape{x.Shape().Clone()}, wrt: []bool{true, false}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], out[0]) }
	k.grad = func(in G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{Dropout(dy, in[1], m), nil} }
	return k.apply(x, counter)
}

// TimeEmbedding returns (sin(t f_i), cos(t f_i)), [B, 2 half], for times t[B] and frequencies
// f_i = period^(-i/half), i < half (Vaswani et al. 2017; Ho et al. 2020 with period 10000). It has no
// gradient.
func TimeEmbedding(t *G.Node, half int, period float64) *G.Node {
	if t.Dims() != 1 || half < 1 || !(period > 0) {
		fault(fmt.Sprintf("TimeEmbedding(half=%d, period=%g)", half, period), "t[B], at least one column, a positive period", t)
	}
	ratio := math.Pow(period, -1/float64(half))
	d := rowsCols(kernels.OpSinusoid, t.Shape()[0], half)
	d.Scalar[0] = float32(ratio)
	d.Scalar[1] = float32(ratio - float64(d.Scalar[0]))
	k := &kernel{name: fmt.Sprintf("timeembedding %g", period), out: []tensor.Shape{{t.Shape()[0], 2 * half}}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], out[0]) }
	return k.apply(t)
}

package op

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Dropout sets each element of x to 0 with probability p, 0 <= p < 1, and divides the others by 1-p
// (Srivastava et al. 2014). The mask depends on seed, stream and counter[2] (see kernels.OpDropout).
// It is not stored: the gradient draws it again, so the counter must not change in between.
// Another counter gives another mask. Two layers need two streams.
func Dropout(x, counter *G.Node, p float32, seed uint64, stream uint32) *G.Node {
	if !(p >= 0 && p < 1) || !same(counter.Shape(), tensor.Shape{2}) {
		fault(fmt.Sprintf("Dropout(p=%g)", p), "0 <= p < 1 and counter[2]", x, counter)
	}
	if p == 0 {
		return x
	}
	d := kernels.Desc{Op: kernels.OpDropout, Seed: seed, Stream: stream, Dim: [kernels.MaxDims]int64{size(x.Shape())}}
	d.Scalar[0] = p
	k := &kernel{name: fmt.Sprintf("dropout %g %d %d", p, seed, stream), out: []tensor.Shape{x.Shape().Clone()}, wrt: []bool{true, false}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], out[0]) }
	k.grad = func(in G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{Dropout(dy, in[1], p, seed, stream), nil} }
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

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// groupNorm is the part of a group normalisation that forward and gradient share.
type groupNorm struct {
	desc    kernels.Desc
	x       tensor.Shape
	b, c, g int
	film    bool
}

// GroupNorm is f((1 + scale) (gamma xhat + beta) + shift) in one op. xhat is x[B,...,C], normalised
// in each group of neighbouring channels of each sample (Wu & He 2018); gamma and beta are [C].
// film[B,2C] holds scale [C] and shift [C] of each sample (FiLM, Perez et al. 2018); nil leaves
// them out. f is one of Identity, ReLU, SiLU and GELU.
func GroupNorm(x, gamma, beta, film *G.Node, groups int, eps float32, f Act) *G.Node {
	s := groupNormOf(x, gamma, beta, film, groups)
	s.desc.Fn, s.desc.Scalar[0] = f.Fn, eps
	k := &kernel{name: fmt.Sprintf("groupnorm %d %s %g", groups, f, eps), out: []tensor.Shape{s.x, {s.b, groups, 2}}, wrt: []bool{true, true, true}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(s.desc, in[0], in[1], in[2], s.filmOf(in, 3), out[0], out[1]) }
	k.grad = s.grad
	in := G.Nodes{x, gamma, beta}
	if s.film {
		in, k.wrt = append(in, film), append(k.wrt, true)
	}
	return first(k.apply(in...))
}

func groupNormOf(x, gamma, beta, film *G.Node, groups int) *groupNorm {
	xs := x.Shape().Clone()
	if xs.Dims() < 2 {
		fault("GroupNorm", "x[B,...,C]", x)
	}
	s := &groupNorm{x: xs, b: xs[0], c: xs[xs.Dims()-1], g: groups, film: film != nil}
	ok := groups > 0 && s.b > 0 && s.c > 0 && s.c%groups == 0 && same(gamma.Shape(), tensor.Shape{s.c}) && same(beta.Shape(), tensor.Shape{s.c})
	if !ok || film != nil && !same(film.Shape(), tensor.Shape{s.b, 2 * s.c}) {
		fault(fmt.Sprintf("GroupNorm(groups=%d)", groups), "x[B,...,C], gamma[C], beta[C], film[B,2C] and groups that divide C", x, gamma, beta, film)
	}
	rows := size(xs) / int64(s.b*s.c)
	s.desc = kernels.Desc{Op: kernels.OpGroupNorm, Dim: [kernels.MaxDims]int64{int64(s.b), rows, int64(s.c), int64(groups)}}
	return s
}

// filmOf returns the optional argument film, at position i of in.
func (s *groupNorm) filmOf(in []Val, i int) Val {
	if !s.film {
		return None
	}
	return in[i]
}

// grad returns the gradients of the inputs of the tuple (y, statistics), given dy.
func (s *groupNorm) grad(in G.Nodes, tuple, dy *G.Node) G.Nodes {
	film := in[3:] // empty or one
	d := s.desc
	d.Op = kernels.OpGroupNormGrad
	sums := tensor.Shape{s.b, 2, s.c}
	k := &kernel{name: fmt.Sprintf("groupnormgrad %d %s", s.g, s.desc.Fn), out: []tensor.Shape{s.x, sums}}
	k.lower = func(e Emitter, in, out []Val) {
		e.Emit(d, in[0], in[1], in[2], in[3], s.filmOf(in, 5), in[4], out[0], out[1])
	}
	stats := part(tuple, 1, tensor.Shape{s.b, s.g, 2})
	t := k.apply(append(G.Nodes{in[0], stats, in[1], in[2], dy}, film...)...)
	return append(G.Nodes{part(t, 0, s.x)}, s.paramGrads(part(t, 1, sums), in)...)
}

// paramGrads returns the gradients of gamma, beta and, if present, film.
func (s *groupNorm) paramGrads(sums *G.Node, in G.Nodes) G.Nodes {
	d := kernels.Desc{Op: kernels.OpGroupNormParamGrad, Dim: [kernels.MaxDims]int64{int64(s.b), int64(s.c)}}
	k := &kernel{name: "groupnormparamgrad", out: []tensor.Shape{{s.c}, {s.c}}}
	if s.film {
		k.out = append(k.out, tensor.Shape{s.b, 2 * s.c})
	}
	k.lower = func(e Emitter, in, out []Val) {
		e.Emit(d, in[0], in[1], in[2], s.filmOf(in, 3), out[0], out[1], s.filmOf(out, 2))
	}
	t := k.apply(append(G.Nodes{sums}, in[1:]...)...)
	var g G.Nodes
	for i, shape := range k.out {
		g = append(g, part(t, i, shape))
	}
	return g
}

// LayerNorm normalises each row of x[...,N], then scales and shifts by gamma[N] and beta[N]
// (Ba et al. 2016).
func LayerNorm(x, gamma, beta *G.Node, eps float32) *G.Node {
	rows, n := plane(x.Shape())
	vector := tensor.Shape{int(n)}
	if !same(gamma.Shape(), vector) || !same(beta.Shape(), vector) {
		fault("LayerNorm", "x[...,N], gamma[N], beta[N]", x, gamma, beta)
	}
	d := rowsCols(kernels.OpLayerNorm, int(rows), int(n))
	d.Scalar[0] = eps
	shape, stats := x.Shape().Clone(), tensor.Shape{int(rows), 2}
	k := &kernel{name: fmt.Sprintf("layernorm %g", eps), out: []tensor.Shape{shape, stats}, wrt: []bool{true, true, true}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], in[2], out[0], out[1]) }
	k.grad = func(in G.Nodes, tuple, dy *G.Node) G.Nodes {
		g := &kernel{name: "layernormgrad", out: []tensor.Shape{shape, vector, vector}}
		dg := rowsCols(kernels.OpLayerNormGrad, int(rows), int(n))
		g.lower = func(e Emitter, in, out []Val) { e.Emit(dg, in[0], in[1], in[2], in[3], out[0], out[1], out[2]) }
		t := g.apply(in[0], part(tuple, 1, stats), in[1], dy)
		return G.Nodes{part(t, 0, shape), part(t, 1, vector), part(t, 2, vector)}
	}
	return first(k.apply(x, gamma, beta))
}

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// attention checks q, k, v [B*agents, heads*D] and returns the descriptor.
func attention(name string, op kernels.Op, agents, heads int, qkv ...*G.Node) kernels.Desc {
	m, n := matrix(name, qkv[0], qkv[1:]...)
	ok := agents > 0 && heads > 0 && m%agents == 0 && n%heads == 0
	for _, x := range qkv {
		ok = ok && same(x.Shape(), qkv[0].Shape())
	}
	if !ok {
		fault(fmt.Sprintf("%s(agents=%d, heads=%d)", name, agents, heads), "equal shapes [B*agents, heads*D]", qkv...)
	}
	dims := [kernels.MaxDims]int64{int64(m / agents), int64(agents), int64(heads), int64(n / heads)}
	return kernels.Desc{Op: op, Dim: dims}
}

// Attention is multi-head attention of each agent over the others (Iqbal & Sha 2019, eq. 6).
// q, k, v and the result are [B*agents, heads*D]; the agents of a sample are consecutive rows.
func Attention(q, k, v *G.Node, agents, heads int) *G.Node {
	return attend("", attention("Attention", kernels.OpAttention, agents, heads, q, k, v), q, k, v)
}

// attend applies an op of attention and its gradient; kind distinguishes their names.
func attend(kind string, d kernels.Desc, q, k, v *G.Node) *G.Node {
	s, shape := q.Shape().Clone(), fmt.Sprintf("N=%d h=%d", d.Dim[1], d.Dim[2])
	att := &kernel{name: kind + "attention " + shape, out: []tensor.Shape{s}, wrt: []bool{true, true, true}}
	att.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], in[2], out[0], None) }
	att.grad = func(in G.Nodes, _, dx *G.Node) G.Nodes {
		g := &kernel{name: kind + "attentiongrad " + shape, out: []tensor.Shape{s, s, s}}
		dg := d
		dg.Op = kernels.OpAttentionGrad
		g.lower = func(e Emitter, in, out []Val) { e.Emit(dg, in[0], in[1], in[2], in[3], out[0], out[1], out[2], None) }
		t := g.apply(in[0], in[1], in[2], dx)
		return G.Nodes{part(t, 0, s), part(t, 1, s), part(t, 2, s)}
	}
	return att.apply(q, k, v)
}

// SelfAttention is multi-head attention of each token over all, itself included (Vaswani et al. 2017,
// eq. 1): softmax(q k^T / sqrt D) v. q, k, v and the result are [B*tokens, heads*D]; the tokens of a
// sample are consecutive rows.
func SelfAttention(q, k, v *G.Node, tokens, heads int) *G.Node {
	d := attention("SelfAttention", kernels.OpAttention, tokens, heads, q, k, v)
	d.Flags = kernels.FlagSelf
	return attend("self", d, q, k, v)
}

// AttentionPenalty is the scalar weight * mean of (q_i.k_j / sqrt D)^2 over samples, heads and pairs
// i != j. As a loss it keeps the logits of [Attention] small.
func AttentionPenalty(q, k *G.Node, agents, heads int, weight float32) *G.Node {
	d := attention("AttentionPenalty", kernels.OpAttentionPenalty, agents, heads, q, k)
	d.Scalar[0] = weight
	s := q.Shape().Clone()
	name := fmt.Sprintf("N=%d h=%d w=%g", agents, heads, weight)
	pen := &kernel{name: "attentionpenalty " + name, out: []tensor.Shape{{}}, wrt: []bool{true, true}}
	pen.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], out[0]) }
	pen.grad = func(in G.Nodes, _, dy *G.Node) G.Nodes {
		g := &kernel{name: "attentionpenaltygrad " + name, out: []tensor.Shape{s, s}}
		dg := d
		dg.Op = kernels.OpAttentionPenaltyGrad
		g.lower = func(e Emitter, in, out []Val) { e.Emit(dg, in[0], in[1], in[2], out[0], out[1]) }
		t := g.apply(in[0], in[1], dy)
		return G.Nodes{part(t, 0, s), part(t, 1, s)}
	}
	return pen.apply(q, k)
}

// AttentionEntropy is the mean entropy in nats of the weights of each head, [heads]. It has no gradient.
func AttentionEntropy(q, k *G.Node, agents, heads int) *G.Node {
	d := attention("AttentionEntropy", kernels.OpAttentionEntropy, agents, heads, q, k)
	ent := &kernel{name: fmt.Sprintf("attentionentropy N=%d h=%d", agents, heads), out: []tensor.Shape{{heads}}}
	ent.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], out[0]) }
	return ent.apply(q, k)
}

package nn

import (
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

// normEps is added to every variance by default, as in PyTorch.
const normEps = 1e-5

// GroupNorm normalises groups of channels of each sample (Wu & He 2018) and applies Act.
type GroupNorm struct {
	Gamma, Beta *Param // [channels]
	Groups      int
	Act         op.Act  // Identity, ReLU, SiLU or GELU
	Eps         float32 // added to every variance, 1e-5 by default
}

// NewGroupNorm adds the parameters name.gamma (ones) and name.beta (zeros).
func NewGroupNorm(p *Params, name string, channels, groups int, a op.Act) *GroupNorm {
	return &GroupNorm{p.add(name+".gamma", Ones, channels, channels), p.add(name+".beta", Zeros, channels, channels), groups, a, normEps}
}

// Apply normalises x[B,...,channels] to y and returns f((1 + scale) y + shift). film[B, 2 channels]
// holds the scale and then the shift of each sample; nil leaves both out.
func (n *GroupNorm) Apply(bd *Bound, x, film *G.Node) *G.Node {
	return op.GroupNorm(x, bd.Node(n.Gamma), bd.Node(n.Beta), film, n.Groups, n.Eps, n.Act)
}

// LayerNorm normalises rows (Ba et al. 2016).
type LayerNorm struct {
	Gamma, Beta *Param // [width]
}

// NewLayerNorm adds the parameters name.gamma (ones) and name.beta (zeros).
func NewLayerNorm(p *Params, name string, width int) *LayerNorm {
	return &LayerNorm{p.add(name+".gamma", Ones, width, width), p.add(name+".beta", Zeros, width, width)}
}

// Apply normalises the rows of x[...,width].
func (n *LayerNorm) Apply(bd *Bound, x *G.Node) *G.Node {
	return op.LayerNorm(x, bd.Node(n.Gamma), bd.Node(n.Beta), normEps)
}

// Embedding is a table of vectors for classes.
type Embedding struct {
	Table *Param // [classes, width]
}

// NewEmbedding adds the parameter name.table.
func NewEmbedding(p *Params, name string, classes, width int, init Init) *Embedding {
	return &Embedding{p.Matrix(name+".table", classes, width, init)}
}

// Apply returns the vectors [M, width] of the classes idx[M].
func (e *Embedding) Apply(bd *Bound, idx *G.Node) *G.Node { return op.Embedding(bd.Node(e.Table), idx) }

package qlearn

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Head is the epsilon-greedy policy of a network, as a distribution over the legal actions:
//
//	pi(a | o) = (1 - epsilon) [a = argmax Q(o, .)] + epsilon / number of legal actions
//
// Rollouts and policies draw from it as from any other. Equal values share the greedy part.
type Head struct {
	*Network
	explore weight
}

// weight builds epsilon x for a node x.
type weight func(bd *nn.Bound, x *nn.Node) *nn.Node

// constant is an epsilon that does not change.
func constant(epsilon float64) weight {
	return func(_ *nn.Bound, x *nn.Node) *nn.Node { return op.Affine(x, float32(epsilon), 0) }
}

// read is an epsilon in the arena.
func read(epsilon machine.Tensor) weight {
	return func(bd *nn.Bound, x *nn.Node) *nn.Node { return op.Mul(x, bd.Input(epsilon)) }
}

// LogProbs implements marl.Head.
func (h *Head) LogProbs(bd *nn.Bound, obs, mask *nn.Node) *nn.Node {
	greedy := greedily(h.Forward(bd, obs, mask), mask)
	uniform := op.Div(mask, op.Col(op.SumRows(mask)))
	p := op.Add(greedy, h.explore(bd, op.Sub(uniform, greedy)))
	const least = 1e-30 // so that an action without probability has a logarithm
	return op.LogSoftmax(op.Log(op.Apply(p, op.Clamp(least, 1))), mask)
}

// greedily is 1 for the action of the largest value of q [rows, U] and 0 for the others. Actions that share the
// largest value share the 1.
//
// It is a softmax so steep that only equal values are near each other: two numbers differ by more than 1e-18 unless both
// are below 1e-11, and values up to 1e18 do not overflow. A power of two is an exact factor: another one could make
// neighbouring numbers equal.
func greedily(q, mask *nn.Node) *nn.Node {
	const steep = 1 << 66
	return op.Exp(op.LogSoftmax(op.Affine(q, steep, 0), mask))
}

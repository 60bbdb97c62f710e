package maddpg

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Uniform numbers for Gumbel noise are from uniformLow to uniformHigh, inside of (0, 1), so that the noise is finite:
// -2.9 to 15.9.
const (
	uniformLow  = 1.0 / (1 << 26)
	uniformHigh = 1 - 1.0/(1<<24)
)

// gumbel is -log(-log u), Gumbel noise for uniform u.
func gumbel(u *nn.Node) *nn.Node { return op.Neg(op.Log(op.Neg(op.Log(u)))) }

// straightThrough draws actions from softmax(logits) as one-hot rows [n, U] (Jang et al. 2017, section 2.2):
//
//	a = one-hot(argmax_u (logits_u + g_u))     da/dlogits = d softmax((logits + g) / temperature) / dlogits
//
// for Gumbel noise g of the uniform numbers u [n, U]. An illegal action of the mask [n, U] has probability 0.
func straightThrough(logits, mask, u, temperature *nn.Node) *nn.Node {
	relaxed := op.LogSoftmax(op.Div(op.Add(logits, gumbel(u)), temperature), mask)
	soft := op.Exp(relaxed)
	hard := op.OneHot(op.ArgMax(relaxed), logits.Shape()[1])
	return op.Add(hard, op.Sub(soft, op.StopGradient(soft))) // exactly hard: the difference is 0
}

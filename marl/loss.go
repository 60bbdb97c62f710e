package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Functions that the losses of several algorithms share. Rows are agents: n = B*A.

// WeightedMean is sum(w x) / max(sum w, 1) of x [n] with weights w [n].
func WeightedMean(x, w *nn.Node) *nn.Node {
	return op.Div(op.Sum(op.Mul(x, w)), atLeastOne(op.Sum(w)))
}

// MeanSquare is the mean of x^2 over the rows, with weights w [n] or, if w is nil, over all.
func MeanSquare(x, w *nn.Node) *nn.Node {
	if w == nil {
		return op.Mean(op.Square(x))
	}
	return WeightedMean(op.Square(x), w)
}

func atLeastOne(x *nn.Node) *nn.Node {
	return op.StopGradient(op.Apply(x, op.Clamp(1, 1e9)))
}

// Deciding [n] is 1 for a row of the mask [n, U] with two or more legal actions, else 0.
func Deciding(mask *nn.Node) *nn.Node {
	return op.Apply(op.Affine(op.SumRows(mask), 1, -1), op.Clamp(0, 1))
}

// Terminated [n] is 1 if the rules ended an episode, and 0 if it goes on or was cut by a time limit:
// e (2 - e) for the values of kernels.Slot.Ended.
func Terminated(ended *nn.Node) *nn.Node { return op.Mul(ended, op.Affine(ended, -1, 2)) }

// Entropy is the mean over active agents of -sum_a pi log pi, in nats, for log pi [n, U].
func Entropy(logp, active *nn.Node) *nn.Node {
	return op.Neg(WeightedMean(op.SumRows(op.Mul(op.Exp(logp), logp)), active))
}

// SoftPolicyLoss is the mean over active agents of sum_a pi (alpha log pi - Q), for log pi and Q [n, U] and the scalar
// alpha: the loss of soft policy iteration with an exact sum over the agent's own actions (Haarnoja et al. 2018, eq. 10;
// Christodoulou 2019, eq. 12). A masked action has pi = 0 and finite log pi and Q, so it adds 0.
func SoftPolicyLoss(logp, q, alpha, active *nn.Node) *nn.Node {
	soft := op.Sub(op.Mul(logp, alpha), q)
	return WeightedMean(op.SumRows(op.Mul(op.Exp(logp), soft)), active)
}

// WithLogitPenalty adds weight times the mean squared logit [n, U] of the active agents to a loss.
func WithLogitPenalty(weight float64, loss, logits, active *nn.Node) *nn.Node {
	if weight == 0 {
		return loss
	}
	actions := logits.Shape()[1]
	squares := WeightedMean(op.SumRows(op.Square(logits)), active)
	return op.Add(loss, op.Affine(squares, float32(weight)/float32(actions), 0))
}

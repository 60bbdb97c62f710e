package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// mixed is the training reward of every agent,
//
//	(1 - omega) r_i + omega mean_j r_j,
//
// where the mean is over the active agents of the same world (0 if there are none). An agent without a
// task has r_i = 0 but still gets the mean, because the value of its slot also depends on the others.
// r, active and the result are [W, A].
func mixed(r, active *nn.Node, omega float64) *nn.Node {
	mean := op.Div(op.SumRows(op.Mul(r, active)), atLeastOne(op.SumRows(active)))
	return op.Add(op.Affine(r, float32(1-omega), 0), op.Affine(op.Col(mean), float32(omega), 0))
}

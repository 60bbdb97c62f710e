package isac

import (
	"fmt"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// twins are two critics Q(o_i, .) of an agent's own observation, with weights of their own. They are one network of
// the workshop: one vector, one step of Adam.
type twins struct {
	params *nn.Params
	layers [2][]*nn.Linear // [O, H], [H, H], [H, U]
}

func newTwins(hidden, obs, actions int) *twins {
	c, leaky := &twins{params: nn.NewParams("critic")}, op.LeakyReLU(0.01)
	for i := range c.layers {
		name := func(layer string) string { return fmt.Sprintf("%s_%d", layer, i+1) }
		c.layers[i] = []*nn.Linear{
			nn.NewLinear(c.params, name("first"), obs, hidden, leaky, nn.KaimingUniform),
			nn.NewLinear(c.params, name("second"), hidden, hidden, leaky, nn.KaimingUniform),
			nn.NewLinear(c.params, name("output"), hidden, actions, op.Identity, nn.KaimingUniform),
		}
	}
	return c
}

// values are the results of both critics, [n, U].
type values [2]*nn.Node

// forward builds Q(o, .) of both critics for obs [n, O].
func (c *twins) forward(bd *nn.Bound, obs *nn.Node) (q values) {
	for i, layers := range c.layers {
		q[i] = obs
		for _, layer := range layers {
			q[i] = layer.Apply(bd, q[i])
		}
	}
	return q
}

// smaller is min(Q_1, Q_2), [n, U]: an overestimate of one critic does not count (Fujimoto et al. 2018,
// arXiv 1802.09477).
func (q values) smaller() *nn.Node { return op.Min(q[0], q[1]) }

// loss is the mean of both critics' squared errors for actions act [n] and targets y [n] (Haarnoja et al. 2018, eq. 5).
// weight [n] may be nil: then all rows count. td [n] are the errors of the first critic.
func (q values) loss(act, y, weight *nn.Node) (loss, td *nn.Node) {
	td = op.Sub(op.Pick(q[0], act), y)
	other := op.Sub(op.Pick(q[1], act), y)
	return op.Affine(op.Add(marl.MeanSquare(td, weight), marl.MeanSquare(other, weight)), 0.5, 0), td
}

// soft is V(o) = sum_a pi(a | o) (Q(o, a) - alpha log pi(a | o)), [n], for log pi and q [n, U] (Christodoulou 2019, eq. 10).
func soft(q, logp, alpha *nn.Node) *nn.Node {
	return op.SumRows(op.Mul(op.Exp(logp), op.Sub(q, op.Mul(logp, alpha))))
}

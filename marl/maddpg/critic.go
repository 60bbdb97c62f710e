package maddpg

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// leaky is the activation of all hidden layers.
var leaky = op.LeakyReLU(0.01)

// critic is Q_i(o_1, ..., o_A, a_1, ..., a_A) (Lowe et al. 2017, section 4.1), shared by all agents. Its input is the
// agent's own pair [o_i, a_i], and then the pairs of all agents in their order, with 0 in the agent's own place:
//
//	h_i = f(W [o_i, a_i] + b + sum_{j != i} V_j [o_j, a_j])     Q_i = W_3 f(W_2 h_i)
//
// So the own action enters once. V has A (O+U) rows; the sum over all agents is computed once for all i, so the cost is
// linear in A.
type critic struct {
	sizes          marl.Sizes
	params         *nn.Params
	own            *nn.Linear // W [O+U, H]
	others         *nn.Param  // V [A (O+U), H]
	second, output *nn.Linear // [H, H], [H, 1]
}

func newCritic(hidden int, n marl.Sizes) *critic {
	p, pair := nn.NewParams("critic"), n.Obs+n.Actions
	return &critic{
		sizes: n, params: p,
		own:    nn.NewLinear(p, "own", pair, hidden, op.Identity, nn.KaimingUniform),
		others: p.Matrix("others.w", n.Agents*pair, hidden, nn.KaimingUniform),
		second: nn.NewLinear(p, "second", hidden, hidden, leaky, nn.KaimingUniform),
		output: nn.NewLinear(p, "output", hidden, 1, op.Identity, nn.KaimingUniform),
	}
}

// forward builds Q_i [B*A] for the observations obs [B*A, O] and one-hot actions [B*A, U]: own for W, taken for V. They
// are equal, except where the actor's own action is put in the place of the one that was taken.
func (c *critic) forward(bd *nn.Bound, obs, own, taken *nn.Node) *nn.Node {
	agents, pair := c.sizes.Agents, c.sizes.Obs+c.sizes.Actions
	w := bd.Node(c.others)
	each := op.GroupedLinear(op.Concat(obs, taken), op.Reshape(w, agents, pair, w.Shape()[1]), nil, op.Identity)
	others := op.Sub(op.RepeatRows(op.SumGroups(each, agents), agents), each)
	h := op.Apply(op.Add(c.own.Apply(bd, op.Concat(obs, own)), others), leaky)
	q := c.output.Apply(bd, c.second.Apply(bd, h))
	return op.Reshape(q, q.Shape()[0])
}

package qlearn

import (
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// NetworkName is the name of the agents' network in memory and in checkpoints.
const NetworkName = "q"

// Network is Q(o_i, .): one dueling network (Wang et al. 2016) that all agents share. They differ by their observations.
type Network struct {
	params                          *nn.Params
	first, second, value, advantage *nn.Linear // [O, H], [H, H], [H, 1], [H, U]
}

// NewNetwork declares a network with two hidden layers of the given width.
func NewNetwork(hidden, obs, actions int) *Network {
	p, leaky := nn.NewParams(NetworkName), op.LeakyReLU(0.01)
	return &Network{
		params:    p,
		first:     nn.NewLinear(p, "first", obs, hidden, leaky, nn.KaimingUniform),
		second:    nn.NewLinear(p, "second", hidden, hidden, leaky, nn.KaimingUniform),
		value:     nn.NewLinear(p, "value", hidden, 1, op.Identity, nn.KaimingUniform),
		advantage: nn.NewLinear(p, "advantage", hidden, actions, op.Identity, nn.KaimingUniform),
	}
}

// Params lists the parameters.
func (n *Network) Params() *nn.Params { return n.params }

// Forward builds Q [rows, U] for normalised observations [rows, O] and mask [rows, U] (Wang et al. 2016, eq. 9):
//
//	Q(o, a) = V(o) + A(o, a) - mean of A(o, .) over the legal actions
//
// Of an illegal action it is a number without meaning.
func (n *Network) Forward(bd *nn.Bound, obs, mask *nn.Node) *nn.Node {
	h := n.second.Apply(bd, n.first.Apply(bd, obs))
	a := n.advantage.Apply(bd, h)
	mean := op.Div(op.SumRows(op.Mul(a, mask)), op.SumRows(mask))
	return op.Add(op.Sub(a, op.Col(mean)), n.value.Apply(bd, h))
}

// legal is q [rows, U] with a value far below all others for illegal actions.
func legal(q, mask *nn.Node) *nn.Node {
	const far = 1e9
	return op.Add(q, op.Affine(mask, far, -far)) // a legal action gets exactly 0
}

// Layers implements marl.Layered. In a state, values and advantages differ by the same number for all actions.
func (n *Network) Layers() ([]*nn.Linear, string) {
	return []*nn.Linear{n.first, n.second, n.advantage}, actor.OutputAdvantages
}

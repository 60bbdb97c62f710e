package nn

import (
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

// GroupedLinear is a fully connected layer act(x w[a] + b[a]) in which each of A agents has its own
// weights and biases.
type GroupedLinear struct {
	W, B *Param // [A, in, out], [A, out]
	Act  op.Act
}

// NewGroupedLinear adds the parameters name.w and name.b. Each agent's weights are drawn like those
// of a Linear. The biases start at zero unless init fills biases too (KaimingUniform).
func NewGroupedLinear(p *Params, name string, shape [3]int, a op.Act, init Init) *GroupedLinear {
	agents, in, out := shape[0], shape[1], shape[2]
	bias := Zeros
	if init.bias {
		bias = init
	}
	l := &GroupedLinear{W: p.add(name+".w", init, in, agents, in, out), Act: a}
	l.B = p.add(name+".b", bias, in, agents, out)
	l.W.groups, l.B.groups = agents, agents
	return l
}

// Apply returns act(x w + b): [B*A, out] for x[B*A, in], where the agents of a sample are
// consecutive rows, or [A, M, out] for x[A, M, in].
func (l *GroupedLinear) Apply(bd *Bound, x *G.Node) *G.Node {
	return op.GroupedLinear(x, bd.Node(l.W), bd.Node(l.B), l.Act)
}

package qmix

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// mixer is the mixing network of a state s, with E hidden units (Rashid et al. 2018, section 4.1 and figure 2):
//
//	Q_tot = w_2(s) . ELU(sum_i w_1i(s) Q_i + b_1(s)) + b_2(s),  w_1 and w_2 >= 0
//
// Hypernetworks make weights and biases. Their absolute values are the weights, so that Q_tot never falls if a Q_i
// rises.
type mixer struct {
	agents, embed          int
	params                 *nn.Params
	summary                *nn.Linear // [O, E] of a pooled state; nil if it is concatenated
	weights, last, outputs hypernetwork
	bias                   *nn.Linear
}

func newMixer(c *Config, agents, obs int) *mixer {
	p := nn.NewParams("mixer")
	m := &mixer{agents: agents, embed: c.Embed, params: p}
	state, seen, width := agents*obs, agents*obs, agents*c.Embed // of w_1: what it is made from, and its size
	if c.State == StatePooled {
		m.summary = nn.NewLinear(p, "summary", obs, c.Embed, op.ReLU, nn.KaimingUniform)
		state, seen, width = c.Embed, obs+c.Embed, c.Embed
	}
	m.weights = newHypernetwork(p, "weights", seen, c.HyperHidden, width)
	m.bias = nn.NewLinear(p, "bias", state, c.Embed, op.Identity, nn.KaimingUniform)
	m.last = newHypernetwork(p, "last", state, c.HyperHidden, c.Embed)
	m.outputs = newHypernetwork(p, "output", state, c.Embed, 1)
	return m
}

// Params implements qlearn.Mixer.
func (m *mixer) Params() *nn.Params { return m.params }

// Mix implements qlearn.Mixer.
func (m *mixer) Mix(bd *nn.Bound, q, obs *nn.Node) *nn.Node {
	rows := q.Shape()[0]
	worlds := rows / m.agents
	state, seen := m.state(bd, obs, worlds)
	first := op.Reshape(op.Abs(m.weights.apply(bd, seen)), rows, m.embed)
	hidden := elu(op.Add(op.SumGroups(op.Mul(first, op.Col(q)), m.agents), m.bias.Apply(bd, state)))
	mixed := op.SumRows(op.Mul(hidden, op.Abs(m.last.apply(bd, state))))
	return op.Add(mixed, op.Reshape(m.outputs.apply(bd, state), worlds))
}

// state is s, one row for each world, and what w_1 is made from: s itself, with the weights of all agents in one row, or
// rows [o_i, s] of agents.
func (m *mixer) state(bd *nn.Bound, obs *nn.Node, worlds int) (s, seen *nn.Node) {
	if m.summary == nil {
		s = op.Reshape(obs, worlds, m.agents*obs.Shape()[1])
		return s, s
	}
	s = op.Affine(op.SumGroups(m.summary.Apply(bd, obs), m.agents), 1/float32(m.agents), 0)
	return s, op.Concat(obs, op.RepeatRows(s, m.agents))
}

// hypernetwork has a hidden layer, or is a single linear layer.
type hypernetwork struct{ hidden, output *nn.Linear }

func newHypernetwork(p *nn.Params, name string, in, hidden, out int) (h hypernetwork) {
	if hidden > 0 {
		h.hidden = nn.NewLinear(p, name+"_hidden", in, hidden, op.ReLU, nn.KaimingUniform)
		in = hidden
	}
	h.output = nn.NewLinear(p, name, in, out, op.Identity, nn.KaimingUniform)
	return h
}

func (h hypernetwork) apply(bd *nn.Bound, x *nn.Node) *nn.Node {
	if h.hidden != nil {
		x = h.hidden.Apply(bd, x)
	}
	return h.output.Apply(bd, x)
}

// elu is x for x > 0, else e^x - 1.
func elu(x *nn.Node) *nn.Node {
	below := op.Neg(op.Apply(op.Neg(x), op.ReLU))
	return op.Add(op.Apply(x, op.ReLU), op.Affine(op.Exp(below), 1, -1))
}

package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// leaky is the activation of all hidden layers.
var leaky = op.LeakyReLU(0.01)

// Critic is the attention critic C1, one set of parameters shared by all agents
// (Iqbal & Sha 2019, section 3.1):
//
//	e_j = f(W_e [o_j, a_j])     s_i = f(W_s o_i)
//	q_i = W_Q s_i   k_j = W_K e_j   v_j = f(W_V e_j)                         per head
//	w_ij = softmax_{j != i}(q_i . k_j / sqrt d)   x_i = sum_{j != i} w_ij v_j  (eqs. 5, 6)
//	Q_i(o, .) = W_2 f(W_1 [s_i ; x_i^1 ; .. ; x_i^h])
//
// Q_i has one value for each action of agent i; its recorded action never enters s_i or x_i.
//
// A critic that is told which server is meant (servers.go) has vectors E of servers beside o in e_j and s_i, beside s and
// e in W_Q and W_K, and in parts of its heads.
type Critic struct {
	agents, actions, heads int // actions 0: a critic of states
	width                  int // H, of queries and keys of all heads
	attention              bool
	servers                *serverEmbedding // nil: not told

	params         *nn.Params
	encoder        *nn.Linear // W_e [O+U, H]
	state          *nn.Linear // W_s [O, H]
	query, key     *nn.Param  // W_Q, W_K [H, H]; nil without attention
	value          *nn.Linear // W_V [H, H]
	hidden, output *nn.Linear // W_1 [2H, H], W_2 [H, U]
}

// Params lists the critic's parameters.
func (c *Critic) Params() *nn.Params { return c.params }

// NewCritic declares the parameters of a critic for A agents with O observations and U actions.
func NewCritic(cfg *AttentionConfig, agents, obs, actions int) *Critic {
	return newCritic(cfg, nil, Sizes{Agents: agents, Obs: obs, Actions: actions}, actions)
}

// NewServerCritic declares a critic that may be told the servers of candidates.
func NewServerCritic(cfg *AttentionConfig, servers *ServerConfig, n Sizes) *Critic {
	return newCritic(cfg, servers, n, n.Actions)
}

// NewValueCritic declares the same critic for the values of states: without actions, and with one
// output, V_i(o).
func NewValueCritic(cfg *AttentionConfig, agents, obs int) *Critic {
	return newCritic(cfg, nil, Sizes{Agents: agents, Obs: obs}, 1)
}

// NewServerValueCritic declares a critic of states that may be told the servers of candidates.
func NewServerValueCritic(cfg *AttentionConfig, servers *ServerConfig, n Sizes) *Critic {
	n.Actions = 0
	return newCritic(cfg, servers, n, 1)
}

func newCritic(cfg *AttentionConfig, servers *ServerConfig, n Sizes, outputs int) *Critic {
	p, h, init := nn.NewParams("critic"), cfg.Hidden, nn.KaimingUniform
	c := &Critic{agents: cfg.group(n.Agents), actions: n.Actions, heads: cfg.Heads, width: h, attention: cfg.Attention, params: p}
	c.servers = newServerEmbedding(p, servers, n)
	all, chosen, told := c.servers.widths()
	c.encoder = nn.NewLinear(p, "encoder", n.Obs+n.Actions+all+chosen, h, leaky, init)
	c.state = nn.NewLinear(p, "state", n.Obs+all, h, leaky, init)
	c.value = nn.NewLinear(p, "value", h, h, leaky, init)
	c.hidden = nn.NewLinear(p, "hidden", 2*h, h, leaky, init)
	c.output = nn.NewLinear(p, "output", h, outputs, op.Identity, init)
	if c.attention {
		content := c.heads * c.servers.content(h/c.heads)
		c.query = p.Matrix("query.w", h+all, content, init)
		c.key = p.Matrix("key.w", h+told, content, init)
	}
	return c
}

// Values is the result of a critic's forward pass: Q, and the queries and keys of the attention.
type Values struct {
	Q          *nn.Node // [B*A, U] Q_i(o, .), or [B*A, 1] V_i(o)
	query, key *nn.Node // [B*A, H] nil without attention
}

// Forward builds Q for obs [B*A, O] and actions act [B*A]; act is nil for a critic of states.
func (c *Critic) Forward(bd *nn.Bound, obs, act *nn.Node) Values {
	return c.ForwardAt(bd, obs, act, ServerInputs{})
}

// ForwardAt is Forward for a critic that is told servers.
func (c *Critic) ForwardAt(bd *nn.Bound, obs, act *nn.Node, servers ServerInputs) Values {
	at := c.servers.locate(bd, servers, act)
	seen := []*nn.Node{obs}
	if c.actions > 0 {
		seen = append(seen, op.OneHot(act, c.actions))
	}
	e := c.encoder.Apply(bd, at.inputsWithChoice(seen...))
	s := c.state.Apply(bd, at.inputs(obs))
	v := c.value.Apply(bd, e)
	var out Values
	query, key := op.StopGradient(op.Affine(v, 0, 0)), op.StopGradient(op.Affine(v, 0, 0)) // all logits 0: uniform weights
	if c.attention {
		query, key = c.compare(bd, s, e, at)
		out.query, out.key = query, key
	}
	x := op.Attention(query, key, v, c.agents, c.heads)
	out.Q = c.output.Apply(bd, c.hidden.Apply(bd, op.Concat(s, x)))
	return out
}

// compare builds queries and keys, [B*A, H].
func (c *Critic) compare(bd *nn.Bound, s, e *nn.Node, at *located) (query, key *nn.Node) {
	query = op.Linear(at.inputs(s), bd.Node(c.query), nil, op.Identity)
	key = op.Linear(at.keyInputs(e), bd.Node(c.key), nil, op.Identity)
	if at != nil && c.servers.matching {
		query, key = c.servers.match(query, key, at, c.heads)
	}
	return query, key
}

// Taken returns Q_i(o, a_i) [B*A].
func (v Values) Taken(act *nn.Node) *nn.Node { return op.Pick(v.Q, act) }

// State returns V_i(o) [B*A].
func (v Values) State() *nn.Node { return op.Reshape(v.Q, v.Q.Shape()[0]) }

// Entropy is the mean entropy of the attention weights of each head, [h].
func (c *Critic) Entropy(v Values) *nn.Node {
	return op.AttentionEntropy(v.query, v.key, c.agents, c.heads)
}

// Loss is the mean over B and agents of (Q_i(o, a_i) - y_i)^2 plus the attention penalty,
// which is 1/A times the sum over agents of the MSE (Iqbal & Sha 2019, eq. 7). They scale the
// gradients of shared parameters by 1/A; here all parameters are shared. weight [B*A] may be nil:
// then all agents count.
func (c *Critic) Loss(v Values, td, weight *nn.Node, penalty float64) *nn.Node {
	loss := MeanSquare(td, weight)
	if c.attention && penalty > 0 {
		loss = op.Add(loss, op.AttentionPenalty(v.query, v.key, c.agents, c.heads, float32(penalty)))
	}
	return loss
}

// AttentionScalars are the metrics of the entropies of each head, nats; ln(A-1) is uniform.
func AttentionScalars(entropies []float32) (list []Scalar) {
	for h, e := range entropies {
		list = append(list, Scalar{fmt.Sprintf("attention_entropy_%d", h), e})
	}
	return list
}

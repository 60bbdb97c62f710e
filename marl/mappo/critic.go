package mappo

import (
	_ "embed"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Values of CentralConfig.State.
const (
	// StateConcatenated is V(s) for the global state s = [o_1, .., o_A], the concatenated local observations of the
	// paper ("CL"): one value for all agents of a world, which suits a common reward.
	StateConcatenated = "concatenated"
	// StateAgent is V(s, o_i), the agent-specific global state of the paper ("AS"): its agents have own rewards
	// and own values.
	StateAgent = "agent"
)

//go:embed critic.go
var criticSource string

// CentralConfig are the settings of a critic of the global state.
type CentralConfig struct {
	marl.CriticConfig `yaml:",inline"`
	// State is what the critic sees: "concatenated", the observations of all agents, with one value for the world; or
	// "agent", the same beside the agent's own observation, with a value for each agent.
	State string `yaml:"state"`
	// ValueNorm lets the critic learn values in units of the last rollout's returns (PopArt): they are far from 0,
	// and move while the policy improves.
	ValueNorm bool `yaml:"value_norm"`
}

// DefaultCentral returns the defaults.
func DefaultCentral() CentralConfig {
	return CentralConfig{CriticConfig: marl.DefaultCritic(), State: StateAgent, ValueNorm: true}
}

// Check gives the checker every setting that is not allowed.
func (c *CentralConfig) Check(v *setting.Checker) {
	c.CriticConfig.Check(v)
	v.OneOf("state", c.State, StateConcatenated, StateAgent)
}

// CentralDocs adds the descriptions of CentralConfig to docs.
func CentralDocs(docs map[string]string) map[string]string {
	maps.Copy(docs, setting.StructDocs(criticSource, "CentralConfig"))
	return docs
}

// Critic estimates the value of the global state s = [o_1, .., o_A], one set of parameters for all agents:
//
//	h_i = f(s W_s + o_i W_o + b)     V_i = W_2 f(W_1 h_i)
//
// The first layer is a layer on [s, o_i], but its product with s, which is the same for all agents of a world, is
// computed once per world. So work and memory are linear in the number of agents, like those of a critic that sees
// only o_i. W_s has A O rows. Without W_o, there is one value for the world.
type Critic struct {
	agents         int
	params         *nn.Params
	state, own     *nn.Linear // W_s [A*O, H] with b, W_o [O, H]; own is nil for StateConcatenated
	hidden, output *nn.Linear // W_1 [H, H], W_2 [H, 1]
}

var leaky = op.LeakyReLU(0.01)

// NewCritic declares the parameters of a critic for A agents with O observed features.
func NewCritic(cfg *CentralConfig, n marl.Sizes) *Critic {
	p, h, init := nn.NewParams("critic"), cfg.Hidden, nn.KaimingUniform
	c := &Critic{
		agents: n.Agents, params: p,
		state:  nn.NewLinear(p, "state", n.Agents*n.Obs, h, op.Identity, init),
		hidden: nn.NewLinear(p, "hidden", h, h, leaky, init),
		output: nn.NewLinear(p, "output", h, 1, op.Identity, init),
	}
	if cfg.State == StateAgent {
		// Its weights begin with the deviation of a layer on o_i alone, so that o_i is not lost among A observations.
		c.own = nn.NewLinearNoBias(p, "own", n.Obs, h, op.Identity, init)
	}
	return c
}

// Params implements ppo.Critic.
func (c *Critic) Params() *nn.Params { return c.params }

// Last implements ppo.Rescalable.
func (c *Critic) Last() *nn.Linear { return c.output }

// Values implements ppo.Critic. The loss is the mean squared error over the agents that count.
func (c *Critic) Values(bd *nn.Bound, obs *nn.Node) ppo.Values {
	rows, width := obs.Shape()[0], obs.Shape()[1]
	x := c.state.Apply(bd, op.Reshape(obs, rows/c.agents, c.agents*width)) // [B, H]
	if c.own != nil {
		x = op.Add(op.RepeatRows(x, c.agents), c.own.Apply(bd, obs)) // [B*A, H]
	}
	v := c.output.Apply(bd, c.hidden.Apply(bd, op.Apply(x, leaky)))
	if c.own == nil {
		v = op.RepeatRows(v, c.agents)
	}
	return ppo.Values{V: op.Reshape(v, rows), Loss: marl.MeanSquare}
}

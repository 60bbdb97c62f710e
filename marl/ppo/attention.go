package ppo

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is amarl-ppo, PPO with the attention critic of AMARL, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// InTurn implements marl.InTurn.
func (Algorithm) InTurn() {}

// OnPolicy implements marl.OnPolicy.
func (Algorithm) OnPolicy() {}

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "amarl-ppo" }

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewTurnActor(c, c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	c := w.Config.Own.(*Config)
	if err := w.CheckGroups(&c.AttentionConfig); err != nil {
		return nil, err
	}
	if err := w.CheckServers(&c.ServerConfig); err != nil {
		return nil, err
	}
	n := w.Sizes
	n.Obs = n.Own()
	critic := &attentionCritic{Critic: marl.NewServerValueCritic(&c.AttentionConfig, &c.ServerConfig, n), config: c}
	return New(w, c.Method(), &c.CriticConfig, critic), nil
}

// attentionCritic estimates V_i(o) from the observations of all agents.
type attentionCritic struct {
	*marl.Critic
	config  *Config
	table   *marl.ServerTable // nil unless the vectors of servers are fixed
	entropy machine.Tensor    // [h] of the attention, of the last Inspect
}

// Place implements Inspected.
func (c *attentionCritic) Place(w *marl.Workshop) {
	c.entropy = w.Layout.Add("attention_entropy", c.config.Heads)
	c.table = w.NewServerTable(&c.config.ServerConfig)
}

// TellsServers implements Told.
func (c *attentionCritic) TellsServers() bool { return c.config.Tells() }

// Values implements Critic.
func (c *attentionCritic) Values(bd *nn.Bound, obs *nn.Node) Values {
	return c.valuesOf(c.Forward(bd, obs, nil))
}

// ToldValues implements Told.
func (c *attentionCritic) ToldValues(f *nn.Fragment, bd *nn.Bound, obs *nn.Node, servers machine.Tensor) Values {
	return c.valuesOf(c.ForwardAt(bd, obs, nil, c.table.Inputs(f, servers)))
}

func (c *attentionCritic) valuesOf(v marl.Values) Values {
	return Values{V: v.State(), Loss: func(td, weight *nn.Node) *nn.Node { return c.Loss(v, td, weight, c.config.AttentionPenalty) }}
}

// Inspect implements Inspected: the entropy of the attention.
func (c *attentionCritic) Inspect(b *machine.Builder, n *marl.Net, seen func() (obs, servers machine.Tensor)) {
	if !c.config.Attention {
		return
	}
	obs, servers := seen()
	f := nn.NewFragment()
	f.Output(c.Entropy(c.ForwardAt(n.Bind(f), f.Input(obs), nil, c.table.Inputs(f, servers))), c.entropy)
	f.Lower(b)
}

// Scalars implements Inspected.
func (c *attentionCritic) Scalars(s *machine.Session) ([]marl.Scalar, error) {
	entropies, err := marl.Read(s, c.entropy)
	return marl.AttentionScalars(entropies), err
}

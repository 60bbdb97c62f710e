// Package ippo is independent PPO: every agent learns by PPO as if it were alone (de Witt et al. 2020, "Is
// Independent Learning All You Need in the StarCraft Multi-Agent Challenge?", arXiv 2011.09533). The value
// of an agent depends on its own observation only. As in the paper, all agents share one critic and one
// actor; they differ by their observations.
package ippo

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Algorithm is IPPO, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// InTurn implements marl.InTurn.
func (Algorithm) InTurn() {}

// OnPolicy implements marl.OnPolicy.
func (Algorithm) OnPolicy() {}

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "ippo" }

// Config is the section of IPPO. Its settings are described where they are declared.
type Config struct {
	ppo.Settings      `yaml:",inline"`
	marl.CriticConfig `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	shared.TurnValues = marl.TurnValuesEarlier
	return &Config{ppo.Defaults(shared), marl.DefaultCritic()}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	c.CriticConfig.Check(v)
}

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewTurnActor(c, c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	c := w.Config.Own.(*Config)
	return ppo.New(w, c.Method(), &c.CriticConfig, newCritic(c.Hidden, w.Sizes.Own())), nil
}

// critic estimates V_i(o_i), the value of an agent given its own observation.
type critic struct {
	params                *nn.Params
	first, second, output *nn.Linear // [O, H], [H, H], [H, 1]
}

func newCritic(hidden, obs int) *critic {
	p, leaky := nn.NewParams("critic"), op.LeakyReLU(0.01)
	p.Sequential("first", "second", "output")
	return &critic{
		params: p,
		first:  nn.NewLinear(p, "first", obs, hidden, leaky, nn.KaimingUniform),
		second: nn.NewLinear(p, "second", hidden, hidden, leaky, nn.KaimingUniform),
		output: nn.NewLinear(p, "output", hidden, 1, op.Identity, nn.KaimingUniform),
	}
}

// Params implements ppo.Critic.
func (c *critic) Params() *nn.Params { return c.params }

// Values implements ppo.Critic. The loss is the mean squared error over the agents that count.
func (c *critic) Values(bd *nn.Bound, obs *nn.Node) ppo.Values {
	v := c.output.Apply(bd, c.second.Apply(bd, c.first.Apply(bd, obs)))
	return ppo.Values{V: op.Reshape(v, v.Shape()[0]), Loss: marl.MeanSquare}
}

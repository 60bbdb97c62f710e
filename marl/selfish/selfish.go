// Package selfish is the selfish learner: every IED maximises its own reward, and nothing tells it of the others.
// It is ISAC (package isac: AMARL without a view of the others) with omega 0. So the two differ from each other by
// the reward, and from AMARL by the critic, too: together they say what each of them is worth.
package selfish

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/isac"
)

// Algorithm is the selfish learner, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "selfish" }

// Config is the section of the selfish learner. Its settings are described where they are declared.
type Config struct {
	isac.Config `yaml:",inline"`
}

// Defaults implements marl.Algorithm: those of ISAC, with the own reward only.
func (Algorithm) Defaults(shared *marl.Config) marl.Section {
	own := isac.Algorithm{}.Defaults(shared).(*isac.Config)
	shared.Omega = 0
	return &Config{*own}
}

// Check implements marl.Section. With another omega it would not be selfish, whatever a table calls it.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Config.Check(v, shared)
	v.For(marl.SharedSection).Require(shared.Omega == 0, "omega", shared.Omega, "0 with selfish; isac has a mixed reward")
}

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	return isac.New(w, &w.Config.Own.(*Config).Config), nil
}

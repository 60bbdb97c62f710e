package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// Values of Config.TurnValues.
const (
	TurnValuesNone    = "none"
	TurnValuesEarlier = "earlier"
	TurnValuesAll     = "all"
)

// valued reports whether agents see what their actions are worth.
func (c *Config) valued() bool { return c.Turns > 1 && c.TurnValues != TurnValuesNone }

// appraiser is what computes the values of actions in the offloading game, nil if agents do not see them.
func (c *Config) appraiser() *sim.Appraiser {
	if !c.valued() {
		return nil
	}
	return sim.NewAppraiser(c.TurnValues == TurnValuesAll)
}

// Appraising is an Env that predicts what actions are worth to agents that decide in turn.
type Appraising interface {
	Serving
	// Appraises reports whether it does so with the present configuration.
	Appraises() bool
	// Appraise writes values [W, A, 2 U] for decisions [W, A], as sim.Appraiser does.
	Appraise(decisions, values []float32)
}

// appraisal lets Programs ask what actions are worth: a step takes decisions and shows values, and changes nothing. What else a
// step shows has no meaning.
type appraisal struct {
	worlds, agents, actions int
	ask                     func(decisions, values []float32)
}

func newAppraisal(n Sizes, ask func(decisions, values []float32)) *appraisal {
	return &appraisal{n.Worlds, n.Agents, n.Actions, ask}
}

// Sizes implements kernels.Environment.
func (a *appraisal) Sizes() (worlds, agents, obs, actions int) {
	return a.worlds, a.agents, sim.Appraisals(a.actions), 1
}

// Play implements kernels.Environment.
func (a *appraisal) Play(x kernels.Slot) error {
	a.ask(x.Act, x.Obs)
	for _, rest := range [][]float32{x.Mask, x.NextObs, x.NextMask, x.Reward, x.Active, x.Ended} {
		clear(rest)
	}
	return nil
}

// appraise lowers the question and returns the values [W*A, 2 U] of the agents that ask.
func (s Sizes) appraise(b *machine.Builder, env kernels.Environment, decisions machine.Tensor) machine.Tensor {
	values := b.Temp("values", s.Rows(), sim.Appraisals(s.Actions))
	unread := func(name string, width int) machine.Tensor { return b.Temp("values "+name, s.Rows(), width) }
	b.Step(env, machine.Slot{
		Act: decisions, Obs: values, Mask: unread("mask", 1), NextObs: unread("next", sim.Appraisals(s.Actions)), NextMask: unread("next mask", 1),
		Reward: unread("reward", 1), Active: unread("active", 1), Ended: unread("ended", 1),
	})
	return values
}

// appraised completes the workshop by the environment's appraisals, if agents see them.
func (w *Workshop) appraised(env Env) error {
	if !w.Sizes.Valued {
		return nil
	}
	e, ok := env.(Appraising)
	if !ok || !e.Appraises() {
		return fmt.Errorf("marl: train.turn_values is %s, but the environment does not predict what actions are worth; allowed: %s", w.Config.TurnValues, TurnValuesNone)
	}
	w.appraisal = newAppraisal(w.Sizes, e.Appraise)
	return nil
}

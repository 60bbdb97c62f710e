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

// Values of Config.TurnOrder.
const (
	TurnOrderData   = "data"
	TurnOrderNumber = "number"
)

// valued reports whether agents see what their actions are worth.
func (c *Config) valued() bool { return c.Turns > 1 && c.TurnValues != TurnValuesNone }

// IgnoresOrder reports whether agents decide by number although TurnOrder, which may be the default, says otherwise: only agents that see
// what their actions are worth have another order.
func (c *Config) IgnoresOrder() bool {
	return c.Turns > 1 && !c.valued() && c.TurnOrder != TurnOrderNumber
}

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
	// Order writes in which order the agents of each world decide to rows [W, A]: agent i of world w has the number w A + i.
	Order(rows []float32)
	// Appraises reports whether it does so with the present configuration.
	Appraises() bool
	// Appraise writes values [W, A, 2 U] for decisions [W, A], as sim.Appraiser does.
	Appraise(decisions, values []float32)
}

// question lets Programs ask the environment something about every agent: a step takes decisions and shows answers, and changes
// nothing. What else a step shows has no meaning.
type question struct {
	worlds, agents, width int
	ask                   func(decisions, answers []float32)
}

// Sizes implements kernels.Environment.
func (q *question) Sizes() (worlds, agents, obs, actions int) { return q.worlds, q.agents, q.width, 1 }

// Play implements kernels.Environment.
func (q *question) Play(x kernels.Slot) error {
	q.ask(x.Act, x.Obs)
	for _, rest := range [][]float32{x.Mask, x.NextObs, x.NextMask, x.Reward, x.Active, x.Ended} {
		clear(rest)
	}
	return nil
}

// lower asks for the agents of all worlds, and returns the answers [W*A, width].
func (q *question) lower(b *machine.Builder, name string, decisions machine.Tensor) machine.Tensor {
	rows := q.worlds * q.agents
	answers := b.Temp(name, rows, q.width)
	unread := func(what string, width int) machine.Tensor { return b.Temp(name+" "+what, rows, width) }
	b.Step(q, machine.Slot{
		Act: decisions, Obs: answers, Mask: unread("mask", 1), NextObs: unread("next", q.width), NextMask: unread("next mask", 1),
		Reward: unread("reward", 1), Active: unread("active", 1), Ended: unread("ended", 1),
	})
	return answers
}

// controller answers what the agents of turns see besides each other's tasks.
type controller struct{ order, values *question }

func newController(n Sizes, order func(rows []float32), appraise func(decisions, values []float32)) *controller {
	return &controller{
		order:  &question{n.Worlds, n.Agents, 1, func(_, rows []float32) { order(rows) }},
		values: &question{n.Worlds, n.Agents, sim.Appraisals(n.Actions), appraise},
	}
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
	w.controller = newController(w.Sizes, e.Order, e.Appraise)
	return nil
}

package sim

import (
	"sync"

	"github.com/gmel-go/gmel/internal/setting"
)

// Planner is a reference: one mind that sees all tasks, gains, queues and caches of a world and knows the rules exactly. It
// searches the joint action of the slot with the largest value (see search.go). The value is the sum of all r_i minus what the slot
// leaves to the next ones, at Prices. It does not look ahead, so it is a lower bound of what full information can reach.
type Planner struct {
	Prices `yaml:",inline"`
	crew   crew
}

// Name returns the policy's name.
func (*Planner) Name() string { return planner }

// Act plans every world.
func (q *Planner) Act(w *Worlds, actions []int32) {
	q.crew.each(w, q.Prices, func(t *trial, world int) {
		t.begin(w, world)
		t.plan(actions[world*w.A:][:w.A])
	})
}

// InTurn is a reference: the first pass of Planner alone. The IEDs of a world decide one after another, the one with the most
// data first, of equals the one with the lowest number. Each takes the action that adds most to the value. It knows what those
// before it have decided, but nothing of those after it. An edge controller can do this that knows how much each IED has to send, as
// base stations do from buffer status reports (3GPP TS 38.321), and grants requests in turn. The messages take time.message_s each.
type InTurn struct {
	Prices `yaml:",inline"`
	crew   crew
}

// Name returns the policy's name.
func (*InTurn) Name() string { return inTurn }

// Act lets the IEDs of every world decide in turn.
func (q *InTurn) Act(w *Worlds, actions []int32) {
	q.crew.each(w, q.Prices, func(t *trial, world int) {
		t.begin(w, world)
		order := t.order(mostData)
		t.grantInOrder(order)
		t.improve(order)
		for i := range w.A {
			actions[world*w.A+i] = w.Grant(t.w.actionOf(i), t.grant(i))
		}
	})
}

// Check reports the settings that are not allowed.
func (p *Prices) Check(c *setting.Checker) {
	c.NotNegative("queue_price", p.Queue)
	c.NotNegative("load_price", p.Load)
	c.NotNegative("own_price", p.Own)
}

// crew plans the worlds on as many threads as they step on. Each thread has a trial.
type crew struct {
	p      *params
	trials []*trial
}

// each calls f for every world.
func (c *crew) each(w *Worlds, prices Prices, f func(t *trial, world int)) {
	if c.p != w.p || len(c.trials) != w.threads {
		c.p, c.trials = w.p, nil
		for range w.threads {
			c.trials = append(c.trials, newTrial(w.p))
		}
	}
	cost := prices.of(w.p)
	var done sync.WaitGroup
	for k, t := range c.trials {
		t.cost = cost
		done.Go(func() {
			for world := k * w.W / w.threads; world < (k+1)*w.W/w.threads; world++ {
				f(t, world)
			}
		})
	}
	done.Wait()
}

package sim

import "math"

// Prices are what a planner pays for what a slot leaves to the next ones, in tasks of the scenario's mean deadline that lose
// this time. With price 1 a second of backlog costs the latency that it adds to the tasks of the next slot.
type Prices struct {
	// Queue is the price of a second of an ES's backlog at the end of the slot, paid by as many tasks as an ES gets in a slot.
	Queue float64 `yaml:"queue_price"`
	// Load is the price of a second of model loading that a task of the next slot must expect at an ES, paid by as many.
	Load float64 `yaml:"load_price"`
	// Own is the price of a second of backlog of an IED's processor or radio, paid by as many tasks as an IED gets in a slot.
	Own float64 `yaml:"own_price"`
}

// Defaults of the prices, from a grid on the episodes of seed 1 of paper with 30 and 50 IEDs, population:100 and sdxl. At 1 a price is
// just the time that the tasks of the next slot lose. The queue price trades completion for latency: at 50 IEDs the
// planner completes .994 with 0.5 and .987 with 1, but its reward is -17.8 and -16.8. Imagine is better in both with 0.5, since
// a plan for tasks that do not come true wastes less in short queues. Evaluate on other seeds.
const (
	DefaultQueuePrice         = 1
	DefaultImaginedQueuePrice = 0.5 // of Imagine
	DefaultLoadPrice          = 1
	DefaultOwnPrice           = 1
)

// defaultPrices are those of Planner and InTurn.
var defaultPrices = Prices{Queue: DefaultQueuePrice, Load: DefaultLoadPrice, Own: DefaultOwnPrice}

// costs are prices in reward.
type costs struct {
	queue, load, own float64   // per second
	wait             []float64 // [K] expected loading in s if a GPU does not hold the model: its share times its load time
}

// of takes shares and deadlines from the settings of the models, also where a trace brings the tasks.
func (c Prices) of(p *params) costs {
	rate, deadline, last := p.taskRate(), 0.0, 0.0
	out := costs{}
	for _, m := range p.models {
		share := math.Min(float64(m.upTo), 1) - last
		last += share
		deadline += float64(share * (float64(m.deadlineLo) + float64(m.deadlineSpan)/2))
		out.wait = append(out.wait, float64(share*float64(m.load)))
	}
	atES := rate * float64(p.A) / float64(p.M)
	out.queue, out.load, out.own = c.Queue*atES/deadline, c.Load*atES/deadline, c.Own*rate/deadline
	return out
}

// taskRate is the mean number of tasks that an IED decides on in a slot, at most 1. Of a queue of arrivals it is the mean
// number of arrivals.
func (p *params) taskRate() float64 {
	switch {
	case p.queue == 0:
		return float64(p.arrival)
	case p.traced:
		return math.Min(1, float64(len(p.trace))/float64(p.A)/float64(p.traceSlots))
	}
	on := 1.0
	if p.markov {
		on = float64(p.startOn)
	}
	mean := 0.0
	for n := range maxArrivals {
		mean += float64(on*(1-float64(p.arrivalCDF[1][n]))) + float64((1-on)*(1-float64(p.arrivalCDF[0][n])))
	}
	return math.Min(1, mean)
}

// ofOwn is the cost of a backlog of an IED that grows from one to another in a slot.
func (c *costs) ofOwn(from, to, slot float32) float64 {
	return float64(c.own * float64(max(to-slot, 0)-max(from-slot, 0)))
}

// ofES is the cost of what ES m has after a slot: the means over its GPUs of backlog and expected loading.
func (c *costs) ofES(w *Worlds, m int) (cost float64) {
	p := w.p
	gpus := m * p.P
	for j := gpus; j < gpus+int(p.gpus[m]); j++ {
		cost += float64(c.queue * float64(max(w.free[j]-p.slot, 0)))
		for k, wait := range c.wait {
			if !w.holds(j, int32(k)) {
				cost += float64(c.load * wait)
			}
		}
	}
	return cost / float64(p.gpus[m])
}

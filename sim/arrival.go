package sim

import (
	"math"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim/engine"
)

// Arrivals is an option: it replaces the Bernoulli arrivals (at most one task per IED and slot) by
// another process. Tasks then wait at their IED, first come first served, and the IED decides on one
// of them per slot. A task's waiting time counts in its latency (as the first of the six parts,
// Outcomes.RadioWait) and against its deadline.
//
// At the start of a slot, waiting tasks whose deadline has passed are lost. The first remaining task
// becomes the current one. Then the slot's arrivals join in their order; an arrival that finds Queue
// tasks already waiting is lost. A lost task involves no decision and no reward, because no action
// can prevent the loss: the queue advances by one task per slot in any case. A Meter counts a lost
// task as failed, with its whole deadline as latency. Tasks that still wait at the end of an episode
// are not counted.
type Arrivals struct {
	Process        string  `yaml:"process,omitempty"`           // ArrivalsPoisson, ArrivalsMarkov or ArrivalsTrace; empty: tasks.probability
	RatePerSlot    float64 `yaml:"rate_per_slot,omitempty"`     // mean number of tasks per IED and slot; markov: of an IED that is on
	OffRatePerSlot float64 `yaml:"off_rate_per_slot,omitempty"` // markov: mean number of tasks of an IED that is off
	SwitchOn       float64 `yaml:"switch_on,omitempty"`         // markov: probability per slot that an IED goes from off to on
	SwitchOff      float64 `yaml:"switch_off,omitempty"`        // markov: probability per slot that an IED goes from on to off
	TraceFile      string  `yaml:"trace_file,omitempty"`        // trace: CSV, see readArrivals; relative to the file that names it
	Window         Window  `yaml:"window,omitempty"`            // trace: the part of the file that an episode plays
	Queue          int     `yaml:"queue,omitempty"`             // largest number of tasks that wait after the current one
}

// Values of Arrivals.Process.
const (
	// The number of tasks per slot is Poisson.
	ArrivalsPoisson = "poisson"
	// The number of tasks per slot is Poisson. Its rate depends on the state, on or off, of a Markov
	// chain of each IED: Fischer and Meier-Hellstern, "The Markov-modulated Poisson process (MMPP)
	// cookbook", Performance Evaluation 18, 1993, in discrete time. A chain starts in its
	// stationary distribution.
	ArrivalsMarkov = "markov"
	// The tasks are read from a file. They are the same in all worlds and episodes, unless these play
	// windows of it (Window).
	ArrivalsTrace = "trace"
)

const (
	maxQueue       = 64
	maxArrivals    = 31 // arrivals of one IED in one slot; at maxArrivalRate, more have a probability below 1e-9
	maxArrivalRate = 8
)

func (s *Scenario) validateArrivals(c *setting.Checker) {
	a := &s.Tasks.Arrivals
	c.Require(a.Process == "" || a.Process == ArrivalsPoisson || a.Process == ArrivalsMarkov || a.Process == ArrivalsTrace,
		"tasks.arrivals.process", a.Process, "poisson, markov or trace; left out: tasks.probability decides")
	poisson, markov := a.Process == ArrivalsPoisson, a.Process == ArrivalsMarkov
	unused(c, "tasks.arrivals.rate_per_slot", a.RatePerSlot, poisson || markov, "process poisson or markov")
	unused(c, "tasks.arrivals.off_rate_per_slot", a.OffRatePerSlot, markov, "process markov")
	unused(c, "tasks.arrivals.switch_on", a.SwitchOn, markov, "process markov")
	unused(c, "tasks.arrivals.switch_off", a.SwitchOff, markov, "process markov")
	c.Require(a.Process == ArrivalsTrace || a.TraceFile == "", "tasks.arrivals.trace_file", a.TraceFile, "left out without process trace")
	a.Window.validate(c, a.Process == ArrivalsTrace)
	c.Require(a.Process != "" || a.Queue == 0, "tasks.arrivals.queue", a.Queue, "left out without a process")
	if a.Process == "" {
		return
	}
	c.Count("tasks.arrivals.queue", a.Queue, 1, maxQueue)
	c.Between("tasks.arrivals.rate_per_slot", a.RatePerSlot, 0, maxArrivalRate)
	c.Between("tasks.arrivals.off_rate_per_slot", a.OffRatePerSlot, 0, maxArrivalRate)
	c.Require(a.Process != ArrivalsTrace || a.TraceFile != "", "tasks.arrivals.trace_file", a.TraceFile, "the path of a CSV file")
	if markov {
		c.Between("tasks.arrivals.switch_on", a.SwitchOn, 1e-6, 1)
		c.Between("tasks.arrivals.switch_off", a.SwitchOff, 1e-6, 1)
	}
}

// unused wants the zero of a setting that only some other setting would read.
func unused(c *setting.Checker, field string, v float64, read bool, with string) {
	c.Require(read || v == 0, field, v, "left out without "+with)
}

func (p *params) setArrivals(s *Scenario) {
	a := &s.Tasks.Arrivals
	p.arrivalCDF = [2][maxArrivals]float32{poissonCDF(a.RatePerSlot), poissonCDF(a.RatePerSlot)}
	if p.markov {
		p.arrivalCDF[0] = poissonCDF(a.OffRatePerSlot)
		p.switchTo = [2]float32{float32(a.SwitchOff), float32(a.SwitchOn)}
		p.startOn = float32(a.SwitchOn / (a.SwitchOn + a.SwitchOff))
	}
	p.perQueue = float32(1 / math.Max(1, float64(a.Queue)))
}

// poissonCDF returns P(N <= n) for n = 0, 1, ..., rounded once.
func poissonCDF(rate float64) (cdf [maxArrivals]float32) {
	term := math.Exp(-rate)
	sum := term
	for n := range cdf {
		cdf[n] = float32(sum)
		term *= rate / float64(n+1)
		sum += term
	}
	return cdf
}

// arrivalState is the state of the option. Each IED has Q places, of which the first `waiting` are in use.
type arrivalState struct {
	age                                         []float32 // [W, A] time that the current task waited before this slot, s
	lost                                        []int32   // [W, A] number of tasks lost at the start of the slot
	lostS                                       []float32 // [W, A] sum of their deadlines
	phase                                       []int32   // [W, A] 1: the IED's chain is on
	waiting                                     []int32   // [W, A]
	waitModel                                   []int32   // [W, A, Q]
	waitData, waitCycles, waitDeadline, waitAge []float32 // [W, A, Q]
}

// arrivalFields lists the state of the option, none if it is off.
func (w *Worlds) arrivalFields() []engine.Array {
	p, n := w.p, w.W*w.p.A
	if p.queue == 0 {
		return nil
	}
	fields := []engine.Array{
		{Name: "age", Floats: &w.age, N: n},
		{Name: "lost_s", Floats: &w.lostS, N: n},
		{Name: "wait_data", Floats: &w.waitData, N: n * p.queue},
		{Name: "wait_cycles", Floats: &w.waitCycles, N: n * p.queue},
		{Name: "wait_deadline", Floats: &w.waitDeadline, N: n * p.queue},
		{Name: "wait_age", Floats: &w.waitAge, N: n * p.queue},
		{Name: "wait_model", Ints: &w.waitModel, N: n * p.queue},
		{Name: "waiting", Ints: &w.waiting, N: n},
		{Name: "lost", Ints: &w.lost, N: n},
	}
	if p.markov {
		fields = append(fields, engine.Array{Name: "phase", Ints: &w.phase, N: n})
	}
	return fields
}

// waited returns the time in s that the current task waited at its IED before this slot.
func (w *Worlds) waited(agent int) float32 {
	if w.p.queue == 0 {
		return 0
	}
	return w.age[agent]
}

// due returns the deadline of the current task, in s from the start of this slot.
func (w *Worlds) due(agent int) float32 { return w.deadline[agent] - w.waited(agent) }

// clearQueues empties the queues of a world at the start of an episode.
func (w *Worlds) clearQueues(world int) {
	lo, n := world*w.p.A, w.p.A
	clear(w.waiting[lo:][:n])
	clear(w.lost[lo:][:n])
	clear(w.lostS[lo:][:n])
	for agent := lo; agent < lo+n; agent++ {
		w.empty(agent)
	}
}

// empty removes the agent's current task.
func (w *Worlds) empty(agent int) {
	w.model[agent] = -1
	w.data[agent], w.cycles[agent], w.deadline[agent], w.age[agent] = 0, 0, 0, 0
	w.setLeast(agent, 0)
}

// arrive advances the queues of a world to the current slot.
func (w *Worlds) arrive(world int, t *moment) {
	p := w.p
	trace := p.traceOf(t)
	for i := range p.A {
		agent := world*p.A + i
		w.lost[agent], w.lostS[agent] = 0, 0
		w.nextWaiting(agent)
		if !p.traced {
			w.drawArrivals(t, i, agent)
		}
		for ; len(trace) > 0 && int(trace[0].ied) == i; trace = trace[1:] {
			w.enqueue(agent, trace[0].task)
		}
	}
}

// nextWaiting adds a slot to the age of the waiting tasks. The first task whose deadline has not
// passed becomes the current one.
func (w *Worlds) nextWaiting(agent int) {
	p, kept, first := w.p, int32(0), agent*w.p.queue
	n := w.waiting[agent]
	w.empty(agent)
	for j := first; j < first+int(n); j++ {
		age := w.waitAge[j] + p.slot
		switch {
		case age >= w.waitDeadline[j]:
			w.lose(agent, w.waitDeadline[j])
		case w.model[agent] < 0:
			w.model[agent], w.age[agent] = w.waitModel[j], age
			w.data[agent], w.cycles[agent], w.deadline[agent] = w.waitData[j], w.waitCycles[j], w.waitDeadline[j]
			if p.levels > 0 {
				w.least[agent] = w.waitLeast[j]
			}
		default:
			to := first + int(kept)
			w.waitModel[to], w.waitAge[to] = w.waitModel[j], age
			w.waitData[to], w.waitCycles[to], w.waitDeadline[to] = w.waitData[j], w.waitCycles[j], w.waitDeadline[j]
			if p.levels > 0 {
				w.waitLeast[to] = w.waitLeast[j]
			}
			kept++
		}
	}
	w.waiting[agent] = kept
}

// lose counts a task that is lost before its IED decides on it.
func (w *Worlds) lose(agent int, deadline float32) {
	w.lost[agent]++
	w.lostS[agent] += deadline
}

// enqueue makes a new task the current one, adds it to the queue, or counts it as lost.
func (w *Worlds) enqueue(agent int, x task) {
	switch n := w.waiting[agent]; {
	case w.model[agent] < 0:
		w.model[agent], w.data[agent], w.cycles[agent], w.deadline[agent] = x.model, x.data, x.cycles, x.deadline
		w.setLeast(agent, x.least)
	case int(n) == w.p.queue:
		w.lose(agent, x.deadline)
	default:
		j := agent*w.p.queue + int(n)
		w.waitModel[j], w.waitAge[j] = x.model, 0
		w.waitData[j], w.waitCycles[j], w.waitDeadline[j] = x.data, x.cycles, x.deadline
		if w.p.levels > 0 {
			w.waitLeast[j] = x.least
		}
		w.waiting[agent]++
	}
}

// drawArrivals draws the state of the IED's chain, the number of its new tasks and the tasks.
func (w *Worlds) drawArrivals(t *moment, i, agent int) {
	p := w.p
	number, change, _, _ := t.words(uint32(i), streamArrival)
	cdf := &p.arrivalCDF[w.nextPhase(t, agent, change)]
	u := philox.Uniform(number)
	for n := 0; n < maxArrivals && u >= cdf[n]; n++ {
		_, kind, size, work := t.words(uint32(i), streamBurst+2*uint32(n))
		limit, ask, _, _ := t.words(uint32(i), streamBurst+2*uint32(n)+1)
		w.enqueue(agent, p.sample(kind, size, work, limit, ask))
	}
}

// nextPhase returns the state of the IED's chain in this slot: 1 is on.
func (w *Worlds) nextPhase(t *moment, agent int, change uint32) int32 {
	p, u := w.p, philox.Uniform(change)
	if !p.markov {
		return 1
	}
	phase := &w.phase[agent]
	switch {
	case t.slot == 0:
		*phase = 0
		if u < p.startOn {
			*phase = 1
		}
	case u < p.switchTo[1-*phase]:
		*phase = 1 - *phase
	}
	return *phase
}

// reportLost copies the slot's lost tasks to the outcomes of its step.
func (w *Worlds) reportLost(world int) {
	lo, hi := world*w.p.A, (world+1)*w.p.A
	copy(w.Task.Lost[lo:hi], w.lost[lo:hi])
	copy(w.Task.LostS[lo:hi], w.lostS[lo:hi])
}

// observeLost counts an agent's lost tasks as failed tasks that waited until their deadline. If there
// are several, the histogram counts each at their mean deadline.
func (m *Meter) observeLost(w *Worlds, n int, e *worldMeter) {
	lost, total := int64(w.Task.Lost[n]), float64(w.Task.LostS[n])
	if lost == 0 {
		return
	}
	e.tasks += lost
	e.latency += total
	m.sums.tasks += lost
	m.sums.lost += lost
	m.sums.radioWait += total
	m.histogram[min(int(total/float64(lost)/m.binS), latencyBins)] += lost
}

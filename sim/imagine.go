package sim

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
)

// Imagine is a reference: planning by IEDs that do not know each other's tasks. An IED knows its own task, the rules, and all
// gains, queues and caches. It imagines the tasks of the others Samples times, plans each draw by single moves from one order, most data first, and takes the
// action with the largest mean value beside these plans. All IEDs of a world imagine the same draws.
//
// Tasks are drawn from the scenario's law of arrivals. With a queue of arrivals, an IED is imagined to have a new task; the
// probability is the mean number of arrivals in a slot, at most 1. A task of a trace is any of its rows.
type Imagine struct {
	Prices `yaml:",inline"`
	// Samples is the number of imagined draws of a slot.
	Samples int `yaml:"samples"`
	key     [2]uint32
	crew    crew
}

// DefaultSamples is the default of Imagine.Samples. With 32 the reward is 3 % better at 30 IEDs and the same at 50, for four
// times the time.
const DefaultSamples = 8

// maxSamples is the number of draws that have random streams.
const maxSamples = 64

// Name returns the policy's name.
func (*Imagine) Name() string { return imagine }

// Check reports the settings that are not allowed.
func (q *Imagine) Check(c *setting.Checker) {
	q.Prices.Check(c)
	c.Count("samples", q.Samples, 1, maxSamples)
}

// Act decides for every IED.
func (q *Imagine) Act(w *Worlds, actions []int32) {
	rate := float32(w.p.taskRate())
	q.crew.each(w, q.Prices, func(t *trial, world int) {
		m := w.moment(world)
		m.key = q.key
		t.begin(w, world)
		known, imagined, played := t.w.slotTasks(), newSlotTasks(w.A), newSlotTasks(w.A)
		value := make([]float64, w.A*w.U)
		for sample := range q.Samples {
			imagined.draw(w.p, &m, uint32(sample), rate)
			played.copy(&imagined)
			t.w.useTasks(played)
			t.clear()
			t.settle(t.order(mostData))
			t.answer(&known, &imagined, value)
		}
		t.w.useTasks(known)
		t.w.best(value, actions[world*w.A:][:w.A])
	})
}

// slotTasks are the tasks of the IEDs of a world in a slot, each [A]; age is nil without a queue of arrivals.
type slotTasks struct {
	model                       []int32
	data, cycles, deadline, age []float32
	least                       []float32 // nil without services
}

func newSlotTasks(n int) slotTasks {
	return slotTasks{make([]int32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
}

// slotTasks returns the tasks of a Worlds with one world, and useTasks replaces them.
func (w *Worlds) slotTasks() slotTasks {
	return slotTasks{w.model, w.data, w.cycles, w.deadline, w.age, w.least}
}

func (w *Worlds) useTasks(x slotTasks) {
	w.model, w.data, w.cycles, w.deadline, w.age, w.least = x.model, x.data, x.cycles, x.deadline, x.age, x.least
}

// draw imagines a task for each IED, or none.
func (x *slotTasks) draw(p *params, m *moment, sample uint32, rate float32) {
	stream := streamImagined + 2*sample
	clear(x.age)
	for i := range x.model {
		arrival, kind, size, work := m.words(uint32(i), stream)
		if philox.Uniform(arrival) >= rate {
			x.model[i] = -1
			continue
		}
		limit, ask, _, _ := m.words(uint32(i), stream+1)
		k := p.imagined(kind, size, work, limit, ask)
		x.model[i], x.data[i], x.cycles[i], x.deadline[i], x.least[i] = k.model, k.data, k.cycles, k.deadline, k.least
	}
}

// imagined turns five words into a task.
func (p *params) imagined(kind, size, work, limit, ask uint32) task {
	if p.traced {
		return p.trace[uint64(kind)*uint64(len(p.trace))>>32].task
	}
	return p.sample(kind, size, work, limit, ask)
}

// copy takes all tasks from others.
func (x *slotTasks) copy(from *slotTasks) {
	for i := range x.model {
		x.take(i, from)
	}
}

// take replaces the task of one IED.
func (x *slotTasks) take(i int, from *slotTasks) {
	x.model[i], x.data[i], x.cycles[i], x.deadline[i] = from.model[i], from.data[i], from.cycles[i], from.deadline[i]
	if from.age != nil {
		x.age[i] = from.age[i]
	}
	if from.least != nil {
		x.least[i] = from.least[i]
	}
}

// answer adds, for each IED with a task, the value of each of its actions [A, U] beside the plan of the others. The values of
// an IED have a common offset, which does not matter to its choice.
func (t *trial) answer(known, imagined *slotTasks, value []float64) {
	for i, model := range known.model {
		if model < 0 {
			continue
		}
		played := t.w.slotTasks()
		played.take(i, known)
		for k := range t.w.choices(i) {
			a := t.w.choice(i, k)
			value[i*t.w.U+int(a)] += t.change([]move{{int32(i), a}}, false)
		}
		played.take(i, imagined)
	}
}

// best sets the legal action with the largest value [A, U] of every IED.
func (w *Worlds) best(value []float64, actions []int32) {
	clear(actions)
	for i := range actions {
		if w.model[i] < 0 {
			continue
		}
		v := value[i*w.U:][:w.U]
		actions[i] = w.choice(i, 0)
		for k := range w.choices(i) {
			if a := w.choice(i, k); v[a] > v[actions[i]] {
				actions[i] = a
			}
		}
	}
}

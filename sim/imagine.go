package sim

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
)

// Imagine is a reference: planning by IEDs that do not know each other's tasks. An IED knows its own task, the rules, and all
// gains, queues and caches. It imagines the tasks of the others Samples times, plans each draw like Planner (without exchanges), and takes the
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

// DefaultSamples is the default of Imagine.Samples. Four draws lose 2 to 3 % of the reward of 16; 32 are no better
// than 16 at 50 IEDs.
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
		known, imagined, dealt := t.w.handed(), newHand(w.A), newHand(w.A)
		value := make([]float64, w.A*w.U)
		for sample := range q.Samples {
			imagined.draw(w.p, &m, uint32(sample), rate)
			dealt.copy(&imagined)
			t.w.deal(dealt)
			t.clear()
			t.settle(t.order(mostData))
			t.answer(&known, &imagined, value)
		}
		t.w.deal(known)
		t.w.best(value, actions[world*w.A:][:w.A])
	})
}

// hand is the tasks of the IEDs of a world, each [A]; age is nil without a queue of arrivals.
type hand struct {
	model                       []int32
	data, cycles, deadline, age []float32
}

func newHand(n int) hand {
	return hand{make([]int32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
}

// handed returns the tasks of worlds with one world.
func (w *Worlds) handed() hand { return hand{w.model, w.data, w.cycles, w.deadline, w.age} }

// deal gives them other tasks.
func (w *Worlds) deal(h hand) {
	w.model, w.data, w.cycles, w.deadline, w.age = h.model, h.data, h.cycles, h.deadline, h.age
}

// draw imagines a task for each IED, or none.
func (h *hand) draw(p *params, m *moment, sample uint32, rate float32) {
	stream := streamImagined + 2*sample
	clear(h.age)
	for i := range h.model {
		arrival, kind, size, work := m.words(uint32(i), stream)
		if philox.Uniform(arrival) >= rate {
			h.model[i] = -1
			continue
		}
		limit, _, _, _ := m.words(uint32(i), stream+1)
		h.set(i, p.imagined(kind, size, work, limit))
	}
}

func (h *hand) set(i int, x task) {
	h.model[i], h.data[i], h.cycles[i], h.deadline[i] = x.model, x.data, x.cycles, x.deadline
}

// imagined turns four words into a task.
func (p *params) imagined(kind, size, work, limit uint32) task {
	if p.traced {
		return p.trace[uint64(kind)*uint64(len(p.trace))>>32].task
	}
	return p.sample(kind, size, work, limit)
}

// copy takes all tasks of another hand.
func (h *hand) copy(from *hand) {
	copy(h.model, from.model)
	copy(h.data, from.data)
	copy(h.cycles, from.cycles)
	copy(h.deadline, from.deadline)
	copy(h.age, from.age)
}

// give replaces the task of an IED by its task in another hand.
func (h *hand) give(i int, from *hand) {
	h.model[i], h.data[i], h.cycles[i], h.deadline[i] = from.model[i], from.data[i], from.cycles[i], from.deadline[i]
	if from.age != nil {
		h.age[i] = from.age[i]
	}
}

// answer adds, for each IED with a task, the value of each of its actions [A, U] beside the plan of the others, up to a number
// that its actions share.
func (t *trial) answer(known, imagined *hand, value []float64) {
	for i, model := range known.model {
		if model < 0 {
			continue
		}
		dealt := t.w.handed()
		dealt.give(i, known)
		for k := range t.w.choices(i) {
			a := t.w.choice(i, k)
			value[i*t.w.U+int(a)] += t.change([]move{{int32(i), a}}, false)
		}
		dealt.give(i, imagined)
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
		for k := range w.choices(i) {
			if a := w.choice(i, k); v[a] > v[actions[i]] {
				actions[i] = a
			}
		}
	}
}

package sim

import (
	"math"
	"slices"
	"testing"
)

// TestImagineDoesNotKnowTheOthersTasks changes the tasks of all IEDs but one: its action stays the same.
func TestImagineDoesNotKnowTheOthersTasks(t *testing.T) {
	for _, queue := range []int{0, 3} {
		s := paper(t, func(s *Scenario) {
			s.Tasks.Probability = 0.7
			if queue > 0 {
				s.Tasks.Arrivals = Arrivals{Process: ArrivalsPoisson, RatePerSlot: 0.7, Queue: queue}
			}
		})
		w, random, actions := start(t, s, 2, 5)
		p, compared, changed := policy(t, "imagine", s), 0, 0
		for range 20 {
			play(t, w, random, actions, 1)
			state := marshal(t, w)
			p.Act(w, actions)
			want := slices.Clone(actions)
			for n := 1; n < w.W*w.A; n++ {
				w.model[n] = (w.model[n]+2)%4 - 1 // or none
				w.data[n], w.cycles[n], w.deadline[n] = 3e6, 4e9, 1.5
			}
			p.Act(w, actions)
			if w.model[0] >= 0 {
				compared++
			}
			if actions[0] != want[0] {
				t.Fatalf("IED 0 chose %d, and %d after the tasks of the others changed", want[0], actions[0])
			}
			if !slices.Equal(actions, want) {
				changed++
			}
			restore(t, w, state)
		}
		if compared < 5 || changed < 5 {
			t.Errorf("%d decisions were compared, %d slots changed", compared, changed)
		}
	}
}

// TestImaginedTasksFollowTheLaw compares the frequencies and means of imagined tasks with the settings of paper, and of queues of
// arrivals. The tolerances are five standard errors.
func TestImaginedTasksFollowTheLaw(t *testing.T) {
	for _, c := range []struct {
		arrivals Arrivals
		rate     float64
	}{
		{Arrivals{}, 0.4},
		{Arrivals{Process: ArrivalsPoisson, RatePerSlot: 0.3, Queue: 2}, 0.3},
		{Arrivals{Process: ArrivalsPoisson, RatePerSlot: 3, Queue: 2}, 1},
		{Arrivals{Process: ArrivalsMarkov, RatePerSlot: 1.2, OffRatePerSlot: 0.1, SwitchOn: 0.1, SwitchOff: 0.3, Queue: 2}, 0.25*1.2 + 0.75*0.1},
	} {
		s := paper(t, func(s *Scenario) { s.Tasks.Arrivals = c.arrivals })
		w, _, _ := start(t, s, 1, 1)
		rate := w.p.taskRate()
		within(t, "rate", rate, c.rate, 1e-6)
		h, m, draws := newSlotTasks(w.A), w.moment(0), 0
		var tasks, first, data float64
		for slot := range uint32(40) {
			m.slot = slot
			for sample := range uint32(maxSamples) {
				h.draw(w.p, &m, sample, float32(rate))
				for i, k := range h.model {
					draws++
					if k < 0 {
						continue
					}
					tasks++
					if k == 0 {
						first++
						data += float64(h.data[i])
					}
				}
			}
		}
		n := float64(draws)
		within(t, "share of IEDs with a task", tasks/n, c.rate, 5*math.Sqrt(0.25/n))
		within(t, "share of model 0", first/tasks, 0.5, 5*math.Sqrt(0.25/tasks))
		within(t, "data of model 0", data/first, 3.5e6, 5*3e6/math.Sqrt(12*first))
	}
}

// Tasks of a trace are rows of it, all equally likely.
func TestImaginedTasksOfATrace(t *testing.T) {
	p := newParams(paper(t, nil))
	p.traced, p.queue, p.traceSlots = true, 1, 5
	for k := range int32(3) {
		p.trace = append(p.trace, tracedTask{task: task{model: k, data: float32(k)}})
	}
	within(t, "rate", p.taskRate(), 3.0/30/5, 1e-9)
	h, m, seen := newSlotTasks(3000), moment{}, [3]int{}
	h.draw(p, &m, 0, 2)
	for i, k := range h.model {
		if h.data[i] != float32(k) {
			t.Fatalf("model %d with the data of another row: %v", k, h.data[i])
		}
		seen[k]++
	}
	for _, n := range seen {
		within(t, "tasks of a row", float64(n), 1000, 130)
	}
}

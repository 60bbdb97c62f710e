package sim

import "github.com/gmel-go/gmel/kernels/philox"

// beginSlot draws the tasks and the fading of the current slot and writes the
// observations and masks.
func (w *Worlds) beginSlot(world int) {
	t := w.moment(world)
	if w.p.queue > 0 {
		w.arrive(world, &t)
	}
	for i := range w.p.A {
		agent := world*w.p.A + i
		if w.p.queue == 0 {
			w.drawTask(&t, i, agent)
		}
		w.drawFading(&t, i, agent)
		w.allow(agent)
		if !w.blind {
			w.observe(world, agent)
		}
	}
	if w.telling {
		w.listServers(world, w.Servers)
	}
}

// drawTask gives IED i a task with probability p. Without a task w.model is -1.
func (w *Worlds) drawTask(t *moment, i, agent int) {
	p := w.p
	arrival, kind, size, work := t.words(uint32(i), streamTask)
	if philox.Uniform(arrival) >= p.arrival {
		w.model[agent] = -1
		w.data[agent], w.cycles[agent], w.deadline[agent] = 0, 0, 0
		w.setLeast(agent, 0)
		return
	}
	limit, ask, _, _ := t.words(uint32(i), streamLimit)
	x := p.sample(kind, size, work, limit, ask)
	w.model[agent], w.data[agent], w.cycles[agent], w.deadline[agent] = x.model, x.data, x.cycles, x.deadline
	w.setLeast(agent, x.least)
}

// sample turns five words into a task.
func (p *params) sample(kind, size, work, limit, ask uint32) task {
	k, share := 0, philox.Uniform(kind)
	for share >= p.models[k].upTo {
		k++
	}
	m := &p.models[k]
	steps := m.stepsLo + float32(int32(philox.Uniform(work)*m.stepsCount))
	x := task{
		model:    int32(k),
		data:     m.dataLo + float32(philox.Uniform(size)*m.dataSpan),
		cycles:   float32(steps * m.cyclesPerStep),
		deadline: m.deadlineLo + float32(philox.Uniform(limit)*m.deadlineSpan),
	}
	p.ask(&x, philox.Uniform(ask))
	return x
}

// drawFading multiplies the mean gains by this slot's small-scale power. Two
// candidates share one block of random words.
func (w *Worlds) drawFading(t *moment, i, agent int) {
	p := w.p
	gain, los, now := w.gain[agent*p.C:][:p.C], w.los[agent*p.C:][:p.C], w.now[agent*p.C:][:p.C]
	for c := 0; c < p.C; c += 2 {
		r0, a0, r1, a1 := t.words(uint32(i), streamFading+uint32(c/2))
		now[c] = float32(gain[c] * p.fading(r0, a0, los[c]))
		if c+1 < p.C {
			now[c+1] = float32(gain[c+1] * p.fading(r1, a1, los[c+1]))
		}
	}
}

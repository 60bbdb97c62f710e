package sim

import (
	"math"

	"github.com/gmel-go/gmel/internal/setting"
)

// DisciplineSharing, compute.discipline, is an option: the GPU of an ES shares its speed equally among the
// tasks of a slot instead of serving one after the other.
//
// With plain egalitarian sharing, tasks of a later slot would slow earlier tasks whose reward is
// already known. So sharing is gated, as in Rege and Sengupta, "A single server queue with gated
// processor-sharing discipline", Queueing Systems 4, 1989. Each slot is a gate: its tasks enter
// after their arrival, but not before the tasks of earlier slots have left (at w.free). They share
// the GPU only with each other. No work is lost or done twice. If an ES empties within the slot,
// this is egalitarian processor sharing.
//
// A task whose model is absent when it enters loads the model first (LRU, in the order of arrival).
// Loading does not slow other tasks. Tasks that need the same model wait for it. An evicted model
// remains usable for tasks that entered earlier. A task leaves when its work is done or its deadline
// passes. Switch is its wait for the model, Compute the time from then until it leaves. Its energy
// is that of its load and of its GPU time. Heuristics assume n_m equal shares, with n_m of the last
// slot.
const DisciplineSharing = "sharing"

func (s *Scenario) validateDiscipline(c *setting.Checker) {
	p := &s.Compute
	c.Require(p.Discipline == "" || p.Discipline == DisciplineSharing, "compute.discipline", p.Discipline,
		DisciplineSharing+"; left out: first come first served")
	alone := p.Batch.Max == 0
	for _, g := range p.ServerGPUs {
		alone = alone && g == 1
	}
	c.Require(p.Discipline == "" || alone, "compute.discipline", p.Discipline, "left out with batches or several GPUs per server")
}

// sharer is a task that shares an ES.
type sharer struct {
	agent      int32
	entry, due float32 // s from the start of the slot
	left, work float32 // remaining and total work, in s alone on the GPU
}

// share runs the tasks of a slot at ES m, sorted by arrival: O(n^2) for n tasks.
func (w *Worlds) share(world, m int, keys []uint64, s *scratch) {
	inside := w.admit(world, m, keys, s)
	es, now := world*w.p.M+m, float32(0)
	for len(inside) > 0 {
		n, next := nextEvent(inside, now)
		stay := 0
		for _, x := range inside {
			active := x.entry <= now
			end := now + float32(x.left*n)
			switch {
			case active && end <= next:
				x.left = 0
				w.leave(world, m, &x, end)
			case x.due <= next:
				if active {
					x.left = max(x.left-(next-now)/n, 0)
				}
				w.leave(world, m, &x, next)
			default:
				if active {
					x.left = max(x.left-(next-now)/n, 0)
				}
				inside[stay] = x
				stay++
			}
		}
		w.free[es] = max(w.free[es], next)
		inside, now = inside[:stay], next
	}
}

// admit lets the tasks of a slot enter. A task whose deadline passes before is not started.
func (w *Worlds) admit(world, m int, keys []uint64, s *scratch) []sharer {
	p, t, es := w.p, &w.Task, world*w.p.M+m
	inside := s.inside[:0]
	clear(s.ready)
	for _, key := range keys {
		agent := world*p.A + int(uint32(key))
		due, k := w.due(agent), w.model[agent]
		start := max(w.radio[agent], w.free[es])
		t.QueueWait[agent] = start - w.radio[agent]
		if start >= due {
			w.fail(agent)
			continue
		}
		if !w.touch(es, k) {
			s.ready[k] = start + p.models[k].load
			t.Energy[agent] += float32(p.gpuW * (min(s.ready[k], due) - start))
		}
		entry, work := max(start, s.ready[k]), w.work(agent)/p.serverSpeed[m]
		t.Switch[agent] = entry - start
		inside = append(inside, sharer{int32(agent), entry, due, work, work})
	}
	return inside
}

// nextEvent returns the number of tasks that share the GPU now, and the time of the next event: a
// task finishes, a task enters, or a deadline passes.
func nextEvent(inside []sharer, now float32) (n, next float32) {
	for _, x := range inside {
		if x.entry <= now {
			n++
		}
	}
	next = math.MaxFloat32
	for _, x := range inside {
		next = min(next, x.due)
		if x.entry > now {
			next = min(next, x.entry)
		} else {
			next = min(next, now+float32(x.left*n))
		}
	}
	return n, next
}

// leave records the result of a task that leaves the ES at time `end`: finished if no work is left,
// otherwise aborted.
func (w *Worlds) leave(world, m int, x *sharer, end float32) {
	t, agent := &w.Task, int(x.agent)
	t.Compute[agent] = max(end-x.entry, 0)
	t.Energy[agent] += float32(w.p.gpuW * (x.work - x.left))
	if x.left > 0 {
		w.fail(agent)
		return
	}
	w.deliver(world, m, agent, end)
}

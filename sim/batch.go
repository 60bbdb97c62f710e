package sim

import "github.com/gmel-go/gmel/internal/setting"

// Batch is an option: a GPU runs several tasks of one model at once. When the GPU becomes free, at
// time s, it starts the first task in the order of commit. Other tasks join the batch in the order
// of arrival, up to Max tasks in all. A task joins if it belongs to the same slot, has the same
// model, has arrived by s and has a deadline after s. Tasks of later slots do not join, even if the
// batch starts in a later slot; so T is known when the slot is resolved. A task that joins may
// overtake tasks of other models.
//
// The time of a step of b tasks is affine in b, (phi + (1 - phi) b) c_k/F, as measured on GPUs and
// analysed by Inoue, "Queueing analysis of GPU-based inference servers with dynamic batching",
// Performance Evaluation 147, 2021 (alpha b + tau_0). The batch runs as many steps as its longest
// task needs, and all its tasks end together:
//
//	e = s + X + max C/F (phi + (1 - phi) b)
//
// With services (Service) a batch of b takes what the table says for its longest task, and there is no phi.
//
// A batch is aborted when the last of its deadlines passes. Its tasks share its energy equally.
// Heuristics assume a batch of one task.
type Batch struct {
	Max        int     `yaml:"max,omitempty"`         // b_max; 0: no batches
	FixedShare float64 `yaml:"fixed_share,omitempty"` // phi, the fraction of a step's time that does not grow with b
}

const maxBatch = 64

func (s *Scenario) validateBatch(c *setting.Checker) {
	b := &s.Compute.Batch
	c.Require(b.Max == 0 || b.Max >= 2 && b.Max <= maxBatch, "compute.batch.max", b.Max, "a whole number from 2 to 64; left out: no batches")
	c.Between("compute.batch.fixed_share", b.FixedShare, 0, 1)
	unused(c, "compute.batch.fixed_share", b.FixedShare, b.Max > 0, "compute.batch.max")
}

func (p *params) setBatch(s *Scenario) {
	p.batchMax = s.Compute.Batch.Max
	for b := range p.batchTime {
		phi := s.Compute.Batch.FixedShare
		p.batchTime[b] = float32(phi + (1-phi)*float64(b))
	}
}

// servedKey replaces the key of a task that has joined a batch; no arrival has these bits.
const servedKey = ^uint64(0)

// serveBatches runs the tasks of a slot at ES m, sorted by arrival. The search for the tasks of a
// batch ends at the first one that arrives after the start.
func (w *Worlds) serveBatches(world, m int, keys []uint64) {
	for at, key := range keys {
		if key != servedKey {
			w.serveBatch(world, m, keys[at:])
		}
	}
}

// serveBatch starts the first task and the tasks that join it.
func (w *Worlds) serveBatch(world, m int, keys []uint64) {
	p, t := w.p, &w.Task
	es := world*p.M + m
	gpu, head := w.nextGPU(es, m), world*p.A+int(uint32(keys[0]))
	start := max(w.radio[head], w.free[gpu])
	if start >= w.due(head) {
		t.QueueWait[head] = start - w.radio[head]
		w.fail(head)
		return
	}
	var members [maxBatch]int32
	b := w.gather(world, start, keys, &members)
	load, work, last := float32(0), float32(0), float32(0)
	if !w.touch(gpu, w.model[head]) {
		load = p.models[w.model[head]].load
	}
	for _, agent := range members[:b] {
		work, last = max(work, w.batchWork(int(agent), b)), max(last, w.due(int(agent)))
	}
	run := float32(work / p.serverSpeed[m] * p.batchTime[b])
	end := start + load + run
	w.free[gpu] = min(end, last)
	energy := float32(p.gpuW*(w.free[gpu]-start)) / float32(b)
	for _, member := range members[:b] {
		agent := int(member)
		t.QueueWait[agent] = start - w.radio[agent]
		t.Switch[agent], t.Compute[agent] = load, run
		t.Energy[agent] += energy
		w.deliver(world, m, agent, end)
	}
}

// gather lists the tasks that start together at `start`, including that of the first key, and marks
// their keys.
func (w *Worlds) gather(world int, start float32, keys []uint64, members *[maxBatch]int32) (b int) {
	model := w.model[world*w.p.A+int(uint32(keys[0]))]
	for at, key := range keys {
		if key == servedKey {
			continue
		}
		agent := world*w.p.A + int(uint32(key))
		if w.radio[agent] > start || b == w.p.batchMax {
			break
		}
		if w.model[agent] == model && w.due(agent) > start {
			members[b] = int32(agent)
			b++
			keys[at] = servedKey
		}
	}
	return b
}

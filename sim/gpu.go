package sim

import "slices"

// Several GPUs per ES: ES m has G_m GPUs of speed F_m each behind one queue. A task runs on
// one GPU, the one that is free first, the lowest index on ties: first come first served in a
// multi-server queue, the recursion of Kiefer and Wolfowitz, "On the theory of queues with
// many servers", Trans. AMS 78, 1955.
//
// Every GPU has its own cache of models, since GPU memory is not shared, and since in a cache
// of the whole ES a second GPU would compute with a model that the first is still loading.
// The dispatcher does not look at the caches. An IED observes, and heuristics predict with,
// the GPU that is free first: its backlog, its models.

func (p *params) setGPUs(s *Scenario) {
	for m := range p.M {
		n := 1
		if g := s.Compute.ServerGPUs; len(g) > 0 {
			n = g[m%len(g)]
		}
		p.gpus = append(p.gpus, int32(n))
	}
	p.P = int(slices.Max(p.gpus))
}

// nextGPU returns the index (w M + m) P + j of the GPU of ES m (index es = w M + m) that is
// free first, the lowest j on ties.
func (w *Worlds) nextGPU(es, m int) int {
	p := w.p
	first := es * p.P
	next := first
	for gpu := first + 1; gpu < first+int(p.gpus[m]); gpu++ {
		if w.free[gpu] < w.free[next] {
			next = gpu
		}
	}
	return next
}

// candidateGPU returns the GPU that would serve the agent's candidate c next.
func (w *Worlds) candidateGPU(world, agent, c int) int {
	m := int(w.cand[agent*w.p.C+c])
	return w.nextGPU(world*w.p.M+m, m)
}

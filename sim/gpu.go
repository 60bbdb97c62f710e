package sim

import "slices"

// Several GPUs per ES: ES m has G_m GPUs, each of speed F_m, and one queue. A task runs on the GPU
// that is free first, the lowest index on ties. This is first come first served in a multi-server
// queue, the recursion of Kiefer and Wolfowitz, "On the theory of queues with many servers",
// Trans. AMS 78, 1955.
//
// Every GPU has its own cache of models, because GPU memory is not shared. With one cache per ES, a
// second GPU would compute with a model that the first is still loading. The dispatcher ignores the
// caches. IEDs observe the backlog and the models of the GPU that is free first, and heuristics
// predict with them.

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

// nextGPU returns the index (w M + m) P + j of ES m's first free GPU j, the lowest j on ties.
// The index of the ES is es = w M + m.
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

// candidateGPU returns the first free GPU of the agent's candidate c.
func (w *Worlds) candidateGPU(world, agent, c int) int {
	m := int(w.cand[agent*w.p.C+c])
	return w.nextGPU(world*w.p.M+m, m)
}

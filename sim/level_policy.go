package sim

// withLevel is the action of a heuristic that has chosen a destination. Where nothing waits there, it is the legal level with the
// largest own reward by prediction, among those that meet the deadline; of equals the cheapest. Elsewhere a longer task would
// delay those after it, so it is the cheapest legal level. Without reward.quality_weight no quality pays, and it is always
// the cheapest.
func (w *Worlds) withLevel(agent int, to int32) int32 {
	p := w.p
	if p.levels == 0 {
		return to
	}
	k, tau := int(w.model[agent]), w.deadline[agent]
	best := p.cheapest(int32(k), w.least[agent])
	if p.qualityWeight == 0 || !w.idle(agent, to) {
		return p.join(to, int32(best))
	}
	value := func(l int) float32 {
		t := w.predict(agent, int(to), 1, p.levelCycles[k*p.levels+l]) + w.waited(agent)
		return float32(p.qualityWeight*p.levelQuality[k*p.levels+l]) - t/tau
	}
	most := value(best)
	for l := range p.levels {
		late := w.predict(agent, int(to), 1, p.levelCycles[k*p.levels+l]) > w.due(agent)
		if v := value(l); w.enough(agent, l) && !late && v > most {
			best, most = l, v
		}
	}
	return p.join(to, int32(best))
}

// idle reports whether nothing waits at a destination at the start of the slot.
func (w *Worlds) idle(agent int, to int32) bool {
	switch {
	case to == 0:
		return w.compute[agent] == 0
	case int(to) > w.p.C:
		return true
	}
	return w.free[w.candidateGPU(agent/w.p.A, agent, int(to)-1)] == 0
}

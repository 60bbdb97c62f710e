package sim

// serveAll runs the tasks that arrived at ES m in a slot, in the order of keys.
func (w *Worlds) serveAll(world, m int, keys []uint64, s *scratch) {
	switch {
	case w.p.sharing:
		w.share(world, m, keys, s)
	case w.p.batchMax > 0:
		w.serveBatches(world, m, keys)
	default:
		for _, key := range keys {
			w.serve(world, m, world*w.p.A+int(uint32(key)))
		}
	}
}

// serve runs one task on ES m's first free GPU, first come first served. The caller must call it in
// the order of commit: earlier slots first, within a slot by (arrival, IED).
//
//	start s = max(A, free), X = L_k unless the model is in GPU memory,
//	end   e = s + X + C/F,  T = e + O/r_dn, completed iff T <= tau.
//
// A task with s >= tau is not started. A task that still runs at tau is aborted:
// the GPU is busy until then, and a model whose load has begun stays in the cache.
func (w *Worlds) serve(world, m, agent int) {
	p, t := w.p, &w.Task
	es := world*p.M + m
	tau, arrival := w.due(agent), w.radio[agent]
	gpu := w.nextGPU(es, m)
	start := max(arrival, w.free[gpu])
	t.QueueWait[agent] = start - arrival
	if start >= tau {
		w.fail(agent)
		return
	}
	if !w.touch(gpu, w.model[agent]) {
		t.Switch[agent] = p.models[w.model[agent]].load
	}
	t.Compute[agent] = w.work(agent) / p.serverSpeed[m]
	end := start + t.Switch[agent] + t.Compute[agent]
	w.free[gpu] = min(end, tau)
	t.Energy[agent] += float32(p.gpuW * (w.free[gpu] - start))
	w.deliver(world, m, agent, end)
}

// deliver sends the result of a task that ES m finishes at time `end`.
func (w *Worlds) deliver(world, m, agent int, end float32) {
	p, t := w.p, &w.Task
	to, _ := p.split(t.Action[agent])
	gain := w.now[agent*p.C+int(to)-1]
	t.Download[agent] = t.ResultBits[agent] / p.downlink(gain, float32(w.load[world*p.M+m]))
	w.finish(agent, end+t.Download[agent])
}

// runLocal runs a task on the IED's own processor, first come first served, with
// the same deadline rule. The processor holds every model.
func (w *Worlds) runLocal(agent int) {
	p, t := w.p, &w.Task
	w.compute[agent] = w.granted(agent, w.compute[agent])
	tau, start, f := w.due(agent), w.compute[agent], w.speed[agent]
	t.RadioWait[agent] = w.waited(agent)
	t.QueueWait[agent] = start
	if start >= tau {
		w.fail(agent)
		return
	}
	t.Compute[agent] = w.work(agent) / f
	end := start + t.Compute[agent]
	w.compute[agent] = min(end, tau)
	// The energy is kappa f^2 per cycle. An aborted task used only the cycles until its deadline.
	run := float32((w.compute[agent] - start) * f)
	t.Energy[agent] = float32(float32(float32(p.kappa*f)*f) * run)
	w.finish(agent, end)
}

// finish sets the result of a started task that ends `latency` after the start of the slot.
func (w *Worlds) finish(agent int, latency float32) {
	if latency > w.due(agent) {
		w.fail(agent)
		return
	}
	w.Task.Completed[agent] = true
	w.Task.Latency[agent] = min(latency+w.waited(agent), w.deadline[agent])
}

// fail sets the latency to tau and cuts its parts, in their order, so that they add up to tau.
func (w *Worlds) fail(agent int) {
	t := &w.Task
	rest := w.deadline[agent]
	t.Latency[agent] = rest
	for _, part := range [...][]float32{t.RadioWait, t.Upload, t.QueueWait, t.Switch, t.Compute, t.Download} {
		part[agent] = min(part[agent], rest)
		rest -= part[agent]
	}
}

// touch makes the model the most recently used one of a GPU and reports whether
// it was in GPU memory; if not, it replaces the least recently used one.
func (w *Worlds) touch(gpu int, model int32) (held bool) {
	cache := w.cache[gpu*w.p.G:][:w.p.G]
	at := len(cache) - 1
	for j, k := range cache {
		if k == model {
			at, held = j, true
			break
		}
	}
	copy(cache[1:at+1], cache[:at])
	cache[0] = model
	return held
}

package sim

import (
	"math"
	"slices"
)

// stepWorld plays one slot of one world: first the uploads of all IEDs, then the
// queue of every ES, then the clock.
func (w *Worlds) stepWorld(world int, s *scratch) {
	w.Truncated[world] = false
	w.clearOutcomes(world*w.p.A, (world+1)*w.p.A)
	if w.p.queue > 0 {
		w.reportLost(world)
	}
	w.countLoad(world, s)
	if w.p.reuse {
		w.measureInterference(world)
	}
	w.decide(world, s)
	for m := range w.p.M {
		keys := s.keys[s.start[m]:s.start[m+1]]
		slices.Sort(keys) // by arrival, then by IED: the order of commit
		w.serveAll(world, m, keys, s)
	}
	w.rewardWorld(world)
	w.advance(world)
	w.slot[world]++
	if k := w.p.moveSlots; k > 0 && int(w.slot[world])%k == 0 {
		w.move(world, s)
	}
	w.beginSlot(world)
	if int(w.slot[world]) == w.p.slots {
		w.finishEpisode(world, s)
	}
}

// finishEpisode stores the last observation in FinalObs and starts the next episode.
func (w *Worlds) finishEpisode(world int, s *scratch) {
	obs, mask := w.A*w.O, w.A*w.U
	copy(w.FinalObs[world*obs:][:obs], w.Obs[world*obs:])
	copy(w.FinalMask[world*mask:][:mask], w.Mask[world*mask:])
	if w.telling {
		n := w.A * w.p.C
		copy(w.FinalServers[world*n:][:n], w.Servers[world*n:])
	}
	w.Truncated[world] = true
	w.episode[world]++
	w.startEpisode(world, s)
}

// clearOutcomes sets the outcomes of the agents from lo to hi - 1 to "no task".
func (w *Worlds) clearOutcomes(lo, hi int) {
	t := &w.Task
	for n := lo; n < hi; n++ {
		t.Model[n], t.Server[n], t.Action[n] = -1, -1, 0
	}
	clear(t.Completed[lo:hi])
	clear(t.DataBits[lo:hi])
	clear(t.Cycles[lo:hi])
	clear(t.ResultBits[lo:hi])
	clear(t.Deadline[lo:hi])
	clear(t.UplinkBps[lo:hi])
	clear(t.RadioWait[lo:hi])
	clear(t.Upload[lo:hi])
	clear(t.QueueWait[lo:hi])
	clear(t.Switch[lo:hi])
	clear(t.Compute[lo:hi])
	clear(t.Download[lo:hi])
	clear(t.Latency[lo:hi])
	clear(t.Energy[lo:hi])
	if w.p.queue > 0 {
		clear(t.Lost[lo:hi])
		clear(t.LostS[lo:hi])
	}
}

// countLoad sets n_m, the number of IEDs that chose ES m in this slot, and the
// start of each ES's tasks in s.keys.
func (w *Worlds) countLoad(world int, s *scratch) {
	p := w.p
	load := w.load[world*p.M:][:p.M]
	clear(load)
	clear(s.start)
	for i := range p.A {
		agent := world*p.A + i
		if a := w.actions[agent]; a > 0 {
			m := w.cand[agent*p.C+p.candidateOf(int(a))]
			load[m]++
			if int(a) <= p.C {
				s.start[m]++
			}
		}
	}
	at := int32(0)
	for m, n := range s.start[:p.M] {
		s.start[m] = at // decide advances it to the end of the tasks of the ES
		at += n
	}
	s.start[p.M] = at
}

// decide carries out the IEDs' part of the actions: it runs local tasks, uploads
// the others and adds their arrivals to the keys of the ES.
func (w *Worlds) decide(world int, s *scratch) {
	p := w.p
	for i := range p.A {
		agent := world*p.A + i
		if key, queued := w.begin(world, i); queued {
			m := w.Task.Server[agent]
			s.keys[s.start[m]] = key
			s.start[m]++
		}
	}
	copy(s.start[1:], s.start[:p.M]) // the end of an ES's tasks is the start of the next ES's
	s.start[0] = 0
}

// begin runs IED i's task if its action is local, and sends it otherwise. It reports whether the
// task goes to the queue of an ES, and its key there. Keys sort by arrival, then by IED.
func (w *Worlds) begin(world, i int) (key uint64, queued bool) {
	agent := world*w.p.A + i
	w.HadTask[agent] = w.model[agent] >= 0
	if !w.HadTask[agent] {
		return 0, false
	}
	w.recordTask(agent)
	a := int(w.actions[agent])
	if a == 0 {
		w.runLocal(agent)
		return 0, false
	}
	c := w.p.candidateOf(a)
	arrival := w.upload(world, agent, c, w.cand[agent*w.p.C+c])
	if a > w.p.C {
		w.runCloud(world, agent)
		return 0, false
	}
	// Arrivals are not negative, so their bits sort like their values.
	return uint64(math.Float32bits(arrival))<<32 | uint64(i), true
}

// recordTask copies the task into the outcomes.
func (w *Worlds) recordTask(agent int) {
	t, k := &w.Task, w.model[agent]
	t.Model[agent] = k
	t.DataBits[agent] = w.data[agent]
	t.Cycles[agent] = w.work(agent)
	t.ResultBits[agent] = w.p.models[k].result
	t.Deadline[agent] = w.deadline[agent]
	t.Action[agent] = w.actionOf(agent)
}

// minSE, in bit/s/Hz, keeps rates above zero when 1 + SNR rounds to 1.
const minSE float32 = 1e-6

// uplink returns r_up in bit/s when n IEDs share the ES. The IED puts its whole
// power on a share B/n, and the noise in the share is smaller too.
func (p *params) uplink(gain, n float32) float32 {
	snr := float32(float32(gain*p.snrUp) * n)
	return float32(p.efficiency(snr) * (p.band / n))
}

// downlink returns r_dn in bit/s. The ES splits its power like its band, so the
// SNR is that of the full band.
func (p *params) downlink(gain, n float32) float32 {
	return float32(p.efficiency(float32(gain*p.snrDown)) * (p.band / n))
}

func (p *params) efficiency(snr float32) float32 {
	return max(min(log2f(1+snr), p.maxSE), minSE)
}

// upload sends the task to candidate c, which is ES m, after the IED's earlier uploads. It returns the
// arrival at the ES, A_i = radio backlog + D / r_up, which is also the new radio backlog.
func (w *Worlds) upload(world, agent, c int, m int32) float32 {
	p, t := w.p, &w.Task
	gain := w.now[agent*p.C+c]
	w.radio[agent] = w.granted(agent, w.radio[agent])
	es := world*p.M + int(m)
	rate := w.uplink(es, gain, float32(w.load[es]))
	air := w.data[agent] / rate
	t.Server[agent] = m
	t.UplinkBps[agent] = rate
	t.RadioWait[agent] = w.waited(agent) + w.radio[agent]
	t.Upload[agent] = air
	t.Energy[agent] = float32(p.iedW * air)
	w.radio[agent] += air
	return w.radio[agent]
}

// advance moves the clock to the start of the next slot: every backlog decreases
// by Delta, but not below 0.
func (w *Worlds) advance(world int) {
	p := w.p
	for _, backlog := range [...][]float32{
		w.compute[world*p.A:][:p.A], w.radio[world*p.A:][:p.A], w.free[world*p.M*p.P:][:p.M*p.P],
	} {
		for i, b := range backlog {
			backlog[i] = max(b-p.slot, 0)
		}
	}
}

// rewardWorld sets the rewards of a world.
func (w *Worlds) rewardWorld(world int) {
	for agent := world * w.p.A; agent < (world+1)*w.p.A; agent++ {
		w.reward(agent)
	}
}

// reward sets r_i to -T/tau, or -(1 + lambda) for a failed task, minus the
// weighted energy, plus the weighted quality above the least one.
func (w *Worlds) reward(agent int) {
	p, t := w.p, &w.Task
	switch {
	case !w.HadTask[agent]:
		w.Reward[agent] = 0
		return
	case t.Completed[agent]:
		w.Reward[agent] = -(t.Latency[agent] / t.Deadline[agent])
	default:
		w.Reward[agent] = -p.penalty
	}
	w.Reward[agent] -= float32(p.energyWeight * t.Energy[agent])
	if p.qualityWeight > 0 && t.Completed[agent] {
		w.Reward[agent] += w.bonus(agent)
	}
}

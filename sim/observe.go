package sim

import "github.com/gmel-go/gmel/sim/engine"

// The observation of an IED has O = 7 + K + 3C (+ 1) (+ C) (+ 1) (+ C K) (+ C) (+ C) (+ 1 + 2L) numbers of
// order 1:
//
//	0            1 with a task
//	1 .. K       one-hot model
//	K+1          D / D_max
//	K+2          C / C_max
//	K+3          tau / tau_max, from now
//	K+4          f_i / f_max
//	K+5          own compute backlog / tau_min
//	K+6          own radio backlog / tau_min
//	then for each candidate c
//	  +0         (10 log10 gain + 100) / 20, at least -2: the gain of this slot in dB
//	  +1         backlog / tau_min of the ES's first free GPU; the flags below are those of the same GPU
//	  +2         n_m / N of the last slot
//	then, with a queue of arrivals, waiting tasks / Q; then, with reuse 1, for each
//	candidate the noise rise in units of 20 dB; then, with a cloud, the time that it would
//	add to the radio time / tau_min; then, with cache flags, for each candidate K flags: the ES holds model k;
//	then, with load times, for each candidate the time in which its ES would load the task's model / the
//	longest load time, 0 if it holds it; then, with server speeds, for each candidate F_m / the largest;
//	then, with services, the 1 + 2L numbers of observeLevels (level.go)
//
// D_max, C_max, tau_max, f_max are the largest values of the scenario, tau_min is the
// shortest deadline. Backlogs are cut at 2 tau_max: more is no more hopeless (and a radio
// backlog in a deep fade is unbounded). N, Q and these values are those of Scenario.Units, if it is set: a
// policy sees another scenario in the units of its training. The scales are a training choice: a network tells
// 20 dB, or one shortest deadline, apart best when it is about 1 wide (docs/design/world.md).
// Without a task the entries 0 to K+3 are 0. A candidate that an IED does not have (coverage.go) shows
// the gain -2 and otherwise 0.
const (
	gainZeroDB float32 = -100 // a typical gain across the hall maps to 0
	gainUnitDB float32 = 20
	gainLow    float32 = -2 // -140 dB: not decodable at any transmit power used here

	gainScale = 1 / decibel / gainUnitDB // per octave of power
	gainShift = -gainZeroDB / gainUnitDB
)

// ShowObs turns the writing of Obs on or off for the following slots. It is on in new worlds. When it
// is off, Obs is out of date and Step is faster. This serves to measure the cost of observations, and
// policies that read only the state. Mask is always written.
func (w *Worlds) ShowObs(on bool) {
	w.Home()
	w.blind = !on
	if w.native != nil {
		w.native.Set(engine.Scalar{Name: "blind", Value: w.blind})
	}
}

// observe writes Obs of one agent for the current slot.
func (w *Worlds) observe(world, agent int) {
	p := w.p
	o := w.Obs[agent*p.O:][:p.O]
	clear(o[:p.K+4])
	if k := w.model[agent]; k >= 0 {
		o[0], o[1+k] = 1, 1
		o[p.K+1] = float32(w.data[agent] * p.perData)
		o[p.K+2] = float32(w.cycles[agent] * p.perCycle)
		o[p.K+3] = float32(w.due(agent) * p.perSecond)
	}
	o[p.K+4] = float32(w.speed[agent] * p.perSpeed)
	o[p.K+5] = min(float32(w.compute[agent]*p.perWait), p.maxWait)
	o[p.K+6] = min(float32(w.radio[agent]*p.perWait), p.maxWait)
	o = o[p.K+7:]
	for c := range p.C {
		m := int(w.cand[agent*p.C+c])
		es := world*p.M + m
		o[3*c] = max(float32(log2f(w.now[agent*p.C+c])*gainScale)+gainShift, gainLow)
		o[3*c+1] = min(float32(w.free[w.nextGPU(es, m)]*p.perWait), p.maxWait)
		o[3*c+2] = float32(float32(w.load[es]) * p.perAgent)
	}
	o = o[3*p.C:]
	if p.queue > 0 {
		o[0] = float32(float32(w.waiting[agent]) * p.perQueue)
		o = o[1:]
	}
	if p.reuse {
		w.observeInterference(world, agent, o[:p.C])
		o = o[p.C:]
	}
	if p.cloud {
		o[0] = 0
		if w.model[agent] >= 0 {
			o[0] = min(float32(w.cloudTime(agent, w.cycles[agent])*p.perWait), p.maxWait)
		}
		o = o[1:]
	}
	if p.flags {
		w.observeCaches(world, agent, o[:p.C*p.K])
		o = o[p.C*p.K:]
	}
	if p.loadTimes {
		w.observeLoadTimes(world, agent, o[:p.C])
		o = o[p.C:]
	}
	if p.serverSpeeds {
		for c := range p.C {
			o[c] = float32(p.serverSpeed[w.cand[agent*p.C+c]] * p.perServerSpeed)
		}
		o = o[p.C:]
	}
	if p.levels > 0 {
		w.observeLevels(agent, o)
	}
	if p.coverage {
		w.hideMissing(agent)
	}
}

// observeLoadTimes writes the C load times of the agent's own model.
func (w *Worlds) observeLoadTimes(world, agent int, o []float32) {
	p, k := w.p, w.model[agent]
	for c := range o {
		o[c] = 0
		if k >= 0 && !w.holds(w.candidateGPU(world, agent, c), k) {
			o[c] = float32(p.models[k].load * p.perLoad)
		}
	}
}

// observeCaches writes the C K cache flags.
func (w *Worlds) observeCaches(world, agent int, o []float32) {
	p := w.p
	clear(o)
	for c := range p.C {
		gpu := w.candidateGPU(world, agent, c)
		for _, k := range w.cache[gpu*p.G:][:p.G] {
			o[c*p.K+int(k)] = 1
		}
	}
}

// holds reports whether a GPU (index (w M + m) P + j) has the model in its memory.
func (w *Worlds) holds(gpu int, model int32) bool {
	for _, k := range w.cache[gpu*w.p.G:][:w.p.G] {
		if k == model {
			return true
		}
	}
	return false
}

package sim

import (
	"math"
	"sort"
)

// naive is a second implementation of the slot. It was written from the
// description of the model, not from this package's code. It uses float64,
// absolute times since the start of the episode, one record per job, and plain
// lists for caches. It takes only the random draws (tasks and gains of a slot)
// from the worlds.
type naive struct {
	s         *Scenario
	clock     float64
	radioFree []float64   // [A] absolute
	drift     []float64   // [A] bound on the float32 error of radioFree
	cpuFree   []float64   // [A]
	esFree    [][]float64 // [M][GPU]
	memory    [][][]int   // [M][GPU] models held, least recently used first
	sharers   []int       // [M] of the last slot
	rises     []float64   // [M] of the noise in the last slot, nil before
	close     bool        // float32 and float64 may disagree about a comparison
}

// job is one task and its progress.
type job struct {
	ied, action, es, model   int
	bits, cycles, result     float64
	due, granted             float64         // absolute
	heard                    map[int]float64 // mean gain to each candidate
	gain, speed, age         float64
	rate, sent, begun, ready float64 // uplink; absolute times
	latency, energy          float64
	done, served, cloud      bool
	steps                    int     // with services
	extra                    float64 // quality above the least one
}

func newNaive(s *Scenario) *naive {
	n := &naive{
		s: s, radioFree: make([]float64, s.IEDs), drift: make([]float64, s.IEDs), cpuFree: make([]float64, s.IEDs),
		sharers: make([]int, s.Servers),
	}
	for m := range s.Servers {
		gpus := 1
		if g := s.Compute.ServerGPUs; len(g) > 0 {
			gpus = g[m%len(g)]
		}
		n.esFree = append(n.esFree, make([]float64, gpus))
		var memory [][]int
		for range gpus {
			var held []int
			for k := min(s.Compute.CacheModels, len(s.Tasks.Models)) - 1; k >= 0; k-- {
				held = append(held, k)
			}
			memory = append(memory, held)
		}
		n.memory = append(n.memory, memory)
	}
	return n
}

// later reports whether a > b. It sets close if the answer depends on rounding.
func (n *naive) later(a, b float64) bool {
	if math.Abs(a-b) < 2e-4 {
		n.close = true
	}
	return a > b
}

// play runs the jobs of one slot and moves the clock.
func (n *naive) play(jobs []*job) {
	n.sharers, n.rises = make([]int, n.s.Servers), make([]float64, n.s.Servers)
	for m := range n.rises {
		n.rises[m] = n.rise(m, jobs)
	}
	for _, j := range jobs {
		if j.action > 0 {
			n.sharers[j.es]++
		}
	}
	var queue []*job
	for _, j := range jobs {
		if j.action == 0 {
			n.local(j)
			continue
		}
		r := n.s.Radio
		share := r.BandwidthMHz * 1e6 / float64(n.sharers[j.es])
		var snr float64
		j.rate, snr = n.bitrate(r.IEDPowerDBm, r.ServerNoiseFigureDB, share, j.gain/n.rise(j.es, jobs))
		if j.granted > n.radioFree[j.ied] {
			n.radioFree[j.ied], n.drift[j.ied] = j.granted, 0
		}
		j.sent = n.transmit(j.ied, j.bits/j.rate, snr)
		j.energy = math.Pow(10, r.IEDPowerDBm/10) / 1000 * j.bits / j.rate
		if j.cloud {
			n.cloud(j)
			continue
		}
		queue = append(queue, j)
	}
	sort.SliceStable(queue, func(a, b int) bool {
		if queue[a].es == queue[b].es && math.Abs(queue[a].sent-queue[b].sent) < 1e-4 {
			n.close = true
		}
		return queue[a].sent < queue[b].sent
	})
	for at, j := range queue {
		if !j.served {
			n.remote(j, queue[at+1:])
		}
	}
	n.clock += n.s.Time.SlotS
}

// transmit occupies the radio of an IED for an upload and returns the end of the upload.
func (n *naive) transmit(ied int, seconds, snr float64) float64 {
	if n.radioFree[ied] <= n.clock {
		n.radioFree[ied], n.drift[ied] = n.clock, 0
	}
	n.radioFree[ied] += seconds
	// The rounding error of 1 + SNR is up to 2^-24. The relative error of the rate is at most that over SNR.
	// The rate and the sum add a few more rounding errors.
	n.drift[ied] += seconds*math.Exp2(-24)/snr + n.radioFree[ied]*math.Exp2(-22)
	if n.drift[ied] > 5e-5 {
		n.close = true
	}
	return n.radioFree[ied]
}

// bitrate is Shannon's formula on a share of the band, capped. It returns the SNR too.
func (n *naive) bitrate(dBm, figure, share, gain float64) (rate, snr float64) {
	noise := math.Pow(10, (n.s.Radio.ThermalNoiseDBmPerHz+figure)/10) * share
	snr = math.Pow(10, dBm/10) * gain / noise
	if snr < 3e-3 {
		n.close = true // 1 + SNR has lost digits in float32
	}
	se := math.Log2(1 + snr)
	return share * math.Min(se, n.s.Radio.MaxSpectralEfficiency), snr
}

// rise is the factor by which the uplinks to other ESs raise the noise at an ES. IEDs observe it in the
// next slot.
func (n *naive) rise(es int, jobs []*job) float64 {
	if !n.s.Radio.Reuse1 {
		return 1
	}
	r, power := n.s.Radio, 0.0
	for _, j := range jobs {
		if j.action > 0 && j.es != es {
			power += j.heard[es] * math.Pow(10, r.IEDPowerDBm/10)
		}
	}
	noise := math.Pow(10, (r.ThermalNoiseDBmPerHz+r.ServerNoiseFigureDB)/10) * r.BandwidthMHz * 1e6
	return 1 + power/noise
}

func (n *naive) local(j *job) {
	n.cpuFree[j.ied] = math.Max(n.cpuFree[j.ied], j.granted)
	begin := n.cpuFree[j.ied]
	if !n.later(j.due, begin) {
		return
	}
	end := begin + j.cycles/j.speed
	stop := math.Min(end, j.due)
	n.cpuFree[j.ied] = stop
	j.energy = n.s.Energy.Kappa * j.speed * j.speed * (stop - begin) * j.speed
	j.done, j.latency = !n.later(end, j.due), end-n.clock
}

// group is the batch that starts with job j.
func (n *naive) group(j *job, rest []*job) []*job {
	all := []*job{j}
	for _, other := range rest {
		if other.es == j.es && !other.served && len(all) < max(n.s.Compute.Batch.Max, 1) &&
			other.model == j.model && !n.later(other.sent, j.begun) && n.later(other.due, j.begun) {
			other.served = true
			all = append(all, other)
		}
	}
	return all
}

func (n *naive) remote(j *job, rest []*job) {
	gpu := n.idlest(j.es)
	j.begun = math.Max(j.sent, n.esFree[j.es][gpu])
	if !n.later(j.due, j.begun) {
		return
	}
	loading := n.s.Tasks.Models[j.model].LoadS + n.s.Tasks.Models[j.model].Service.LoadS
	batch := n.group(j, rest)
	var kept []int
	for _, k := range n.memory[j.es][gpu] {
		if k == j.model {
			loading = 0
		} else {
			kept = append(kept, k)
		}
	}
	if len(kept) == n.s.Compute.CacheModels { // full, and the model was not there
		kept = kept[1:]
	}
	n.memory[j.es][gpu] = append(kept, j.model)
	speeds := n.s.Compute.ServerGcyclesPerS
	latest, b := 0.0, float64(len(batch))
	for _, x := range batch {
		latest = math.Max(latest, x.due)
	}
	ready := j.begun + loading + n.batchSeconds(batch)/speeds[j.es%len(speeds)]
	n.esFree[j.es][gpu] = math.Min(ready, latest)
	for _, x := range batch {
		x.energy += n.s.Energy.GPUW * (n.esFree[j.es][gpu] - j.begun) / b
		n.deliver(x, ready)
	}
}

func (n *naive) cloud(j *job) {
	o := n.s.Compute.Cloud
	j.begun = j.sent + j.bits/o.BackhaulMbps/1e6 + o.DelayS
	if !n.later(j.due, j.begun) {
		return
	}
	j.ready = j.begun + j.cycles/o.GcyclesPerS/1e9
	j.energy += n.s.Energy.GPUW * (math.Min(j.ready, j.due) - j.begun)
	n.deliver(j, j.ready+j.result/o.BackhaulMbps/1e6+o.DelayS)
}

func (n *naive) deliver(j *job, ready float64) {
	j.ready = ready
	r, m := n.s.Radio, float64(n.sharers[j.es])
	down, _ := n.bitrate(r.ServerPowerDBm-10*math.Log10(m), r.IEDNoiseFigureDB, r.BandwidthMHz*1e6/m, j.gain)
	end := j.ready + j.result/down
	j.done, j.latency = !n.later(end, j.due), end-n.clock
}

// idlest is the GPU that is free first. All GPUs that are idle now are equal, however long they have
// been idle.
func (n *naive) idlest(es int) int {
	best, at := math.Inf(1), 0
	for g, free := range n.esFree[es] {
		free = math.Max(free, n.clock)
		if free < best-1e-4 {
			best, at = free, g
		} else if free != best && free < best+1e-4 {
			n.close = true
		}
	}
	return at
}

// inReach lists the ESs that cover a place, all where there are no radii. Where rounding decides, it sets close.
func (n *naive) inReach(w *Worlds, x, y float64) (list []int) {
	for m, at := range w.View(0).Servers {
		radius, d := math.Inf(1), math.Hypot(x-float64(at[0]), y-float64(at[1]))
		if r := n.s.Hall.CoverageM; len(r) > 0 {
			radius = r[m%len(r)]
		}
		if math.Abs(d-radius) < 1e-3 {
			n.close = true
		}
		if d <= radius {
			list = append(list, m)
		}
	}
	return list
}

// sees reports whether an IED has a candidate c, or one that takes its tasks to the cloud.
func (n *naive) sees(w *Worlds, ied, c int) bool {
	at := w.View(0).Places[ied]
	reach := len(n.inReach(w, float64(at[0]), float64(at[1])))
	return c < reach || c == 0 && n.s.Compute.Cloud.GcyclesPerS > 0
}

// jobsOf reads the tasks of the current slot of a world and the actions.
func jobsOf(w *Worlds, world int, actions []int32, clock float64) []*job {
	var jobs []*job
	for i := range w.A {
		n := world*w.A + i
		if w.model[n] < 0 {
			continue
		}
		action, messages := w.ungrant(actions[n])
		d := int32(w.scenario.Destinations())
		action, level := action%d, action/d
		j := &job{
			ied: i, action: int(action), granted: clock + w.scenario.Time.MessageS*float64(messages), model: int(w.model[n]), es: -1,
			bits: float64(w.data[n]), cycles: float64(w.cycles[n]), due: clock + float64(w.deadline[n]) - float64(w.waited(n)), age: float64(w.waited(n)),
			speed: float64(w.speed[n]), result: w.scenario.Tasks.Models[w.model[n]].ResultMbit * 1e6,
		}
		if m := &w.scenario.Tasks.Models[j.model]; m.served() {
			j.steps, j.result = stepsOf(m, int(level)), float64(m.Service.ResultBits)
			j.cycles = batchTime(&m.Service, 1, j.steps) * 1e9
			j.extra = qualityOf(m, j.steps) - float64(w.least[n])
		}
		j.heard = map[int]float64{}
		for c := range w.p.C {
			if w.gain[n*w.p.C+c] > 0 { // not a missing candidate
				j.heard[int(w.cand[n*w.p.C+c])] = float64(w.gain[n*w.p.C+c])
			}
		}
		if j.action > 0 {
			link := n*w.p.C + j.action - 1
			if j.cloud = j.action == w.p.C+1; j.cloud {
				link = n * w.p.C
			}
			j.es, j.gain = int(w.cand[link]), float64(w.now[link])
		}
		jobs = append(jobs, j)
	}
	return jobs
}

package sim

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyScenario draws a small scenario that stresses every rule.
func anyScenario(t *rapid.T) *Scenario {
	s, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	s.IEDs = rapid.IntRange(1, 24).Draw(t, "N")
	s.Servers = rapid.IntRange(1, 5).Draw(t, "M")
	s.MaxCandidates = rapid.IntRange(1, 5).Draw(t, "C")
	s.Time.SlotS = rapid.SampledFrom([]float64{0.25, 1, 2}).Draw(t, "Delta")
	s.Time.Slots = rapid.IntRange(2, 12).Draw(t, "T")
	s.Hall.Clutter = rapid.SampledFrom([]string{"LOS", "SL", "DL", "SH", "DH", "UMi", "UMa"}).Draw(t, "clutter")
	s.Tasks.Probability = rapid.SampledFrom([]float64{0.1, 0.5, 1}).Draw(t, "p")
	s.Compute.CacheModels = rapid.IntRange(1, 4).Draw(t, "G")
	s.Radio.BandwidthMHz = rapid.SampledFrom([]float64{2, 20, 100}).Draw(t, "B")
	s.Radio.IEDPowerDBm = rapid.SampledFrom([]float64{0, 10, 23}).Draw(t, "P")
	s.Compute.ServerGPUs = rapid.SampledFrom([][]int{nil, {2}, {1, 3}}).Draw(t, "GPUs")
	s.Tasks.Arrivals = rapid.SampledFrom([]Arrivals{
		{}, {Process: ArrivalsPoisson, RatePerSlot: 0.8, Queue: 2},
		{Process: ArrivalsMarkov, RatePerSlot: 2, OffRatePerSlot: 0.1, SwitchOn: 0.2, SwitchOff: 0.4, Queue: 5},
	}).Draw(t, "arrivals")
	s.Compute.Batch = rapid.SampledFrom([]Batch{{}, {Max: 2}, {Max: 8, FixedShare: 0.7}}).Draw(t, "batch")
	s.Compute.Cloud = rapid.SampledFrom([]Cloud{{}, {GcyclesPerS: 40, BackhaulMbps: 50, DelayS: 0.1}}).Draw(t, "cloud")
	s.Hall.Mobility = rapid.SampledFrom([]Mobility{{}, {Range{1, 30}, 0.5, 2, 10}}).Draw(t, "mobility")
	switch rapid.IntRange(0, 3).Draw(t, "places") {
	case 0:
		s.Hall.HotSpots = []HotSpot{{30, 100, 10, 0.5}, {250, 20, 40, 0.3}}
	case 1:
		s.Hall.IEDPositions = ring(rapid.SampledFrom([]int{s.IEDs, 5}).Draw(t, "rows"))
	}
	s.Hall.CoverageM = rapid.SampledFrom([][]float64{nil, {60}, {120, 20, 400}}).Draw(t, "coverage")
	s.Radio.Reuse1 = rapid.Bool().Draw(t, "reuse 1")
	s.Observation.CacheFlags = rapid.Bool().Draw(t, "flags")
	s.Observation.LoadTimes = rapid.Bool().Draw(t, "load times")
	s.Observation.ServerSpeeds = rapid.Bool().Draw(t, "server speeds")
	s.Time.MessageS = rapid.SampledFrom([]float64{0, 0.001, 0.3}).Draw(t, "mu")
	s.Reward.EnergyWeightPerJ = rapid.SampledFrom([]float64{0, 0.001}).Draw(t, "w_e")
	anyServices(s, rapid.IntRange(0, 2).Draw(t, "services"))
	return s
}

// anyActions draws legal actions.
func anyActions(t *rapid.T, w *Worlds, actions []int32) {
	style := rapid.IntRange(0, 2).Draw(t, "style")
	seed := rapid.Uint64().Draw(t, "actions")
	p, err := NewPolicy([]string{"random", "greedy", "nearest"}[style], w.scenario, seed)
	if err != nil {
		t.Fatal(err)
	}
	p.Act(w, actions)
	for n, a := range actions {
		if w.model[n] >= 0 {
			actions[n] = w.Grant(a, int32(n+style)%9)
		}
	}
}

func TestNaiveImplementationAgrees(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		w, err := New(s, 1, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		n, actions := newNaive(s), make([]int32, w.A)
		for range s.Time.Slots {
			comparePlaces(t, w)
			compareMasks(t, w, n)
			compareObservation(t, w, n)
			anyActions(t, w, actions)
			jobs := jobsOf(w, 0, actions, n.clock)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
			n.play(jobs)
			if n.close {
				return // float32 may have decided otherwise; the rest would differ
			}
			for _, j := range jobs {
				compareJob(t, w, j)
				compared++
			}
		}
	})
	if compared < 1000 {
		t.Errorf("only %d tasks were compared", compared)
	}
}

func near(a float32, b float64) bool {
	return math.Abs(float64(a)-b) <= 1e-4*math.Max(1, math.Abs(b))
}

// compareJob checks the outcome of one task.
func compareJob(t *rapid.T, w *Worlds, j *job) {
	o, tau := &w.Task, float64(w.Task.Deadline[j.ied])
	reward := -(1 + w.scenario.Reward.FailurePenalty)
	if j.done {
		j.latency += j.age
		reward = -j.latency / tau
	} else {
		j.latency = tau
	}
	reward -= w.scenario.Reward.EnergyWeightPerJ * j.energy
	if j.done {
		reward += w.scenario.Reward.QualityWeight * j.extra
	}
	es := j.es
	if j.cloud {
		es = w.p.M
	}
	same := o.Completed[j.ied] == j.done && int(o.Server[j.ied]) == es && int(o.Model[j.ied]) == j.model &&
		near(o.Latency[j.ied], j.latency) && near(w.Reward[j.ied], reward) &&
		math.Abs(float64(o.Energy[j.ied])-j.energy) < 0.06+1e-4*j.energy && // 300 W times 0.2 ms, the tolerance of near at 2 s
		near(o.UplinkBps[j.ied], j.rate)
	if !same {
		t.Fatalf("IED %d: completed %v, latency %v, reward %v, energy %v; the naive model says %v, %v, %v, %v (%+v)",
			j.ied, o.Completed[j.ied], o.Latency[j.ied], w.Reward[j.ied], o.Energy[j.ied],
			j.done, j.latency, reward, j.energy, *j)
	}
}

// comparePlaces: IEDs are at the explicit positions, and do not leave the hall.
func comparePlaces(t *rapid.T, w *Worlds) {
	rows := w.scenario.Hall.IEDPositions
	for i, at := range w.View(0).Places {
		if at[0] < 0 || at[0] > 300 || at[1] < 0 || at[1] > 150 {
			t.Fatalf("IED %d is at %v", i, at)
		}
		if len(rows) == 0 || w.p.moveSlots > 0 && w.slot[0] > 0 {
			continue
		}
		same := func(p Point) bool { return math.Hypot(p[0]-float64(at[0]), p[1]-float64(at[1])) < 1e-4 }
		if len(rows) == w.A && !same(rows[i]) || !slices.ContainsFunc(rows, same) {
			t.Fatalf("IED %d is at %v", i, at)
		}
	}
}

// compareMasks finds the ESs in reach of every IED.
func compareMasks(t *rapid.T, w *Worlds, n *naive) {
	for i, at := range w.View(0).Places {
		inReach := n.inReach(w, float64(at[0]), float64(at[1]))
		if n.close {
			return
		}
		for a := range w.U {
			u, level := a%w.scenario.Destinations(), a/w.scenario.Destinations()
			candidate := u >= 1 && u <= w.p.C
			legal := (u == 0 || w.model[i] >= 0 && (!candidate || u <= len(inReach))) && n.legalSteps(w, i, level)
			if (w.Mask[i*w.U+a] == 1) != legal && !n.close {
				t.Fatalf("IED %d: mask %v, in reach %v", i, w.Mask[i*w.U:][:w.U], inReach)
			}
			if candidate && u <= len(inReach) && !slices.Contains(inReach, int(w.cand[i*w.p.C+u-1])) {
				t.Fatalf("IED %d: candidate %d is ES %d, in reach are %v", i, u, w.cand[i*w.p.C+u-1], inReach)
			}
		}
	}
}

// compareObservation rebuilds the observation from the naive state.
func compareObservation(t *rapid.T, w *Worlds, n *naive) {
	k := len(n.s.Tasks.Models)
	wait := func(until float64) float64 { return math.Min(math.Max(until-n.clock, 0), 8) }
	for i := range w.A {
		want := make([]float64, 0, w.O)
		want = append(append(want, n.seenTask(w, i)...), float64(w.speed[i])/1.5e9, wait(n.cpuFree[i]), wait(n.radioFree[i]))
		var flags, loads, speeds, rises []float64
		for c := range w.p.C {
			if !n.sees(w, i, c) {
				want = append(want, -2, 0, 0)
				flags, loads, speeds, rises = append(flags, make([]float64, k)...), append(loads, 0), append(speeds, 0), append(rises, 0)
				continue
			}
			es := w.cand[i*w.p.C+c]
			dB := 10 * math.Log10(float64(w.now[i*w.p.C+c]))
			want = append(want, math.Max((dB+100)/20, -2), wait(slices.Min(n.esFree[es])), float64(n.sharers[es])/float64(w.A))
			held := make([]float64, k)
			for _, m := range n.memory[es][n.idlest(int(es))] {
				held[m] = 1
			}
			flags = append(flags, held...)
			load := 0.0
			if m := w.model[i]; m >= 0 && held[m] == 0 {
				load = n.s.Tasks.Models[m].LoadS + n.s.Tasks.Models[m].Service.LoadS // the largest is 1 s
			}
			loads = append(loads, load)
			servers := n.s.Compute.ServerGcyclesPerS
			speeds = append(speeds, servers[int(es)%len(servers)]/slices.Max(servers[:min(len(servers), w.p.M)]))
			rise := 0.0
			if n.rises != nil {
				rise = math.Log10(n.rises[es]) / 2
			}
			rises = append(rises, rise)
		}
		if q := n.s.Tasks.Arrivals.Queue; q > 0 {
			want = append(want, float64(w.waiting[i])/float64(q))
		}
		if n.s.Radio.Reuse1 {
			want = append(want, rises...)
		}
		if o := n.s.Compute.Cloud; o.GcyclesPerS > 0 {
			want = append(want, math.Min(n.cloudTime(w, i, &o), 8))
		}
		if n.s.Observation.CacheFlags {
			want = append(want, flags...)
		}
		if n.s.Observation.LoadTimes {
			want = append(want, loads...)
		}
		if n.s.Observation.ServerSpeeds {
			want = append(want, speeds...)
		}
		if n.s.Levels() > 0 {
			want = append(want, n.seenLevels(w, i)...)
		}
		if n.close {
			return // float32 may choose another first free GPU
		}
		if len(want) != w.O {
			t.Fatalf("observation has %d numbers, want %d", w.O, len(want))
		}
		for x, v := range want {
			if got := w.Obs[i*w.O+x]; !near(got, v) {
				t.Fatalf("IED %d observes %v at %d, want %v", i, got, x, v)
			}
		}
	}
}

// seenTask is how IED i observes its task.
func (n *naive) seenTask(w *Worlds, i int) []float64 {
	k := len(n.s.Tasks.Models)
	task := make([]float64, k+4)
	if m := w.model[i]; m >= 0 {
		task[0], task[1+m] = 1, 1
		task[k+1], task[k+2], task[k+3] = float64(w.data[i])/8e6, float64(w.cycles[i])/mostCycles(n.s), float64(w.deadline[i]-w.waited(i))/4
	}
	return task
}

// cloudTime is what the cloud adds to the upload of IED i's task, in s; 0 without a task.
func (n *naive) cloudTime(w *Worlds, i int, o *Cloud) float64 {
	m := w.model[i]
	if m < 0 {
		return 0
	}
	bits := float64(w.data[i]) + n.s.Tasks.Models[m].ResultMbit*1e6 + float64(n.s.Tasks.Models[m].Service.ResultBits)
	return bits/o.BackhaulMbps/1e6 + 2*o.DelayS + float64(w.cycles[i])/o.GcyclesPerS/1e9
}

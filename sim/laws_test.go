package sim

import (
	"fmt"
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// played is a task with its absolute times, rebuilt from the outcomes.
type played struct {
	slot, ied, es  int
	model          int32
	arrival        float64 // absolute, all in s
	start, release float64 // the ES is busy from start to release
	started        bool
}

// TestLawsOfTheGame plays random scenarios and checks invariants that hold for
// any actions.
func TestLawsOfTheGame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		w, err := New(s, 2, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		actions, history := make([]int32, w.W*w.A), []played(nil)
		for slot := range s.Time.Slots - 1 {
			anyActions(t, w, actions)
			waited := make([]float32, w.W*w.A)
			for n := range waited {
				waited[n] = w.waited(n)
			}
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
			checkTasks(t, w)
			checkState(t, w)
			history = append(history, remember(w, slot, waited)...)
		}
		if s.Compute.Batch.Max == 0 {
			checkServers(t, s, history)
		}
	})
}

// checkTasks: parts add up, rewards follow, nothing is negative.
func checkTasks(t *rapid.T, w *Worlds) {
	o := &w.Task
	for n := range w.Reward {
		parts := []float32{o.RadioWait[n], o.Upload[n], o.QueueWait[n], o.Switch[n], o.Compute[n], o.Download[n]}
		sum := 0.0
		for _, part := range parts {
			if !(part >= 0) {
				t.Fatalf("agent %d: a part of the latency is %v (%v)", n, part, parts)
			}
			sum += float64(part)
		}
		if !w.HadTask[n] {
			if w.Reward[n] != 0 || sum != 0 || o.Model[n] != -1 || o.Server[n] != -1 || o.Latency[n] != 0 {
				t.Fatalf("agent %d had no task but an outcome", n)
			}
			continue
		}
		if math.Abs(sum-float64(o.Latency[n])) > 1e-4 {
			t.Fatalf("agent %d: parts %v add up to %v, latency %v", n, parts, sum, o.Latency[n])
		}
		if o.Latency[n] > o.Deadline[n] || !o.Completed[n] && o.Latency[n] != o.Deadline[n] {
			t.Fatalf("agent %d: latency %v, deadline %v, completed %v", n, o.Latency[n], o.Deadline[n], o.Completed[n])
		}
		local := int(o.Action[n])%w.scenario.Destinations() == 0
		if local != (o.Server[n] == -1) || local != (o.UplinkBps[n] == 0) || !(o.Energy[n] >= 0) {
			t.Fatalf("agent %d: action %d, ES %d, rate %v, energy %v", n, o.Action[n], o.Server[n], o.UplinkBps[n], o.Energy[n])
		}
	}
}

// checkState: backlogs are not negative, caches hold G different models, masks
// and observations are sound.
func checkState(t *rapid.T, w *Worlds) {
	for _, backlog := range [][]float32{w.compute, w.radio, w.free} {
		for _, b := range backlog {
			if !(b >= 0) || math.IsInf(float64(b), 0) {
				t.Fatalf("a backlog is %v", b)
			}
		}
	}
	for es := range w.W * w.p.M * w.p.P {
		seen := map[int32]bool{}
		for _, k := range w.cache[es*w.p.G:][:w.p.G] {
			seen[k] = true
		}
		if len(seen) != w.p.G {
			t.Fatalf("GPU %d holds %v", es, w.cache[es*w.p.G:][:w.p.G])
		}
	}
	for n, v := range w.Obs {
		if !(v >= gainLow && v <= w.p.maxWait) {
			t.Fatalf("observation %d of agent %d is %v", n%w.O, n/w.O, v)
		}
	}
	for n := range w.model {
		for a := range w.U {
			u, level := a%w.scenario.Destinations(), a/w.scenario.Destinations()
			legal := u == 0 || w.model[n] >= 0 && (u <= w.reachOf(n) || u == w.p.C+1)
			if w.model[n] >= 0 {
				legal = legal && w.enough(n, level)
			} else {
				legal = a == 0
			}
			if (w.Mask[n*w.U+a] == 1) != legal {
				t.Fatalf("agent %d: mask %v", n, w.Mask[n*w.U:][:w.U])
			}
		}
	}
}

// remember reconstructs how the ESs of world 0 served the tasks of a slot.
func remember(w *Worlds, slot int, waited []float32) []played {
	var all []played
	o, begin := &w.Task, float64(slot)*w.scenario.Time.SlotS
	for i := range w.A {
		if !w.HadTask[i] || o.Server[i] < 0 || int(o.Server[i]) == w.p.M {
			continue
		}
		air := float64(o.DataBits[i]) / float64(o.UplinkBps[i]) // the part may be cut at the deadline
		p := played{slot: slot, ied: i, es: int(o.Server[i]), model: o.Model[i]}
		p.arrival = begin + float64(o.RadioWait[i]-waited[i]) + air
		busy := float64(o.Switch[i] + o.Compute[i])
		if p.started = busy > 0; p.started {
			p.start = p.arrival + float64(o.QueueWait[i])
			p.release = p.start + busy
		}
		all = append(all, p)
	}
	return all
}

// checkServers: an ES runs one task at a time, in the order of (slot, arrival,
// IED), and an aborted task until its deadline. No task waits at an idle ES.
// (The naive model checks cache contents through the flags of the observation.)
func checkServers(t *rapid.T, s *Scenario, history []played) {
	sort.SliceStable(history, func(a, b int) bool {
		x, y := history[a], history[b]
		if x.slot != y.slot {
			return x.slot < y.slot
		}
		return x.arrival < y.arrival
	})
	free := make([][]float64, s.Servers)
	for m := range free {
		free[m] = make([]float64, 1)
		if g := s.Compute.ServerGPUs; len(g) > 0 {
			free[m] = make([]float64, g[m%len(g)])
		}
	}
	for _, p := range history {
		if !p.started {
			continue
		}
		const slack = 1e-4
		gpus := free[p.es]
		sort.Float64s(gpus)
		if p.start < gpus[0]-slack {
			t.Fatalf("ES %d starts a task at %v but is busy until %v: %+v", p.es, p.start, gpus[0], p)
		}
		if idle := math.Max(p.arrival, gpus[0]); p.start > idle+slack {
			t.Fatalf("ES %d waits from %v to %v with a task there: %+v", p.es, idle, p.start, p)
		}
		gpus[0] = p.release
	}
}

func TestAbortedTaskHoldsTheServerUntilItsDeadline(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.IEDs, s.Servers = 1, 1
		s.Tasks.Probability = 1
		s.Compute.ServerGcyclesPerS = []float64{0.5} // hopelessly slow
		s.Time.SlotS = 0.5
	})
	w, err := New(s, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Step([]int32{1}); err != nil {
		t.Fatal(err)
	}
	tau := w.Task.Deadline[0]
	if w.Task.Completed[0] || w.Task.Latency[0] != tau || w.Reward[0] != -2 {
		t.Errorf("completed %v, latency %v, reward %v; want false, %v, -2", w.Task.Completed[0], w.Task.Latency[0], w.Reward[0], tau)
	}
	if w.free[0] != tau-0.5 {
		t.Errorf("ES backlog %v, want deadline %v less the slot", w.free[0], tau)
	}
	if err := w.Step([]int32{0}); err != nil {
		t.Fatal(err)
	}
}

func TestLeastRecentlyUsedModelGoes(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Servers, s.IEDs = 1, 1 })
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		use  int32
		held bool
		want string
	}{{1, true, "[1 0]"}, {2, false, "[2 1]"}, {1, true, "[1 2]"}, {0, false, "[0 1]"}, {0, true, "[0 1]"}} {
		if held := w.touch(0, step.use); held != step.held || fmt.Sprint(w.cache) != step.want {
			t.Errorf("model %d: held %v, cache %v; want %v, %s", step.use, held, w.cache, step.held, step.want)
		}
	}
}

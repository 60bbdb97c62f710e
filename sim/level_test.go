package sim

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// leveled is a scenario with IEDs that always have a task of one service, of qualities .25, .3 and .5.
func leveled(t *testing.T, ieds int, change func(*Scenario)) *Scenario {
	t.Helper()
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.Tasks.Probability = ieds, 1, 1
		s.Compute.ServerGcyclesPerS, s.Compute.IEDGcyclesPerS = []float64{2}, Range{0.5, 0.5}
		s.Tasks.Models = []Model{{Name: "fast", Share: 1, DataMbit: Range{1, 1}, DeadlineS: Range{50, 50}, Service: Service{
			Device: "cpu", LoadS: 0.25, ResultBits: 8000, Steps: []int{1, 2, 5}, Batches: []int{1, 2, 6},
			Seconds: [][]float64{{0.1, 0.2, 0.5}, {0.15, 0.3, 0.8}, {0.35, 0.7, 2}}, Quality: Quality{Floor: 1.5, Frechet: []float64{6, 5, 3}},
		}}}
		change(s)
	})
}

func onEngines(t *testing.T, s *Scenario, play func(w *Worlds)) {
	t.Helper()
	for _, engine := range Engines() {
		w, err := NewOn(engine, s, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		play(w)
	}
}

// The level sets the work, on the own processor of half the speed and on an ES of twice the speed of the device, and the
// reward pays for quality above the least.
func TestLevelsSetWorkAndReward(t *testing.T) {
	s := leveled(t, 6, func(s *Scenario) { s.Reward.QualityWeight, s.Tasks.Models[0].LeastQuality = 4, Range{0.2, 0.2} })
	onEngines(t, s, func(w *Worlds) {
		actions := []int32{0, 2, 4, 1, 3, 5} // two destinations, level a / 2
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for i, a := range actions {
			level := int(a) / 2
			work := []float64{0.1, 0.2, 0.5}[level]
			speed := []float64{0.5, 2}[a%2]
			within(t, "compute", float64(w.Task.Compute[i]), work/speed, 1e-6)
			within(t, "work", float64(w.Task.Cycles[i]), work*1e9, 100)
			quality := []float64{0.25, 0.3, 0.5}[level]
			within(t, "reward", float64(w.Reward[i]), -float64(w.Task.Latency[i])/50+4*(quality-0.2), 1e-6)
			if w.Task.Action[i] != a || (w.Task.Server[i] < 0) != (a%2 == 0) {
				t.Errorf("%s: action %d at ES %d, want %d", w.Engine(), w.Task.Action[i], w.Task.Server[i], a)
			}
		}
	})
}

// Four tasks wait for the GPU until 3 s and run as one batch, whose time is between those of 2 and 6 in the table, at the most steps
// of the four.
func TestBatchesTakeWhatTheTableSays(t *testing.T) {
	s := leveled(t, 4, func(s *Scenario) { s.Compute.Batch.Max = 6 })
	onEngines(t, s, func(w *Worlds) {
		w.free[0] = 3
		if err := w.Step([]int32{1, 3, 1, 3}); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			within(t, w.Engine()+" compute", float64(w.Task.Compute[i]), (0.3+(0.7-0.3)*2/4)/2, 1e-6)
		}
	})
}

// A level below the least quality is illegal, whatever the destination; nothing changes after it is refused.
func TestLevelsBelowTheLeastQualityAreIllegal(t *testing.T) {
	s := leveled(t, 3, func(s *Scenario) { s.Tasks.Models[0].LeastQuality = Range{0.28, 0.28} })
	onEngines(t, s, func(w *Worlds) {
		if want := []float32{0, 0, 1, 1, 1, 1}; !slices.Equal(w.Mask[:6], want) {
			t.Errorf("%s: mask %v, want %v", w.Engine(), w.Mask[:6], want)
		}
		seen := w.Obs[w.O-7 : w.O]
		for i, want := range []float64{0.28, 0.25, 0.3, 0.5, 0.2, 0.4, 1} {
			within(t, fmt.Sprint("observation ", i), float64(seen[i]), want, 1e-6)
		}
		within(t, "work of the cheapest legal level", float64(w.cycles[0]), 0.2e9, 100)
		before := marshal(t, w)
		err := w.Step([]int32{2, 1, 2})
		if err == nil || !strings.Contains(err.Error(), "IED 1: action 1 is illegal; allowed: 2 l plus 0 (local) to 1 (candidates), for a level l of [1 2]") {
			t.Error(err)
		}
		if !bytes.Equal(before, marshal(t, w)) {
			t.Errorf("%s: a refused action changes the worlds", w.Engine())
		}
	})
}

// The least quality is uniform in its range: mean and standard deviation of 20,000 tasks.
func TestLeastQualityIsUniform(t *testing.T) {
	s := leveled(t, 200, func(s *Scenario) { s.Tasks.Models[0].LeastQuality, s.Time.Slots = Range{0.1, 0.4}, 100 })
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, actions := policy(t, "random", s), make([]int32, w.A)
	sum, squares, n := 0.0, 0.0, 0.0
	for range s.Time.Slots {
		for _, x := range w.least {
			sum, squares, n = sum+float64(x), squares+float64(x)*float64(x), n+1
		}
		play(t, w, p, actions, 1)
	}
	mean := sum / n
	within(t, "mean", mean, 0.25, 0.003)
	within(t, "deviation", math.Sqrt(squares/n-mean*mean), 0.3/math.Sqrt(12), 0.002)
}

// A heuristic takes the cheapest legal level, and a better one only where nothing waits and quality pays more than time.
func TestHeuristicsChooseLevels(t *testing.T) {
	for _, c := range []struct {
		weight, busy float64
		least        float64
		want         int32 // action: ES is 1, level 2 per step
	}{
		{0, 0, 0, 1}, {0, 0, 0.28, 3}, {10, 0, 0, 5}, {10, 1, 0, 1}, {10, 1, 0.28, 3}, {1e-3, 0, 0, 1},
	} {
		s := leveled(t, 1, func(s *Scenario) {
			s.Reward.QualityWeight, s.Tasks.Models[0].LeastQuality = c.weight, Range{c.least, c.least}
		})
		w, err := New(s, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		w.free[0] = float32(c.busy)
		actions := make([]int32, 1)
		if policy(t, "nearest", s).Act(w, actions); actions[0] != c.want {
			t.Errorf("%+v: nearest takes %d", c, actions[0])
		}
	}
	s := leveled(t, 1, func(s *Scenario) { s.Reward.QualityWeight, s.Tasks.Models[0].DeadlineS = 10, Range{0.2, 0.2} })
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, 1)
	w.now[0] = 1 // the radio takes no time
	if policy(t, "nearest", s).Act(w, actions); actions[0] != 3 {
		t.Errorf("nearest takes %d, want the level that meets the deadline", actions[0])
	}
}

// Every reference takes the best level of an only task: it plays all of them by the rules of the step.
func TestReferencesChooseLevels(t *testing.T) {
	for weight, want := range map[float64]int32{1e-3: 1, 10: 5} {
		s := leveled(t, 1, func(s *Scenario) { s.Reward.QualityWeight = weight })
		for _, name := range References() {
			w, err := New(s, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			w.now[0] = 1
			actions := make([]int32, 1)
			if policy(t, name, s).Act(w, actions); actions[0] != want {
				t.Errorf("%s takes %d where quality pays %g, want %d", name, actions[0], weight, want)
			}
		}
	}
}

// A policy of another number of levels is refused; another service with as many is seen in the units of training.
func TestUnitsOfLevels(t *testing.T) {
	own := leveled(t, 2, func(*Scenario) {})
	fewer := leveled(t, 2, func(s *Scenario) { s.Tasks.Models[0].Levels = []int{1, 5} })
	if _, err := own.InUnitsOf(fewer); err == nil || !strings.Contains(err.Error(), "observes 2 levels, but scenario paper has 3 levels (tasks.models[].levels)") {
		t.Error(err)
	}
	if _, err := own.InUnitsOf(paper(t, func(s *Scenario) { s.Servers, s.Tasks.Models = 1, s.Tasks.Models[:1] })); err == nil || !strings.Contains(err.Error(), "no levels") {
		t.Error(err)
	}
	slower := leveled(t, 2, func(s *Scenario) { s.Tasks.Models[0].Service.Seconds[0][2] = 2 })
	seen, err := own.InUnitsOf(slower)
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, seen, func(w *Worlds) { within(t, "work of the last level", float64(w.Obs[w.O-1]), 0.25, 1e-6) })
}

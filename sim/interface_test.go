package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is observed is the quantity that the interface names, read from the state by hand, with its scale and in its bounds.
func TestInterfaceSaysWhatIsObserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		w, err := New(s, 1, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		list, actions := s.Interface().Observations, make([]int32, w.A)
		if len(list) != s.ObsSize() || len(s.Interface().Actions) != s.Actions() {
			t.Fatalf("%d observations and %d actions, want %d and %d", len(list), len(s.Interface().Actions), s.ObsSize(), s.Actions())
		}
		for range s.Time.Slots {
			for i, x := range w.Obs {
				agent, o := i/w.O, list[i%w.O]
				q := w.quantity(agent, o.Name)
				if low, high := o.Low, o.High; !o.Clipped && !math.IsInf(float64(q), -1) && (low != nil && q < *low*0.99999 || high != nil && q > *high*1.00001) {
					t.Fatalf("%s is %g %s, the bounds are %g and %g", o.Name, q, o.Unit, *low, *high)
				}
				if want := o.Observed(q); math.Abs(float64(x-want)) > 1e-5*math.Max(1, math.Abs(float64(want))) {
					t.Fatalf("%s: %g %s is observed as %g, want %g", o.Name, q, o.Unit, x, want)
				}
			}
			anyActions(t, w, actions)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// quantity is what an agent observes under a name, in the unit that the interface has for it.
func (w *Worlds) quantity(agent int, name string) float32 {
	if rest, of := strings.CutPrefix(name, "candidate_"); of {
		number, part, _ := strings.Cut(rest, ".")
		c, err := strconv.Atoi(number)
		if err != nil {
			panic(name)
		}
		return w.candidateQuantity(agent, c-1, part)
	}
	k := w.model[agent]
	task := func(x float32) float32 {
		if k < 0 {
			return 0
		}
		return x
	}
	switch name {
	case "task":
		return task(1)
	case "task.data":
		return task(w.data[agent] / 1e6)
	case "task.cycles":
		return task(w.cycles[agent] / 1e9)
	case "task.deadline":
		return task(w.due(agent))
	case "speed":
		return w.speed[agent] / 1e9
	case "compute_backlog":
		return w.compute[agent]
	case "radio_backlog":
		return w.radio[agent]
	case "waiting":
		return float32(w.waiting[agent])
	case "cloud.time":
		if k < 0 {
			return 0
		}
		return w.cloudTime(agent, w.cycles[agent])
	case "task.least_quality":
		return task(w.leastOf(agent))
	}
	if rest, of := strings.CutPrefix(name, "level_"); of {
		return w.levelQuantity(agent, rest)
	}
	return truth(k >= 0 && name == "task.model."+w.scenario.Tasks.Models[k].Name)
}

func (w *Worlds) candidateQuantity(agent, c int, part string) float32 {
	m := int(w.cand[agent*w.p.C+c])
	gpu := w.nextGPU(m, m)
	k := w.model[agent]
	switch {
	case c >= w.shown(agent) && part == "gain":
		return -140
	case c >= w.shown(agent):
		return 0
	case part == "gain":
		return float32(10 * math.Log10(float64(w.now[agent*w.p.C+c])))
	case part == "backlog":
		return w.free[gpu]
	case part == "senders":
		return float32(w.load[m])
	case part == "noise_rise":
		return float32(10 * math.Log10(float64(w.noiseRise(m))))
	case part == "load_time" && (k < 0 || w.holds(gpu, k)):
		return 0
	case part == "load_time":
		return float32(w.scenario.Tasks.Models[k].LoadS + w.scenario.Tasks.Models[k].Service.LoadS)
	case part == "speed":
		return w.p.serverSpeed[m] / 1e9
	}
	held := slices.IndexFunc(w.scenario.Tasks.Models, func(m Model) bool { return part == "holds."+m.Name })
	return truth(w.holds(gpu, int32(held)))
}

// levelQuantity is that of a level, "2.quality".
func (w *Worlds) levelQuantity(agent int, name string) float32 {
	number, part, _ := strings.Cut(name, ".")
	l, err := strconv.Atoi(number)
	if err != nil {
		panic(name)
	}
	k := w.model[agent]
	if k < 0 {
		return 0
	}
	m := &w.scenario.Tasks.Models[k]
	steps := stepsOf(m, l-1)
	switch {
	case steps == 0:
		return 0
	case part == "quality":
		return float32(qualityOf(m, steps))
	}
	return float32(batchTime(&m.Service, 1, steps))
}

func (w *Worlds) leastOf(agent int) float32 {
	if w.least == nil {
		return 0
	}
	return w.least[agent]
}

func truth(x bool) float32 {
	if x {
		return 1
	}
	return 0
}

// A policy of another scenario sees the units of its training; the bounds are those of the scenario that it plays.
func TestInterfaceHasTheUnitsOfTraining(t *testing.T) {
	own, units := paper(t, everything), paper(t, func(s *Scenario) { everything(s); larger(s) })
	seen, err := own.InUnitsOf(units)
	if err != nil {
		t.Fatal(err)
	}
	trained, played := units.Interface().Observations, seen.Interface().Observations
	for i, o := range own.Interface().Observations {
		if played[i].Name != o.Name || played[i].Scale != trained[i].Scale || fmt.Sprint(o.Clipped) != fmt.Sprint(played[i].Clipped) {
			t.Errorf("%+v is %+v in the units of %+v", o, played[i], trained[i])
		}
	}
}

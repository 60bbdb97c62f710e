package sim

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// visit is a task of model 0 (or another) at the only ES of serveVisits.
type visit struct {
	model               int32
	arrival, work, tau  float64 // s; work is the time alone on the GPU
	done                bool
	wait, load, compute float64 // from the outcomes
	energy              float64
}

// serveVisits lets the ES serve the tasks in one slot with a result of no bits.
func serveVisits(t rapid.TB, s *Scenario, free float32, visits []visit) *Worlds {
	t.Helper()
	s.IEDs, s.Servers, s.Compute.ServerGcyclesPerS = len(visits), 1, []float64{10}
	for k := range s.Tasks.Models {
		s.Tasks.Models[k].ResultMbit = 0
	}
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Task = w.outcomes
	w.clearOutcomes(0, w.A)
	w.free[0], w.load[0] = free, int32(len(visits))
	var keys []uint64
	for i, v := range visits {
		w.model[i], w.radio[i] = v.model, float32(v.arrival)
		w.cycles[i], w.deadline[i], w.Task.Action[i] = float32(v.work*10e9), float32(v.tau), 1
		keys = append(keys, uint64(math.Float32bits(w.radio[i]))<<32|uint64(i))
	}
	slices.Sort(keys)
	sc := &scratch{inside: make([]sharer, len(visits)), ready: make([]float32, w.p.K)}
	w.serveAll(0, 0, keys, sc)
	for i := range visits {
		v, o := &visits[i], &w.Task
		v.done, v.wait, v.load = o.Completed[i], float64(o.QueueWait[i]), float64(o.Switch[i])
		v.compute, v.energy = float64(o.Compute[i]), float64(o.Energy[i])
	}
	return w
}

// TestEqualSharersEndTogether: n equal tasks together take n times as long as one. Of unequal tasks,
// the k-th smallest w_k ends after the sum over j of min(w_j, w_k).
func TestEqualSharersEndTogether(t *testing.T) {
	works := []float64{0.5, 0.1, 0.9, 0.3, 0.3}
	visits := make([]visit, len(works))
	for i, work := range works {
		visits[i] = visit{work: work, tau: 100}
	}
	s := paper(t, func(s *Scenario) { s.Compute.Discipline = DisciplineSharing })
	w := serveVisits(t, s, 2, visits) // earlier tasks hold the gate until 2 s
	for i, v := range visits {
		want := 0.0
		for _, work := range works {
			want += math.Min(work, works[i])
		}
		within(t, "sojourn", v.compute, want, 1e-5)
		within(t, "wait at the gate", v.wait, 2, 1e-6)
		within(t, "energy", v.energy, 300*works[i], 1e-3)
	}
	within(t, "the next gate", float64(w.free[0]), 2+2.1, 1e-5)
}

// TestSharersOfOneModelWaitForItsLoad: model 3 is absent. The first task loads it for 1 s, and the
// second waits for the rest of that time. Meanwhile model 0 computes.
func TestSharersOfOneModelWaitForItsLoad(t *testing.T) {
	visits := []visit{
		{model: 3, arrival: 0, work: 1, tau: 100}, {model: 3, arrival: 0.25, work: 1, tau: 100},
		{model: 0, arrival: 0.5, work: 0.25, tau: 100}, {model: 0, arrival: 2, work: 1, tau: 2.5},
	}
	s := paper(t, func(s *Scenario) { s.Compute.Discipline = DisciplineSharing; s.Compute.CacheModels = 3 })
	s.Tasks.Models = append(s.Tasks.Models, s.Tasks.Models[0])
	s.Tasks.Models[0].Share, s.Tasks.Models[3].Share = 0.25, 0.25
	s.Tasks.Models[3].LoadS = 1
	w := serveVisits(t, s, 0, visits)
	for i, want := range []float64{1, 0.75, 0, 0} {
		within(t, fmt.Sprintf("load of %d", i), visits[i].load, want, 1e-6)
	}
	within(t, "alone while the others load", visits[2].compute, 0.25, 1e-6)
	// From 1 to 2 s two share (0.5 s each), until 2.5 three (1/6 s each, and the last is
	// aborted), then two with 1/3 s left each: they end at 2.5 + 2/3.
	within(t, "end of the loaders", float64(w.free[0]), 2.5+2.0/3, 1e-5)
	if !visits[0].done || !visits[1].done || visits[3].done {
		t.Errorf("completed: %+v", visits)
	}
	within(t, "energy of the aborted task", visits[3].energy, 300*0.5/3, 1e-2)
	within(t, "energy of the loader", visits[0].energy, 300*2, 1e-2)
	within(t, "energy of who waits for the load", visits[1].energy, 300, 1e-2)
}

// TestSharingIsTheFluidLimit compares random slots with round robin of tiny equal time slices.
func TestSharingIsTheFluidLimit(t *testing.T) {
	finished := 0
	rapid.Check(t, func(t *rapid.T) {
		visits := make([]visit, rapid.IntRange(1, 6).Draw(t, "n"))
		for i := range visits {
			visits[i] = visit{
				arrival: rapid.Float64Range(0, 1).Draw(t, "A"), work: rapid.Float64Range(0.05, 0.5).Draw(t, "work"),
				tau: rapid.Float64Range(1.1, 3).Draw(t, "tau"),
			}
		}
		s, err := Preset("paper")
		if err != nil {
			t.Fatal(err)
		}
		s.Compute.Discipline = DisciplineSharing
		gate := rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "gate")
		want := slices.Clone(visits)
		fluid(want, gate)
		serveVisits(t, s, float32(gate), visits)
		for i, v := range visits {
			if math.Abs(want[i].compute-v.compute) > 5e-3 && math.Abs(want[i].compute+want[i].wait+want[i].arrival-v.tau) > 5e-3 {
				t.Fatalf("task %d: %+v, in slices %+v", i, v, want[i])
			}
			if v.done {
				finished++
			}
		}
	})
	if finished == 0 {
		t.Error("nothing was ever finished")
	}
}

// fluid gives every present task an equal part of every slice of 0.2 ms.
func fluid(visits []visit, gate float64) {
	const slice = 2e-4
	left := make([]float64, len(visits))
	for i := range visits {
		v := &visits[i]
		left[i], v.wait = v.work, math.Max(v.arrival, gate)-v.arrival
	}
	for now := gate; now < 5; now += slice {
		present := 0
		for i, v := range visits {
			if left[i] > 0 && v.arrival <= now && now < v.tau {
				present++
			}
		}
		for i := range visits {
			if v := &visits[i]; left[i] > 0 && v.arrival <= now && now < v.tau {
				left[i] -= slice / float64(present)
				v.compute += slice
			}
		}
	}
}

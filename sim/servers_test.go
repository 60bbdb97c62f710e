package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// roaming is a small scenario with all that changes candidates: IEDs that move, ESs of small coverage, a cloud.
func roaming(t *testing.T) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots, s.Tasks.Probability = 12, 6, 1
		s.Hall.Mobility = Mobility{SpeedMPerS: Range{20, 40}, EverySlots: 2, CorrelationM: 10}
		s.Hall.CoverageM = []float64{90}
		s.Compute.Cloud = Cloud{GcyclesPerS: 100, BackhaulMbps: 1000, DelayS: 0.01}
	})
}

// TestServersAreWhereTasksGo: on every engine the task of an IED goes to the ES that Servers names for its candidate, and a
// candidate without an ES has no legal action.
func TestServersAreWhereTasksGo(t *testing.T) {
	for _, name := range Engines() {
		w, err := NewOn(name, roaming(t), 3, 5)
		if err != nil {
			t.Fatal(err)
		}
		w.ShowServers(true)
		d := dice{rand.New(rand.NewPCG(1, 1))}
		actions, none, moved := make([]int32, w.W*w.A), 0, 0
		for range 40 {
			before := slices.Clone(w.Servers)
			for i, m := range before {
				none += int(m) / w.p.M
				if legal := w.Mask[i/w.p.C*w.U+1+i%w.p.C]; legal == 1 && int(m) == w.p.M {
					t.Fatalf("%s: IED %d may choose candidate %d, which it does not see", name, i/w.p.C, i%w.p.C)
				}
			}
			d.act(w, actions)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
			for i, a := range actions {
				if a > 0 && int(a) <= w.p.C && w.Task.Server[i] != int32(before[i*w.p.C+int(a)-1]) {
					t.Fatalf("%s: IED %d sent its task to ES %d, Servers said %g", name, i, w.Task.Server[i], before[i*w.p.C+int(a)-1])
				}
			}
			if !w.Truncated[0] && !slices.Equal(before, w.Servers) {
				moved++
			}
		}
		if none == 0 || moved == 0 {
			t.Errorf("%s: %d missing candidates, %d slots with other candidates: this tests nothing", name, none, moved)
		}
	}
}

// TestFinalServersEndTheEpisode: they are those that a longer episode would go on with.
func TestFinalServersEndTheEpisode(t *testing.T) {
	short, long := roaming(t), roaming(t)
	long.Time.Slots++
	for _, name := range Engines() {
		a, err := NewOn(name, short, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewOn(name, long, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		a.ShowServers(true)
		b.ShowServers(true)
		for range short.Time.Slots {
			for _, w := range []*Worlds{a, b} {
				if err := w.Step(make([]int32, w.W*w.A)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !a.Truncated[1] || !slices.Equal(a.FinalServers, b.Servers) || slices.Equal(a.FinalServers, a.Servers) {
			t.Errorf("%s: final %g, a longer episode has %g, the next one %g", name, a.FinalServers, b.Servers, a.Servers)
		}
	}
}

// TestShowServersChangesNothingElse: observations, rewards and outcomes have the same bits, whether the arrays are shown or not,
// and whether they were shown before.
func TestShowServersChangesNothingElse(t *testing.T) {
	for _, name := range Engines() {
		var all []*Worlds
		for range 3 {
			w, err := NewOn(name, roaming(t), 3, 5)
			if err != nil {
				t.Fatal(err)
			}
			w.SetThreads(2)
			all = append(all, w)
		}
		plain := all[0]
		all[1].ShowServers(true)
		all[2].ShowServers(true)
		all[2].ShowServers(false)
		d := dice{rand.New(rand.NewPCG(2, 1))}
		actions := make([]int32, plain.W*plain.A)
		for slot := range 14 {
			d.act(plain, actions)
			for k, w := range all {
				if err := w.Step(actions); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(w.Obs, plain.Obs) || !slices.Equal(w.FinalObs, plain.FinalObs) || !slices.Equal(w.Reward, plain.Reward) ||
					!slices.Equal(w.Task.Latency, plain.Task.Latency) {
					t.Fatalf("%s, slot %d: worlds %d differ", name, slot, k)
				}
			}
		}
		if got, want := marshal(t, all[2]), marshal(t, plain); !slices.Equal(got, want) {
			t.Errorf("%s: worlds that show servers no more have another state", name)
		}
	}
}

package sim

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// everything is a scenario with every part of the observation, in which backlogs build up.
func everything(s *Scenario) {
	s.IEDs, s.Servers, s.Time.Slots = 8, 6, 40
	s.Tasks.Arrivals = Arrivals{Process: ArrivalsPoisson, RatePerSlot: 0.9, Queue: 2}
	s.Radio.Reuse1 = true
	s.Compute.Cloud = Cloud{GcyclesPerS: 5, BackhaulMbps: 10, DelayS: 0.02}
	s.Compute.ServerGcyclesPerS = []float64{2, 3, 4}
}

// larger has units that are powers of two times those of the scenario, so that the ratio of two observations is exact.
func larger(s *Scenario) {
	s.IEDs *= 2
	s.Tasks.Arrivals.Queue *= 2
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		m.DataMbit[1] *= 4
		m.Gcycles[1] *= 8
		m.DeadlineS[0] /= 4
		m.DeadlineS[1] *= 2
		m.LoadS *= 4
	}
	s.Compute.IEDGcyclesPerS[1] *= 2
	for m := range s.Compute.ServerGcyclesPerS {
		s.Compute.ServerGcyclesPerS[m] *= 4
	}
}

// Observations in the units of another scenario are those in the own units times the ratios of the units, written by
// hand. Nothing else changes.
func TestUnits(t *testing.T) {
	own := paper(t, everything)
	units := paper(t, func(s *Scenario) { everything(s); larger(s) })
	seen, err := own.InUnitsOf(units)
	if err != nil {
		t.Fatal(err)
	}
	k, c := len(own.Tasks.Models), own.Candidates()
	ratio := slices.Repeat([]float32{1}, own.ObsSize())
	copy(ratio[k+1:], []float32{1. / 4, 1. / 8, 1. / 2, 1. / 2, 4, 4}) // D, C, tau, f, both backlogs
	for j := range c {
		copy(ratio[k+7+3*j:], []float32{1, 4, 1. / 2}) // gain, backlog, n / N
	}
	at := k + 7 + 3*c
	ratio[at], ratio[at+1+c] = 1./2, 4 // waiting tasks / Q; the cloud, after the noise rise
	for j := range c {
		load := at + 2 + c + c*k + j
		ratio[load], ratio[load+c] = 1./4, 1./4 // load times, speeds of ESs
	}
	limit := float32(2 * 4 / 1.) // 2 tau_max / tau_min of the paper
	for _, engine := range Engines() {
		a, err := NewOn(engine, own, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewOn(engine, seen, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		cut, moved := 0, make([]bool, a.O)
		actions := make([]int32, a.W*a.A)
		for range 2 * own.Time.Slots {
			for i, x := range a.Obs {
				j := i % a.O
				waits := j == k+5 || j == k+6 || j > k+6 && j < at && (j-k-7)%3 == 1 || j == at+1+c
				switch {
				case waits && x == limit && b.Obs[i] >= 4*x:
					cut++
				case b.Obs[i] != x*ratio[j]:
					t.Fatalf("engine %s: number %d is %g and %g, want a ratio of %g", engine, j, x, b.Obs[i], ratio[j])
				}
				moved[j] = moved[j] || x != 0
			}
			greedyPolicy{}.Act(a, actions)
			if err := a.Step(actions); err != nil {
				t.Fatal(err)
			}
			if err := b.Step(actions); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Reward, b.Reward) || !slices.Equal(a.Mask, b.Mask) {
				t.Fatal("the units of the observation change the game")
			}
		}
		if cut == 0 || slices.Contains(moved, false) {
			t.Errorf("engine %s: %d backlogs were cut, numbers that were not 0: %v", engine, cut, moved)
		}
	}
	if hash(t, own) == hash(t, seen) {
		t.Error("a state of one could be restored in the other, which observes in other units")
	}
}

// Another number of IEDs or ESs, another hall, load or radio fits; what has another meaning is refused, all in one
// sentence.
func TestInUnitsOf(t *testing.T) {
	for want, change := range map[string]func(*Scenario){
		"": func(s *Scenario) {
			*s = *s.Population(77)
			s.Tasks.Probability, s.Radio.BandwidthMHz, s.Hall.Clutter, s.Time.SlotS = 0.9, 5, "SL", 2
		},
		"observes 4 candidates, but scenario paper has 3 candidates (servers, candidates)": func(s *Scenario) { s.Servers = 3 },
		"observes 4 candidates, 3 models [small medium large], no waiting tasks, but scenario paper has 1 candidate (servers, candidates), " +
			"1 model [small] (tasks.models), waiting tasks (tasks.arrivals.queue)": func(s *Scenario) {
			s.MaxCandidates, s.Tasks.Models, s.Tasks.Arrivals.Queue = 1, s.Tasks.Models[:1], 3
		},
		"3 models [medium small large] (tasks.models)": func(s *Scenario) {
			m := s.Tasks.Models
			m[0], m[1] = m[1], m[0]
		},
		"observes no noise rise, no cloud, cache flags, load times, server speeds, but scenario paper has noise rise (radio.reuse_1), " +
			"cloud (compute.cloud), no cache flags (observation.cache_flags), no load times (observation.load_times), " +
			"no server speeds (observation.server_speeds)": func(s *Scenario) {
			s.Radio.Reuse1, s.Compute.Cloud.GcyclesPerS, s.Observation = true, 50, Observation{}
		},
	} {
		trained, s := paper(t, nil), paper(t, nil)
		change(s)
		_, err := s.InUnitsOf(trained)
		if (err == nil) != (want == "") || err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A state of worlds with the units of another scenario does not depend on where the files of that one are.
func TestUnitsDependOnNoFile(t *testing.T) {
	var all []uint64
	for range 2 {
		trained := paper(t, func(s *Scenario) { s.Hall.IEDPositionsFile = placesFile(t, "x_m,y_m\n10,20\n") })
		s, err := trained.Clone().InUnitsOf(trained)
		if err != nil {
			t.Fatal(err)
		}
		if trained.Hall.IEDPositionsFile == "" || s.Hall.IEDPositionsFile == "" {
			t.Error("a scenario lost its file")
		}
		all = append(all, hash(t, s))
	}
	if all[0] != all[1] {
		t.Error("the hash depends on the path of a file")
	}
}

// Of random scenarios, those that fit have observations and actions of the same size: no option is forgotten.
func TestInUnitsOfKnowsEveryOption(t *testing.T) {
	d, fit := dice{rand.New(rand.NewPCG(1, 12))}, 0
	var all []*Scenario
	for range 200 {
		s := d.scenario(t)
		for k := range s.Tasks.Models {
			s.Tasks.Models[k].Name = string(rune('a' + k))
		}
		for _, other := range all {
			if _, err := s.InUnitsOf(other); err != nil {
				continue
			}
			fit++
			if s.ObsSize() != other.ObsSize() || s.Actions() != other.Actions() {
				t.Fatalf("O is %d and %d, U is %d and %d:\n%s\n%s", s.ObsSize(), other.ObsSize(), s.Actions(), other.Actions(), s.YAML(), other.YAML())
			}
		}
		all = append(all, s)
	}
	if fit < 10 {
		t.Errorf("only %d pairs fit", fit)
	}
}

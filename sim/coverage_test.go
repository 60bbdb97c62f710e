package sim

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// covered is a scenario in which radii are about the distance of the ESs, so that an IED is covered by
// none, some or all.
func covered(t testing.TB, edit func(*Scenario)) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.MaxCandidates, s.Time.Slots = 300, 9, 4, 6
		s.Hall.CoverageM, s.Tasks.Probability = []float64{60, 10, 90}, 0.7
		if edit != nil {
			edit(s)
		}
	})
}

// audit compares candidates, masks and observations of a world with the ESs in reach of every place,
// measured in float64. It counts IEDs by the number of their candidates.
func audit(t *testing.T, w *Worlds, world int, count map[int]int) {
	t.Helper()
	p, radii := w.p, w.scenario.Hall.CoverageM
	for i, at := range w.View(world).Places {
		agent, close := world*w.A+i, false
		var inReach []int32
		for m, es := range p.servers {
			d, r := math.Hypot(float64(at[0]-es[0]), float64(at[1]-es[1])), radii[m%len(radii)]
			close = close || math.Abs(d-r) < 1e-4
			if d <= r {
				inReach = append(inReach, int32(m))
			}
		}
		if close {
			continue // rounding decides
		}
		n := min(len(inReach), p.C)
		count[n]++
		gain, cand := w.gain[agent*p.C:][:p.C], w.cand[agent*p.C:][:n]
		for c, m := range cand {
			if !slices.Contains(inReach, m) || slices.Contains(cand[:c], m) || c > 0 && gain[c] > gain[c-1] {
				t.Fatalf("IED %d at %v has the candidates %v with the gains %v; %v are in reach", i, at, cand, gain, inReach)
			}
		}
		for u, legal := range w.Mask[agent*w.U:][:w.U] {
			want := u == 0 || w.model[agent] >= 0 && (u <= n || u == p.C+1)
			if (legal == 1) != want {
				t.Fatalf("IED %d with %d candidates has the mask %v", i, n, w.Mask[agent*w.U:][:w.U])
			}
		}
		if n == 0 && p.cloud {
			n = 1
		}
		for c := n; c < p.C; c++ {
			o := w.Obs[agent*w.O+p.K+7+3*c:]
			if o[0] != gainLow || o[1] != 0 || o[2] != 0 || gain[c] != 0 {
				t.Fatalf("IED %d with %d candidates sees %v at %d", i, n, o[:3], c)
			}
		}
	}
}

// TestCandidatesCoverTheirIEDs: on every engine, with every option that an observation shows.
func TestCandidatesCoverTheirIEDs(t *testing.T) {
	for _, engine := range Engines() {
		for name, edit := range map[string]func(*Scenario){
			"plain": func(*Scenario) {},
			"cloud": func(s *Scenario) { s.Compute.Cloud = Cloud{GcyclesPerS: 50, BackhaulMbps: 1000} },
			"moving": func(s *Scenario) {
				s.Hall.Mobility = Mobility{SpeedMPerS: Range{20, 30}, EverySlots: 2, CorrelationM: 10}
			},
		} {
			s := covered(t, edit)
			w, err := NewOn(engine, s, 2, 3)
			if err != nil {
				t.Fatal(err)
			}
			p, actions, count := policy(t, "random", s), make([]int32, w.W*w.A), map[int]int{}
			for range 8 {
				audit(t, w, 1, count)
				play(t, w, p, actions, 1)
			}
			for n := range 4 {
				if count[n] < 10 {
					t.Errorf("%s, %s: %d IEDs have %d candidates, so this tests nothing (%v)", engine, name, count[n], n, count)
				}
			}
		}
	}
}

// The links that are left are those of the scenario without coverage: the radii choose among them.
func TestCoverageChangesNoLink(t *testing.T) {
	s := covered(t, func(s *Scenario) { s.MaxCandidates = s.Servers })
	a, _, _ := start(t, s, 1, 3)
	s.Hall.CoverageM = nil
	b, _, _ := start(t, s, 1, 3)
	links := 0
	for n := range a.reach {
		all := b.cand[n*9:][:9]
		for c, m := range a.cand[n*9:][:a.reach[n]] {
			at := slices.Index(all, m)
			if a.gain[n*9+c] != b.gain[n*9+at] || a.now[n*9+c] == 0 {
				t.Fatalf("IED %d: the gain to ES %d is %v, without coverage %v", n, m, a.gain[n*9+c], b.gain[n*9+at])
			}
			links++
		}
	}
	if links < 300 {
		t.Errorf("only %d links", links)
	}
	s.Hall.CoverageM = []float64{1e6} // more than the hall
	c, _, _ := start(t, s, 1, 3)
	if !slices.Equal(b.Obs, c.Obs) || !slices.Equal(b.Mask, c.Mask) || !slices.Equal(b.cand, c.cand) {
		t.Error("a radius beyond the hall changes something")
	}
}

// lonely are three IEDs: at ES 0, between both ESs, and beyond them. Each has a task in every slot.
func lonely(t testing.TB, edit func(*Scenario)) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.Tasks.Probability, s.Hall.Clutter = 3, 2, 1, "LOS"
		s.Hall.ServerPositions = []Point{{50, 50}, {100, 50}}
		s.Hall.IEDPositions = []Point{{50, 60}, {80, 50}, {200, 50}}
		s.Hall.CoverageM = []float64{30, 40}
		if edit != nil {
			edit(s)
		}
	})
}

func TestIllegalCandidatesAreRefused(t *testing.T) {
	for _, engine := range Engines() {
		for _, c := range []struct {
			cloud   bool
			actions []int32
			want    string
		}{
			{false, []int32{1, 2, 0}, ""},
			{false, []int32{2, 0, 0}, "IED 0: action 2 is illegal; allowed: 0 (local) to 1 (candidates that cover it)"},
			{false, []int32{0, 3, 0}, "IED 1: action 3 is illegal; allowed: 0 (local) to 2 (candidates)"},
			{false, []int32{0, 0, 1}, "IED 2: action 1 is illegal; allowed: 0 (local)"},
			{true, []int32{3, 3, 3}, ""},
			{true, []int32{0, 0, 1}, "IED 2: action 1 is illegal; allowed: 0 (local), 3 (cloud)"},
			{true, []int32{2, 0, 0}, "IED 0: action 2 is illegal; allowed: 0 (local) to 1 (candidates that cover it), 3 (cloud)"},
		} {
			s := lonely(t, func(s *Scenario) {
				if c.cloud {
					s.Compute.Cloud = Cloud{GcyclesPerS: 50, BackhaulMbps: 1000}
				}
			})
			w, err := NewOn(engine, s, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			before := marshal(t, w)
			switch err := w.Step(c.actions); {
			case c.want == "" && err != nil:
				t.Errorf("%s, %v: %v", engine, c.actions, err)
			case c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)):
				t.Errorf("%s, %v: error %v, want %q", engine, c.actions, err, c.want)
			case c.want != "" && !bytes.Equal(before, marshal(t, w)):
				t.Errorf("%s, %v: the worlds moved on", engine, c.actions)
			}
		}
	}
}

// An IED outside of all coverage sends to the cloud through its strongest ES, which is observed as
// candidate 1: the rate is Shannon's with the path loss of TR 38.901 at its distance.
func TestUncoveredIEDsReachTheCloud(t *testing.T) {
	s := lonely(t, func(s *Scenario) {
		s.Compute.Cloud = Cloud{GcyclesPerS: 50, BackhaulMbps: 1000}
		s.Radio.IEDPowerDBm, s.Radio.MaxSpectralEfficiency = -30, 100
	})
	w, _, _ := start(t, s, 1, 1)
	sigmas := map[int32]float64{}
	for m, d := range map[int32]float64{0: 150, 1: 100} {
		l := w.p.drawLink(&moment{key: w.moment(0).key}, 2, int(m), 200, 50)
		sigmas[m] = 10*math.Log10(float64(l.gain)) + 31.84 + 21.5*math.Log10(math.Sqrt(d*d+6.5*6.5)) + 19*math.Log10(3.5)
		if math.Abs(sigmas[m]) > 5*4.3 {
			t.Errorf("shadowing of ES %d is %v dB", m, sigmas[m])
		}
	}
	first := w.View(0).First
	best := int32(0)
	if -21.5*math.Log10(math.Hypot(100, 6.5))+sigmas[1] > -21.5*math.Log10(math.Hypot(150, 6.5))+sigmas[0] {
		best = 1
	}
	if first[2] != best || first[0] != 0 {
		t.Errorf("candidate 1 of the IEDs is %v, the strongest of the last is %d", first, best)
	}
	gain, seen := float64(w.now[2*w.p.C]), w.Obs[2*w.O+w.p.K+7]
	within(t, "observed gain", float64(seen), max((10*math.Log10(gain)+100)/20, -2), 1e-4)
	if err := w.Step([]int32{0, 0, 3}); err != nil {
		t.Fatal(err)
	}
	noise := math.Pow(10, (-174+5)/10.) * 20e6
	rate := 20e6 * math.Log2(1+math.Pow(10, -3)*gain/noise)
	within(t, "rate over that of Shannon", float64(w.Task.UplinkBps[2])/rate, 1, 1e-3)
	if w.Task.Server[2] != int32(w.p.M) || w.Task.Action[2] != 3 || w.load[best] != 1 {
		t.Errorf("server %d, loads %v", w.Task.Server[2], w.load)
	}
}

// Every heuristic chooses only ESs that cover the IED, and random all legal actions alike.
func TestHeuristicsStayInCoverage(t *testing.T) {
	for _, cloud := range []Cloud{{}, {GcyclesPerS: 50, BackhaulMbps: 1000}} {
		s := covered(t, func(s *Scenario) { s.Compute.Cloud = cloud })
		for _, name := range Policies() {
			w, _, actions := start(t, s, 4, 9)
			p := policy(t, name, s)
			var chosen, expected [6]float64
			for range 12 {
				p.Act(w, actions)
				for n, a := range actions {
					if w.Mask[n*w.U+int(a)] != 1 {
						t.Fatalf("%s: IED %d chooses %d, the mask is %v", name, n, a, w.Mask[n*w.U:][:w.U])
					}
					if w.model[n] < 0 {
						continue
					}
					chosen[a]++
					for u, legal := range w.Mask[n*w.U:][:w.U] {
						expected[u] += float64(legal) / float64(w.choices(n))
					}
				}
				if err := w.Step(actions); err != nil {
					t.Fatal(err)
				}
			}
			for a := range chosen {
				if name == "random" {
					within(t, "number of choices", chosen[a], expected[a], 5*math.Sqrt(expected[a]))
				}
			}
		}
	}
}

// With numbers by position, the IEDs that no ES covers come last.
func TestUncoveredIEDsHaveTheLastNumbers(t *testing.T) {
	w, _, _ := startNumbered(t, Engines()[0], covered(t, nil), 1, 3)
	last := slices.Index(w.reach, 0)
	if last < 10 || last > 290 {
		t.Fatalf("the first IED without ES is number %d", last)
	}
	rank := 0
	for n, reach := range w.reach {
		if (reach == 0) != (n >= last) {
			t.Errorf("IED %d has %d candidates", n, reach)
		}
		if n < last {
			if now := int(w.p.rank[w.cand[n*w.p.C]]); now < rank {
				t.Errorf("IED %d is before its neighbours", n)
			} else {
				rank = now
			}
		}
	}
}

func TestCoverageSurvivesACheckpoint(t *testing.T) {
	s := covered(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots = 20, 20
		s.Hall.Mobility = Mobility{SpeedMPerS: Range{20, 30}, EverySlots: 1, CorrelationM: 10}
	})
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s, 3, 99)
	play(t, a, p, actions, 33)
	restore(t, b, marshal(t, a))
	play(t, a, p, actions, 25)
	play(t, b, p, actions, 25)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("the restored worlds went another way")
	}
}

package sim

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// moving is a scenario in which all IEDs move at 2 m/s without rest.
func moving(t testing.TB, change func(*Scenario)) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots = 400, 400
		s.Hall.Mobility = Mobility{SpeedMPerS: Range{2, 2}, EverySlots: 1, CorrelationM: 10}
		if change != nil {
			change(s)
		}
	})
}

// TestWalkersKeepTheirSpeed: the distance per slot follows from the speed and is shorter at a
// waypoint. An IED rests for the right number of slots, and no IED moves between updates.
func TestWalkersKeepTheirSpeed(t *testing.T) {
	s := moving(t, func(s *Scenario) { s.Hall.Mobility.PauseS, s.Hall.Mobility.EverySlots = 7, 2 })
	w, _, actions := start(t, s, 1, 3)
	full, stood, run := 0, 0, make([]int, w.A)
	for slot := 1; slot < 390; slot++ {
		x, y := slices.Clone(w.placeX), slices.Clone(w.placeY)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n := range x {
			d := math.Hypot(float64(w.placeX[n]-x[n]), float64(w.placeY[n]-y[n]))
			switch {
			case slot%2 == 1 && d != 0 || d > 4.001:
				t.Fatalf("IED %d moves %v m in slot %d", n, d, slot)
			case slot%2 == 0 && d > 3.999:
				full++
			}
			if slot%2 == 0 && d == 0 {
				run[n]++
			} else if slot%2 == 0 {
				if run[n] > 0 && stood < 50 && slot > 40 {
					stood++
					if run[n] != 4 { // 7 s are over after four updates of 2 s
						t.Fatalf("IED %d rests %d updates", n, run[n])
					}
				}
				run[n] = 0
			}
			if w.placeX[n] < 0 || w.placeX[n] > 300 || w.placeY[n] < 0 || w.placeY[n] > 150 {
				t.Fatalf("IED %d leaves the hall", n)
			}
		}
	}
	if full < 1000 || stood < 50 {
		t.Errorf("%d full strides, %d rests", full, stood)
	}
}

// TestShadowingIsGudmundsons: shadowing is standard normal with correlation exp(-d/10 m) after d m.
func TestShadowingIsGudmundsons(t *testing.T) {
	w, _, actions := start(t, moving(t, nil), 1, 4)
	first := slices.Clone(w.drift)
	x0, y0 := slices.Clone(w.placeX), slices.Clone(w.placeY)
	for range 5 {
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	var n, product, square, mean float64
	for i, v := range w.drift {
		agent := i / (drifts * w.p.near.measured)
		d := math.Hypot(float64(w.placeX[agent]-x0[agent]), float64(w.placeY[agent]-y0[agent]))
		if math.Abs(d-10) < 1e-3 { // an IED that turned in between moved a different distance
			n++
			mean += float64(v)
			product += float64(v) * float64(first[i])
			square += float64(v) * float64(v)
		}
	}
	if n < 2000 {
		t.Fatalf("only %v links", n)
	}
	within(t, "mean", mean/n, 0, 4/math.Sqrt(n))
	within(t, "variance", square/n, 1, 6/math.Sqrt(n))
	within(t, "correlation after 10 m", product/n, math.Exp(-1), 5/math.Sqrt(n))
}

// TestLineOfSightFollowsThePlace: at any time the share of links with line of sight at distance d is
// P_LOS of TR 38.901, exp(-d / 44.8142 m) in InF-SL.
func TestLineOfSightFollowsThePlace(t *testing.T) {
	for scenario, visible := range map[string]func(d float64) float64{
		"SL":  func(d float64) float64 { return math.Exp(-d / 44.8142) },
		"UMi": func(d float64) float64 { return streetSight(d, 36) },
		"UMa": func(d float64) float64 { return streetSight(d, 63) },
	} {
		t.Run(scenario, func(t *testing.T) { followSight(t, scenario, visible) })
	}
}

func followSight(t *testing.T, scenario string, sight func(d float64) float64) {
	s := moving(t, func(s *Scenario) { s.Hall.Clutter = scenario })
	w, _, actions := start(t, s, 1, 4)
	seen, expected, links, changes, redrawn := 0.0, 0.0, 0.0, 0, 0.0
	for slot := range 390 {
		before := losByServer(w)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for i, now := range losByServer(w) {
			if now != before[i] {
				changes++
			}
			if slot%10 == 9 {
				at := w.p.servers[i%w.p.M]
				d := math.Hypot(float64(w.placeX[i/w.p.M]-at[0]), float64(w.placeY[i/w.p.M]-at[1]))
				visible := sight(d)
				expected += visible
				redrawn += 2 * visible * (1 - visible)
				links++
				if now {
					seen++
				}
			}
		}
	}
	within(t, "share of visible links", seen/links, expected/links, 0.01)
	if rate := float64(changes) / (390 * links / 39); rate > 0.75*redrawn/links || rate == 0 {
		t.Errorf("a link changes its line of sight %v times per slot, independent draws would %v times", rate, redrawn/links)
	}
}

// losByServer is the line of sight [A, M] of worlds whose candidates are all ESs.
func losByServer(w *Worlds) []bool {
	all := make([]bool, w.A*w.p.M)
	for n, m := range w.cand {
		all[n/w.p.C*w.p.M+int(m)] = w.los[n]
	}
	return all
}

// TestCandidatesFollowThePlace rebuilds every link in float64 and sorts the links. The hall has more
// ESs than an IED measures. The processes of ESs that stay in range continue.
func TestCandidatesFollowThePlace(t *testing.T) {
	s := moving(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.Hall.Clutter = 40, 100, "LOS"
		s.Hall.Mobility.SpeedMPerS, s.Hall.Mobility.CorrelationM = Range{20, 20}, 1e4
	})
	w, _, actions := start(t, s, 1, 4)
	near := func(n int) []int32 { return w.p.near.at(w.placeX[n], w.placeY[n]) }
	kept, crossed := 0, 0
	for range 30 {
		before, lists := slices.Clone(w.drift), make([][]int32, w.A)
		for n := range lists {
			lists[n] = near(n)
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n := range lists {
			best, at := math.Inf(-1), int32(-1)
			for q, m := range near(n) {
				x := w.driftOf(n)[drifts*q:]
				d := math.Hypot(float64(w.placeX[n]-w.p.servers[m][0]), float64(w.placeY[n]-w.p.servers[m][1]))
				loss := 31.84 + 21.5*math.Log10(math.Max(math.Sqrt(d*d+float64(w.p.height2)), 1)) + 19*math.Log10(3.5) + 4.3*float64(x[0])
				if -loss > best {
					best, at = -loss, m
				}
				if b := slices.Index(lists[n], m); b >= 0 && b != q {
					kept++
					old := before[n*drifts*len(lists[n])+drifts*b]
					if math.Abs(float64(x[0]-old)) > 0.4 { // sigma of the change 0.063
						t.Fatalf("shadowing of ES %d jumps from %v to %v", m, old, x[0])
					}
				}
			}
			if &lists[n][0] != &near(n)[0] {
				crossed++
			}
			if gain := 10 * math.Log10(float64(w.gain[n*w.p.C])); math.Abs(gain-best) > 1e-3 || at != w.cand[n*w.p.C] && math.Abs(gain-best) > 1e-4 {
				t.Fatalf("IED %d has candidate %d at %v dB, the strongest is %d at %v", n, w.cand[n*w.p.C], gain, at, best)
			}
		}
	}
	if kept == 0 || crossed == 0 {
		t.Errorf("%d processes moved, %d cells were crossed", kept, crossed)
	}
}

func TestWalkersSurviveACheckpoint(t *testing.T) {
	s := moving(t, func(s *Scenario) { s.IEDs, s.Servers, s.Time.Slots = 10, 40, 20 })
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s, 3, 99)
	play(t, a, p, actions, 33)
	restore(t, b, marshal(t, a))
	play(t, a, p, actions, 25)
	play(t, b, p, actions, 25)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("the restored worlds went another way")
	}
	if n := testing.AllocsPerRun(30, func() { play(t, a, p, actions, 1) }); n != 0 {
		t.Errorf("%v allocations per step", n)
	}
}

func TestMobilityFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{every_slots: 1, correlation_m: 10}":                                    "hall.mobility.speed_m_per_s: [0 0] is not allowed; allowed: [min, max] with 0.001",
		"{speed_m_per_s: [1, 2], correlation_m: 10}":                             "hall.mobility.every_slots: 0",
		"{speed_m_per_s: [1, 2], every_slots: 1}":                                "hall.mobility.correlation_m: 0",
		"{speed_m_per_s: [1, 2], every_slots: 1, correlation_m: 5, pause_s: -1}": "my.yaml:2: hall.mobility.pause_s: -1",
	} {
		if _, err := Parse([]byte("hall:\n  mobility: "+text+"\n"), "my.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

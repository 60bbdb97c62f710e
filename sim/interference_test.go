package sim

import (
	"math"
	"slices"
	"testing"
)

// TestInterferenceOfTwo: two IEDs on two ESs interfere, with the rate
// B log2(1 + P g / (N0 B + P g')). On one ES they do not.
func TestInterferenceOfTwo(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.Tasks.Probability, s.Radio.Reuse1 = 2, 2, 1, true
		s.Radio.MaxSpectralEfficiency = 100
	})
	w, _, actions := start(t, s, 1, 3)
	to := func(i, es int) int { return slices.Index(w.cand[2*i:2*i+2], int32(es)) }
	noise := math.Pow(10, (-174+5)/10.0) * 20e6 // mW
	for _, es := range [][2]int{{0, 1}, {1, 0}, {0, 0}} {
		actions[0], actions[1] = int32(to(0, es[0])+1), int32(to(1, es[1])+1)
		want := [2]float64{}
		for i := range want {
			signal, heard := 10*float64(w.now[2*i+to(i, es[i])]), 10*float64(w.gain[2*(1-i)+to(1-i, es[i])])
			want[i] = 20e6 * math.Log2(1+signal/(noise+heard))
			if es[0] == es[1] {
				want[i] = 10e6 * math.Log2(1+2*signal/noise)
			}
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			within(t, "uplink in bit/s", float64(w.Task.UplinkBps[i]), want[i], 1e-3*want[i]+1e3)
		}
	}
}

// TestInterferenceCosts: sharing the band cannot help.
func TestInterferenceCosts(t *testing.T) {
	rate := func(reuse bool) float64 {
		s := paper(t, func(s *Scenario) { s.Radio.Reuse1 = reuse })
		return simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "nearest", s), Episodes: 8, Seed: 2}).CompletionRate
	}
	if alone, shared := rate(false), rate(true); shared > alone {
		t.Errorf("nearest completes %v on one band and %v on bands of their own", shared, alone)
	}
}

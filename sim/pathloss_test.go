package sim

import (
	"math"
	"testing"
)

// paper returns the default scenario after an edit.
func paper(t testing.TB, edit func(*Scenario)) *Scenario {
	t.Helper()
	s, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(s)
	}
	return s
}

// The golden values below were computed by hand from TR 38.901 table 7.4.1-1
// at f_c = 3.5 GHz, independently of this package.
func TestPathLossGolden(t *testing.T) {
	distances := []float64{10, 30, 60, 100}
	for name, want := range map[string][]float64{
		"SL": {69.381, 81.548, 89.224, 94.881},
		"DL": {69.381, 82.215, 92.961, 100.881}, // the SL term decides at 10 m
		"SH": {66.281, 77.255, 84.179, 89.281},
		"DH": {66.411, 76.860, 83.453, 88.311},
	} {
		p := newParams(paper(t, func(s *Scenario) { s.Hall.Clutter = name }))
		for j, d := range distances {
			los, nlos := p.losses(float32(log2f(float32(d)) * log10of2))
			within(t, name+" NLOS", float64(nlos), want[j], 6e-4)
			within(t, "LOS", float64(los), []float64{63.677, 73.935, 80.408, 85.177}[j], 6e-4)
		}
	}
}

func TestLineOfSightGolden(t *testing.T) {
	for name, want := range map[string]struct{ decay, at30 float64 }{
		"SL": {44.8142, .5120}, "DL": {2.1827, 0}, "SH": {582.5846, .9498}, "DH": {3.1528, .0001},
	} {
		c := propagations[name]
		within(t, name+" k_s", c.decay(), want.decay, 6e-5)
		p := newParams(paper(t, func(s *Scenario) { s.Hall.Clutter = name }))
		within(t, name+" P_LOS(30 m)", float64(p.visible(30)), want.at30, 6e-5)
	}
	p := newParams(paper(t, func(s *Scenario) { s.Hall.Clutter = "LOS" }))
	within(t, "P_LOS without clutter", float64(p.visible(500)), 1, 0)
}

// DH NLOS at 30 m, 20 dBm, 20 MHz: SNR and rate of one and of five sharers.
func TestRateGolden(t *testing.T) {
	p := newParams(paper(t, func(s *Scenario) { s.Hall.Clutter = "DH"; s.Radio.IEDPowerDBm = 20 }))
	_, nlos := p.losses(float32(log2f(30) * log10of2))
	gain := exp2f(-float32(nlos * decibel))
	dB := func(x float32) float64 { return 10 * math.Log10(float64(x)) }
	within(t, "SNR, 1 sharer", dB(gain*p.snrUp), 39.13, 5e-3)
	within(t, "SNR, 5 sharers", dB(gain*p.snrUp*5), 46.12, 5e-3)
	p.maxSE = 100
	within(t, "SE, 1 sharer", float64(p.uplink(gain, 1))/20e6, 12.999, 1e-3)
	within(t, "SE, 5 sharers", float64(p.uplink(gain, 5))/4e6, 15.320, 1e-3)
	within(t, "uncapped Mbit/s", float64(p.uplink(gain, 5))/1e6, 61.282, 2e-3)
	p.maxSE = 7.4
	within(t, "capped Mbit/s", float64(p.uplink(gain, 5))/1e6, 29.6, 1e-4)
	// Power and band shrink together: the ES's SNR does not depend on n.
	within(t, "downlink n 1 / n 4", float64(p.downlink(1e-11, 1)/p.downlink(1e-11, 4)), 4, 1e-5)
}

func TestDefaultServersStandOnTheGrid(t *testing.T) {
	got := serverGrid(paper(t, nil))
	want := [][2]float32{{75, 37.5}, {225, 37.5}, {75, 112.5}, {225, 112.5}}
	for m := range want {
		if got[m] != want[m] {
			t.Errorf("ES %d at %v, want %v", m, got[m], want[m])
		}
	}
	for _, n := range []int{1, 2, 3, 5, 7, 40, 41} {
		s := paper(t, func(s *Scenario) { s.Servers = n })
		seen := map[[2]float32]bool{}
		for _, at := range serverGrid(s) {
			seen[at] = true
		}
		if len(seen) != n {
			t.Errorf("%d ESs stand at %d places", n, len(seen))
		}
	}
}

func TestPopulationKeepsDensity(t *testing.T) {
	s := paper(t, nil)
	for _, n := range []int{3, 30, 300, 3000} {
		c := s.Population(n)
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		area := c.Hall.WidthM * c.Hall.DepthM / float64(c.Servers)
		within(t, "area per ES", area, 11250, 1e-6)
		if n >= 30 {
			within(t, "IEDs per ES", float64(n)/float64(c.Servers), 7.5, 0.05)
		}
	}
	if s.IEDs != 30 || s.Hall.WidthM != 300 {
		t.Error("Population changed its receiver")
	}
	ready, err := Preset("population")
	if err != nil {
		t.Fatal(err)
	}
	grown := s.Population(300)
	within(t, "width of the preset", ready.Hall.WidthM, grown.Hall.WidthM, 1e-5)
	if ready.Servers != grown.Servers || ready.IEDs != grown.IEDs {
		t.Errorf("preset has %d IEDs, %d ESs; grown %d, %d", ready.IEDs, ready.Servers, grown.IEDs, grown.Servers)
	}
}

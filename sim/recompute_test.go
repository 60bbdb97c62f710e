package sim

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels/philox"
)

// TestAnyDrawCanBeRecomputedAlone takes one world, IED and slot out of the middle
// of a run and rebuilds them from the documented counter in float64: first the
// topology from the table of TR 38.901, then the fading, then the task.
func TestAnyDrawCanBeRecomputedAlone(t *testing.T) {
	for _, scenario := range []string{"DL", "UMi", "UMa"} {
		t.Run(scenario, func(t *testing.T) { recomputeDraws(t, scenario) })
	}
}

func recomputeDraws(t *testing.T, scenario string) {
	const seed, world, episode, slot = 0x1234567890abcdef, 3, 2, 7
	s := paper(t, func(s *Scenario) { s.Time.Slots, s.Hall.Clutter = 10, scenario })
	w, p, actions := start(t, s, 5, seed)
	play(t, w, p, actions, 27)
	for i := range w.A {
		n := world*w.A + i
		at := func(entity, slot, stream uint32) [4]float64 {
			var u [4]float64
			for j, x := range philox.Block(philox.Key(seed), [4]uint32{world, entity, slot, episode<<8 | stream}) {
				u[j] = float64(x>>8) / (1 << 24)
			}
			return u
		}
		place := at(uint32(i), 0, 0)
		within(t, "f_i", float64(w.speed[n]), (0.5+place[2])*1e9, 200)
		for c, m := range w.cand[n*w.p.C:][:w.p.C] {
			link := n*w.p.C + c
			gain, los := rebuildLink(scenario, place, at(uint32(i*4+int(m)), 0, 1), int(m))
			if los != w.los[link] || math.Abs(float64(w.gain[link])/gain-1) > 1e-4 {
				t.Fatalf("IED %d, ES %d: gain %v, LOS %v; want %v, %v", i, m, w.gain[link], w.los[link], gain, los)
			}
			u := at(uint32(i), slot, uint32(16+c/2))
			h := rebuildFading(u[2*(c%2)], u[2*(c%2)+1], los)
			if math.Abs(float64(w.now[link])/(gain*h)-1) > 2e-4 {
				t.Errorf("IED %d, ES %d: faded gain %v, want %v", i, m, w.now[link], gain*h)
			}
		}
		checkTask(t, w, n, at(uint32(i), slot, 2), at(uint32(i), slot, 3))
	}
}

// rebuildLink is the link to ES m of the default hall.
func rebuildLink(scenario string, place, u [4]float64, m int) (gain float64, los bool) {
	d := math.Hypot(place[0]*300-[]float64{75, 225, 75, 225}[m], place[1]*150-[]float64{37.5, 37.5, 112.5, 112.5}[m])
	r := tables[scenario](d, 3.5)
	los = u[0] < r.visible
	loss, sigma := r.los, r.sigmaLOS
	if !los {
		loss, sigma = r.nlos, r.sigmaNLOS
	}
	normal := math.Sqrt(-2*math.Log(u[1]+0x1p-24)) * math.Cos(2*math.Pi*u[2])
	return math.Pow(10, -(loss+sigma*normal)/10), los
}

// tabled is what the tables of TR 38.901 say of a link, in dB.
type tabled struct{ visible, los, nlos, sigmaLOS, sigmaNLOS float64 }

// tables take d2D in m and f_c in GHz. They follow the text of the tables, in float64.
var tables = map[string]func(d, f float64) tabled{
	"DL": func(d, f float64) tabled { // the ESs are as high as the IEDs
		visible, log, logF := math.Exp(-d/2.1827), math.Log10(math.Max(d, 1)), math.Log10(f)
		los := 31.84 + 21.5*log + 19*logF
		return tabled{visible, los, math.Max(los, math.Max(33+25.5*log+20*logF, 18.6+35.7*log+20*logF)), 4.3, 7.2}
	},
	"UMi": func(d, f float64) tabled {
		d = math.Max(d, 10)
		d3, logF := math.Hypot(d, 10-1.5), math.Log10(f)
		los := 32.4 + 21*math.Log10(d3) + 20*logF
		if bp := 4 * (10 - 1) * (1.5 - 1) * f * 1e9 / 3e8; d > bp {
			los = 32.4 + 40*math.Log10(d3) + 20*logF - 9.5*math.Log10(bp*bp+(10-1.5)*(10-1.5))
		}
		return tabled{streetSight(d, 36), los, math.Max(los, 35.3*math.Log10(d3)+22.4+21.3*logF), 4, 7.82}
	},
	"UMa": func(d, f float64) tabled {
		d = math.Max(d, 10)
		d3, logF := math.Hypot(d, 25-1.5), math.Log10(f)
		los := 28 + 22*math.Log10(d3) + 20*logF
		if bp := 4 * (25 - 1) * (1.5 - 1) * f * 1e9 / 3e8; d > bp {
			los = 28 + 40*math.Log10(d3) + 20*logF - 9*math.Log10(bp*bp+(25-1.5)*(25-1.5))
		}
		return tabled{streetSight(d, 63), los, math.Max(los, 13.54+39.08*math.Log10(d3)+20*logF), 4, 6}
	},
}

func streetSight(d, decay float64) float64 {
	if d <= 18 {
		return 1
	}
	return 18/d + math.Exp(-d/decay)*(1-18/d)
}

// rebuildFading is |h|^2 from a radius and an angle.
func rebuildFading(radius, angle float64, los bool) float64 {
	power := -math.Log(radius + 0x1p-24)
	if !los {
		return math.Max(power, 1e-7)
	}
	k := math.Pow(10, 0.7)
	scattered := math.Sqrt(power / (k + 1))
	sin, cos := math.Sincos(2 * math.Pi * angle)
	return math.Pow(math.Sqrt(k/(k+1))+scattered*cos, 2) + math.Pow(scattered*sin, 2)
}

// checkTask rebuilds the task of the defaults from its two blocks.
func checkTask(t *testing.T, w *Worlds, n int, u, limit [4]float64) {
	t.Helper()
	if has := u[0] < 0.4; has != (w.model[n] >= 0) {
		t.Fatalf("agent %d: model %d, want a task: %v", n, w.model[n], has)
	} else if !has {
		return
	}
	k := 0
	if u[1] >= 0.5 {
		k++
	}
	if u[1] >= 0.8 {
		k++
	}
	data := [][2]float64{{2, 3}, {2, 3}, {4, 4}}[k]       // minimum and width, Mbit
	steps := [][2]float64{{5, 11}, {10, 16}, {14, 13}}[k] // smallest number of steps and number of values
	deadline := [][2]float64{{1, 1}, {1.5, 1.5}, {2, 2}}[k]
	within(t, "model", float64(w.model[n]), float64(k), 0)
	within(t, "D", float64(w.data[n]), (data[0]+data[1]*u[2])*1e6, 1)
	cycles := (steps[0] + math.Floor(steps[1]*u[3])) * []float64{.2, .2, .3}[k] * 1e9
	within(t, "C", float64(w.cycles[n]), cycles, 1000)
	within(t, "tau", float64(w.deadline[n]), deadline[0]+deadline[1]*limit[0], 1e-6)
}

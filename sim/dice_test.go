package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dice draws scenarios from everything that Validate allows, ordinary ones more often.
type dice struct{ *rand.Rand }

func (d dice) between(lo, hi float64) float64 { return lo + d.Float64()*(hi-lo) }

// scale draws on a logarithmic scale.
func (d dice) scale(lo, hi float64) float64 {
	return lo * math.Exp(d.Float64()*math.Log(hi/lo))
}

func (d dice) count(lo, hi int) int { return int(d.scale(float64(lo), float64(hi)+0.999)) }

func (d dice) interval(lo, hi float64) Range {
	a, b := d.scale(lo, hi), d.scale(lo, hi)
	return Range{min(a, b), max(a, b)}
}

func (d dice) flag() bool { return d.IntN(2) == 1 }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// scenario draws a valid scenario.
func (d dice) scenario(t *testing.T) *Scenario {
	t.Helper()
	for {
		s := paper(t, nil)
		s.IEDs, s.Servers = d.count(1, 2000), pick(d, d.count(1, 64), d.count(1, 64), d.count(33, 400))
		s.MaxCandidates = pick(d, 4, d.count(1, 64))
		s.Topology, s.TopologySeed = pick(d, TopologyEpisode, TopologyFixed), d.Uint64()
		s.Time = Clock{SlotS: pick(d, 1, d.scale(1e-2, 10)), Slots: d.count(1, 24)}
		d.hall(s)
		d.radio(s)
		d.tasks(s)
		s.Compute.ServerGcyclesPerS = []float64{d.scale(0.1, 1000), d.scale(1, 100), 10}[:d.count(1, 3)]
		s.Compute.IEDGcyclesPerS = d.interval(0.01, 100)
		s.Compute.CacheModels = d.count(1, 8)
		d.options(t, s)
		s.Energy = Energy{Kappa: d.scale(1e-30, 1e-24), GPUW: d.between(0, 1000)}
		s.Reward.FailurePenalty, s.Reward.EnergyWeightPerJ = d.between(0, 3), pick(d, 0, d.scale(1e-5, 10))
		s.Observation = Observation{d.flag(), d.flag(), d.flag()}
		if s.Validate() == nil {
			return s
		}
	}
}

func (d dice) hall(s *Scenario) {
	s.Hall = Hall{
		WidthM: pick(d, 300, d.scale(1, 1e5)), DepthM: pick(d, 150, d.scale(1, 1e5)), Clutter: pick(d, "LOS", "SL", "DL", "SH", "DH", "UMi", "UMa"),
	}
	crowd := pick(d, 1, 1, d.scale(1e-4, 1)) // the ESs are in this part of the hall's width and depth
	for m := range s.Servers * d.IntN(2) {
		at := Point{d.between(0, crowd*s.Hall.WidthM), d.between(0, crowd*s.Hall.DepthM)}
		if m > 0 && d.IntN(10) == 0 {
			at = s.Hall.ServerPositions[d.IntN(m)]
		}
		s.Hall.ServerPositions = append(s.Hall.ServerPositions, at)
	}
}

func (d dice) radio(s *Scenario) {
	if d.flag() {
		return
	}
	s.Radio = Radio{
		CarrierGHz: d.scale(0.5, 100), BandwidthMHz: d.scale(0.1, 1000), IEDPowerDBm: d.between(-50, 60), ServerPowerDBm: d.between(-50, 60),
		ThermalNoiseDBmPerHz: d.between(-200, -100), ServerNoiseFigureDB: d.between(0, 30), IEDNoiseFigureDB: d.between(0, 30),
		MaxSpectralEfficiency: d.scale(0.1, 100), RicianKDB: d.between(-30, 30),
	}
}

func (d dice) tasks(s *Scenario) {
	s.Tasks.Probability = pick(d, 0.4, 1, d.Float64())
	if d.flag() {
		return
	}
	s.Tasks.Models = nil
	total := 0.0
	for k := range d.count(1, 9) {
		step := d.scale(0.01, 1)
		m := Model{
			Name: fmt.Sprint(k), Share: pick(d, 0, d.Float64()), DataMbit: d.interval(0.01, 100), Gcycles: d.interval(step, 100),
			GcyclesPerStep: step, ResultMbit: pick(d, 0, d.scale(0.01, 100)), DeadlineS: d.interval(0.01, 100), LoadS: pick(d, 0, d.scale(0.01, 10)),
		}
		total += m.Share
		s.Tasks.Models = append(s.Tasks.Models, m)
	}
	for k := range s.Tasks.Models {
		s.Tasks.Models[k].Share /= total
	}
}

// options turns some options on, each in one scenario of three.
func (d dice) options(t *testing.T, s *Scenario) {
	on := func() bool { return d.IntN(3) == 0 }
	if on() {
		s.Compute.ServerGPUs = []int{d.count(1, 8), d.count(1, 3), 1}[:d.count(1, 3)]
	}
	switch d.IntN(4) {
	case 0:
		s.Compute.Batch = Batch{Max: d.count(2, maxBatch), FixedShare: pick(d, 0, 1, d.Float64())}
	case 1:
		s.Compute.Discipline, s.Compute.ServerGPUs = DisciplineSharing, nil
	}
	if on() {
		s.Compute.Cloud = Cloud{GcyclesPerS: d.scale(0.1, 1000), BackhaulMbps: d.scale(1, 1e5), DelayS: pick(d, 0, d.scale(1e-3, 10))}
	}
	s.Radio.Reuse1 = on()
	switch d.IntN(6) {
	case 0, 1:
		d.hotSpots(s)
	case 2:
		d.positions(t, s)
	}
	if on() {
		diagonal := math.Hypot(s.Hall.WidthM, s.Hall.DepthM)
		s.Hall.CoverageM = []float64{d.scale(0.01, 1) * diagonal, d.scale(0.01, 1) * diagonal, 1e6}[:d.count(1, 3)]
	}
	if on() {
		s.Hall.Mobility = Mobility{
			SpeedMPerS: d.interval(0.01, 100), PauseS: pick(d, 0, d.scale(0.1, 10)), EverySlots: d.count(1, 4), CorrelationM: d.scale(0.1, 1000),
		}
	}
	if on() {
		d.arrivals(t, s)
	}
	if on() {
		s.Time.MessageS = d.scale(1e-4, 10)
	}
	if on() && s.Tasks.Arrivals.Process != ArrivalsTrace {
		d.services(s)
	}
}

func (d dice) hotSpots(s *Scenario) {
	left := pick(d, 1, d.Float64())
	for range d.count(1, 12) {
		share := pick(d, 0, left, d.between(0, left))
		left -= share
		s.Hall.HotSpots = append(s.Hall.HotSpots, HotSpot{
			XM: pick(d, 0, d.between(0, s.Hall.WidthM)), YM: pick(d, s.Hall.DepthM, d.between(0, s.Hall.DepthM)), SpreadM: d.scale(1e-3, 1e6), Share: share,
		})
	}
}

// positions gives as many positions as IEDs, or another number, in the scenario or in a file.
func (d dice) positions(t *testing.T, s *Scenario) {
	text := strings.Builder{}
	text.WriteString(strings.Join(placeColumns, ",") + "\n")
	for range pick(d, s.IEDs, d.count(1, 100)) {
		at := Point{pick(d, s.Hall.WidthM, d.between(0, s.Hall.WidthM)), pick(d, 0, d.between(0, s.Hall.DepthM))}
		s.Hall.IEDPositions = append(s.Hall.IEDPositions, at)
		fmt.Fprintf(&text, "%v,%v\n", at[0]/2, at[1]/2)
	}
	if d.flag() {
		return
	}
	s.Hall.IEDPositions, s.Hall.IEDPositionsScale = nil, 2
	s.Hall.IEDPositionsFile = filepath.Join(t.TempDir(), "places.csv")
	if err := os.WriteFile(s.Hall.IEDPositionsFile, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d dice) arrivals(t *testing.T, s *Scenario) {
	a := Arrivals{Process: pick(d, ArrivalsPoisson, ArrivalsMarkov, ArrivalsTrace), Queue: d.count(1, maxQueue)}
	switch a.Process {
	case ArrivalsTrace:
		slots := s.Time.Slots
		if d.flag() {
			slots = d.window(s, &a.Window)
		}
		a.TraceFile = d.trace(t, s, slots)
	case ArrivalsMarkov:
		a.OffRatePerSlot, a.SwitchOn, a.SwitchOff = pick(d, 0, d.between(0, 8)), d.scale(1e-6, 1), d.scale(1e-6, 1)
		fallthrough
	default:
		a.RatePerSlot = pick(d, 0, d.between(0, 8), d.Float64())
	}
	s.Tasks.Arrivals = a
}

// window draws windows of a longer trace, for training or evaluation, and returns its number of slots.
func (d dice) window(s *Scenario, v *Window) (slots int) {
	*v = Window{Start: WindowRandom, HeldOut: pick(d, 0, 0.5, d.between(0.2, 0.6)), Every: d.IntN(4)}
	s.Evaluation = d.flag()
	return s.Time.Slots*d.count(8, 40) + 20 // a fifth of it is longer than an episode by 3 slots
}

// trace writes a file of arrivals, with one in the last slot, and returns its path.
func (d dice) trace(t *testing.T, s *Scenario, slots int) string {
	text := strings.Builder{}
	text.WriteString(strings.Join(arrivalColumns, ",") + "\n")
	for n := range d.count(1, 1000) {
		slot := d.IntN(slots)
		if n == 0 {
			slot = slots - 1
		}
		m := s.Tasks.Models[d.IntN(len(s.Tasks.Models))]
		in := func(r Range) float64 { return d.between(r[0], r[1]) }
		fmt.Fprintf(&text, "%d,%d,%s,%g,%g,%g\n", slot, d.IntN(s.IEDs), m.Name, in(m.DataMbit), in(m.Gcycles), in(m.DeadlineS))
	}
	path := filepath.Join(t.TempDir(), "arrivals.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// act draws valid actions. In some slots all IEDs choose the nearest ES that covers them.
func (d dice) act(w *Worlds, actions []int32) {
	crowd := d.IntN(4) == 0
	for n := range actions {
		actions[n] = 0
		if w.model[n] >= 0 {
			actions[n] = w.choice(n, 0)
		}
		if w.model[n] >= 0 && (crowd || d.flag()) {
			actions[n] = w.choice(n, d.IntN(w.choices(n)))
			if crowd {
				actions[n] = w.choice(n, min(1, w.choices(n)-1))
			}
			actions[n] = w.Grant(actions[n], int32(d.IntN(20)))
		}
	}
}

package sim

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dice draws scenarios from the whole range of what Validate allows, ordinary ones more often.
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
		s.IEDs, s.Servers = d.count(1, 2000), d.count(1, 64)
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
		s.Reward = RewardRule{FailurePenalty: d.between(0, 3), EnergyWeightPerJ: pick(d, 0, d.scale(1e-5, 10))}
		s.Observation = Observation{d.flag(), d.flag(), d.flag()}
		if s.Validate() == nil {
			return s
		}
	}
}

func (d dice) hall(s *Scenario) {
	s.Hall = Hall{
		WidthM: pick(d, 300, d.scale(1, 1e5)), DepthM: pick(d, 150, d.scale(1, 1e5)), Clutter: pick(d, "LOS", "SL", "DL", "SH", "DH"),
	}
	for range s.Servers * d.IntN(2) {
		s.Hall.ServerPositions = append(s.Hall.ServerPositions, Point{d.between(0, s.Hall.WidthM), d.between(0, s.Hall.DepthM)})
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
	if on() {
		s.Hall.Mobility = Mobility{
			SpeedMPerS: d.interval(0.01, 100), PauseS: pick(d, 0, d.scale(0.1, 10)), EverySlots: d.count(1, 4), CorrelationM: d.scale(0.1, 1000),
		}
	}
	if on() {
		d.arrivals(t, s)
	}
}

func (d dice) arrivals(t *testing.T, s *Scenario) {
	a := Arrivals{Process: pick(d, ArrivalsPoisson, ArrivalsMarkov, ArrivalsTrace), Queue: d.count(1, maxQueue)}
	switch a.Process {
	case ArrivalsTrace:
		a.TraceFile = d.trace(t, s)
	case ArrivalsMarkov:
		a.OffRatePerSlot, a.SwitchOn, a.SwitchOff = pick(d, 0, d.between(0, 8)), d.scale(1e-6, 1), d.scale(1e-6, 1)
		fallthrough
	default:
		a.RatePerSlot = pick(d, 0, d.between(0, 8), d.Float64())
	}
	s.Tasks.Arrivals = a
}

// trace writes a file of arrivals and returns its path.
func (d dice) trace(t *testing.T, s *Scenario) string {
	text := strings.Builder{}
	text.WriteString(strings.Join(arrivalColumns, ",") + "\n")
	for range d.count(1, 1000) - 1 {
		m := s.Tasks.Models[d.IntN(len(s.Tasks.Models))]
		in := func(r Range) float64 { return d.between(r[0], r[1]) }
		fmt.Fprintf(&text, "%d,%d,%s,%g,%g,%g\n", d.IntN(s.Time.Slots), d.IntN(s.IEDs), m.Name, in(m.DataMbit), in(m.Gcycles), in(m.DeadlineS))
	}
	path := filepath.Join(t.TempDir(), "arrivals.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// act draws valid actions; some slots crowd everybody on the nearest ES.
func (d dice) act(w *Worlds, actions []int32) {
	crowd := d.IntN(4) == 0
	for n := range actions {
		actions[n] = 0
		if w.model[n] >= 0 && (crowd || d.flag()) {
			actions[n] = int32(1 + d.IntN(w.U-1))
			if crowd {
				actions[n] = 1
			}
		}
	}
}

// TestEnginesGiveTheSameBits plays whole episodes of random scenarios on the Go engine and on
// every other, with other numbers of threads, and compares every array of state and outputs
// after every slot. GMEL_SLOTS=1000000 asks for so many slots of worlds, GMEL_SEED=N for those
// of the scenarios from number N on, so that a long run can be cut into pieces.
func TestEnginesGiveTheSameBits(t *testing.T) {
	slots, first := setting(t, "GMEL_SLOTS", 3000), setting(t, "GMEL_SEED", 1)
	played, scenarios, options := 0, 0, map[string]int{}
	for seed := uint64(first); (played < slots || scenarios < 30) && !t.Failed(); seed++ {
		d := dice{rand.New(rand.NewPCG(seed, 7))}
		s := d.scenario(t)
		played += compareEngines(t, d, s, seed)
		if scenarios++; scenarios%500 == 0 {
			t.Logf("%d slots of worlds up to scenario %d", played, seed)
		}
		for _, o := range optionsOf(s) {
			options[o]++
		}
	}
	t.Logf("%d slots of worlds of %d scenarios on %v; options %v", played, scenarios, Engines(), options)
	if len(options) < 9 && !t.Failed() {
		t.Errorf("options that were never on: only %v were", options)
	}
}

// setting is a whole number of the environment.
func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(name, err)
	}
	return n
}

// optionsOf names the options that a scenario has turned on.
func optionsOf(s *Scenario) (on []string) {
	for _, o := range []struct {
		name string
		on   bool
	}{
		{"gpus", s.Compute.ServerGPUs != nil}, {"batch", s.Compute.Batch.Max > 0}, {"sharing", s.Compute.Discipline != ""},
		{"cloud", s.hasCloud()}, {"reuse 1", s.Radio.Reuse1}, {"mobility", s.Hall.Mobility.EverySlots > 0},
		{ArrivalsPoisson, s.Tasks.Arrivals.Process == ArrivalsPoisson}, {ArrivalsMarkov, s.Tasks.Arrivals.Process == ArrivalsMarkov},
		{ArrivalsTrace, s.Tasks.Arrivals.Process == ArrivalsTrace},
	} {
		if o.on {
			on = append(on, o.name)
		}
	}
	return on
}

// compareEngines plays a scenario and returns the slots of worlds that it took.
func compareEngines(t *testing.T, d dice, s *Scenario, seed uint64) int {
	t.Helper()
	worlds, numbered := 1+d.IntN(max(1, min(40, 1500/s.IEDs))), d.flag()
	var all []*Worlds
	for _, engine := range Engines() {
		w, err := NewOn(engine, s, worlds, seed)
		if err != nil {
			t.Fatal(err)
		}
		w.SetThreads(1 + d.IntN(5))
		w.NumberByNearest(numbered)
		all = append(all, w)
	}
	spec := all[len(all)-1]
	actions := make([]int32, spec.W*spec.A)
	steps := s.Time.Slots + d.IntN(s.Time.Slots+3)
	restoreAt := d.IntN(steps)
	for step := range steps {
		d.act(spec, actions)
		record := d.IntN(3) > 0
		for _, w := range all {
			w.RecordTasks(record)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
		}
		want := marshal(t, spec)
		for k, w := range all[:len(all)-1] {
			if !bytes.Equal(want, marshal(t, w)) {
				t.Errorf("seed %d, engine %s, %d worlds, numbered %t, slot %d of\n%s: %s differs",
					seed, w.Engine(), worlds, numbered, step, s.YAML(), difference(spec, w))
				return 0
			}
			if step == restoreAt {
				all[k] = restored(t, s, w, want)
			}
		}
	}
	return steps * worlds
}

// restored makes worlds like those of old, of another seed, and gives them the state.
func restored(t *testing.T, s *Scenario, old *Worlds, state []byte) *Worlds {
	t.Helper()
	w, err := NewOn(old.Engine(), s, old.W, 12345)
	if err != nil {
		t.Fatal(err)
	}
	w.NumberByNearest(old.numbered)
	if err := w.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	return w
}

// difference names the first array that differs, and where.
func difference(a, b *Worlds) string {
	x, y := a.recordedFields(), b.recordedFields()
	for i := range x {
		p, q := x[i].append(nil), y[i].append(nil)
		for at := range p {
			if p[at] != q[at] {
				return fmt.Sprintf("%s, byte %d of %d (% x, % x)", x[i].name, at, len(p), p[at/4*4:min(len(p), at/4*4+4)], q[at/4*4:min(len(p), at/4*4+4)])
			}
		}
	}
	return "the header"
}

func TestEngineNames(t *testing.T) {
	s := paper(t, nil)
	for _, engine := range Engines() {
		w, err := NewOn(engine, s, 1, 1)
		if err != nil || w.Engine() != engine {
			t.Errorf("engine %q: %v", engine, err)
		}
	}
	w, err := New(s, 1, 1)
	if err != nil || w.Engine() != Engines()[0] {
		t.Errorf("New plays on %q: %v", w.Engine(), err)
	}
	if _, err := NewOn("vax", s, 1, 1); err == nil || !strings.Contains(err.Error(), "there are "+Engines()[0]) {
		t.Errorf("error %v", err)
	}
}

// Without observations worlds play on as with them, and show them again when asked.
func TestStepWithoutObservations(t *testing.T) {
	for _, engine := range Engines() {
		s := paper(t, func(s *Scenario) { s.Time.Slots = 3 })
		var all [2]*Worlds
		for i := range all {
			w, err := NewOn(engine, s, 2, 1)
			if err != nil {
				t.Fatal(err)
			}
			all[i] = w
		}
		seeing, blind := all[0], all[1]
		p, actions, before := policy(t, "random", s), make([]int32, seeing.W*seeing.A), slices.Clone(seeing.Obs)
		blind.ShowObs(false)
		for slot := range 6 { // over the end of an episode
			if slot == 5 {
				blind.ShowObs(true)
			}
			p.Act(seeing, actions)
			for _, w := range all {
				if err := w.Step(actions); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(seeing.Mask, blind.Mask) || !slices.Equal(seeing.Reward, blind.Reward) || !slices.Equal(seeing.now, blind.now) {
				t.Fatalf("%s, slot %d: the worlds differ", engine, slot)
			}
			if want := before; slot < 5 && !slices.Equal(want, blind.Obs) || slot == 5 && !slices.Equal(seeing.Obs, blind.Obs) {
				t.Errorf("%s, slot %d: observations", engine, slot)
			}
		}
	}
}

func TestOutcomesAreNilUnlessRecorded(t *testing.T) {
	for _, engine := range Engines() {
		s := paper(t, nil)
		w, err := NewOn(engine, s, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, actions := policy(t, "random", s), make([]int32, w.W*w.A)
		w.RecordTasks(false)
		play(t, w, p, actions, 3)
		if w.Task.Latency != nil {
			t.Errorf("%s: outcomes that nobody records", engine)
		}
		NewMeter(w, 0)
		play(t, w, p, actions, 1)
		for n, had := range w.HadTask {
			if had != (w.Task.Latency[n] > 0) {
				t.Fatalf("%s: IED %d had a task: %v, latency %v", engine, n, had, w.Task.Latency[n])
			}
		}
	}
}

// BenchmarkEngines measures Step alone under valid random actions, observations written.
func BenchmarkEngines(b *testing.B) {
	for _, agents := range []int{10, 30, 100, 1000, 10000} {
		s, err := Load("population:" + strconv.Itoa(agents))
		if err != nil {
			b.Fatal(err)
		}
		if agents <= 30 {
			s = paper(b, nil).Population(agents)
		}
		for _, engine := range Engines() {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("N=%d/%s/threads=%d", agents, engine, threads), func(b *testing.B) { benchmarkStep(b, engine, s, threads) })
			}
		}
	}
}

func benchmarkStep(b *testing.B, engine string, s *Scenario, threads int) {
	w, err := NewOn(engine, s, max(1, 8000/s.IEDs), 1)
	if err != nil {
		b.Fatal(err)
	}
	w.SetThreads(threads)
	w.RecordTasks(false)
	d, actions := dice{rand.New(rand.NewPCG(1, 2))}, make([]int32, w.W*w.A)
	var inStep time.Duration
	for b.Loop() {
		for n := range actions {
			actions[n] = 0
			if w.model[n] >= 0 {
				actions[n] = int32(d.IntN(w.U))
			}
		}
		begin := time.Now()
		if err := w.Step(actions); err != nil {
			b.Fatal(err)
		}
		inStep += time.Since(begin)
	}
	b.ReportMetric(float64(b.N*w.W*w.A)/inStep.Seconds()/1e6, "Msteps/s")
}

package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEnginesGiveTheSameBits plays whole episodes of random scenarios on the Go engine and on every
// other engine, with different numbers of threads. It compares every array of state and outputs
// after every slot. GMEL_SLOTS=1000000 sets the number of slots, summed over worlds. GMEL_SEED=N
// begins at scenario N, so that a long run can be split. GMEL_OPTION=services plays only scenarios with that option.
func TestEnginesGiveTheSameBits(t *testing.T) {
	slots, first := environ(t, "GMEL_SLOTS", 3000), environ(t, "GMEL_SEED", 1)
	played, scenarios, options, only := 0, 0, map[string]int{}, os.Getenv("GMEL_OPTION")
	for seed := uint64(first); (played < slots || scenarios < 30 || scenarios < 100 && len(options) < optionCount && only == "") && !t.Failed(); seed++ {
		d := dice{rand.New(rand.NewPCG(seed, 7))}
		s := d.scenario(t)
		if only != "" && !slices.Contains(optionsOf(s), only) {
			continue
		}
		played += compareEngines(t, d, s, seed)
		if scenarios++; scenarios%500 == 0 {
			t.Logf("%d slots of worlds up to scenario %d", played, seed)
		}
		for _, o := range optionsOf(s) {
			options[o]++
		}
	}
	t.Logf("%d slots of worlds of %d scenarios on %v; options %v", played, scenarios, Engines(), options)
	if len(options) < optionCount && only == "" && !t.Failed() {
		t.Errorf("options that were never on: only %v were", options)
	}
}

// environ reads a whole number from an environment variable.
func environ(t *testing.T, name string, otherwise int) int {
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

// optionCount is the number of names that optionsOf has.
const optionCount = 18

// optionsOf names the options that a scenario has turned on.
func optionsOf(s *Scenario) (on []string) {
	for _, o := range []struct {
		name string
		on   bool
	}{
		{"gpus", s.Compute.ServerGPUs != nil}, {"batch", s.Compute.Batch.Max > 0}, {"sharing", s.Compute.Discipline != ""},
		{"cloud", s.hasCloud()}, {"reuse 1", s.Radio.Reuse1}, {"mobility", s.Hall.Mobility.EverySlots > 0},
		{ArrivalsPoisson, s.Tasks.Arrivals.Process == ArrivalsPoisson}, {ArrivalsMarkov, s.Tasks.Arrivals.Process == ArrivalsMarkov},
		{"hot spots", s.Hall.HotSpots != nil}, {"coverage", s.Hall.CoverageM != nil},
		{"positions", s.Hall.IEDPositions != nil}, {"file of positions", s.Hall.IEDPositionsFile != ""},
		{ArrivalsTrace, s.Tasks.Arrivals.Process == ArrivalsTrace}, {"streets", propagations[s.Hall.Clutter].street != street{}},
		{"cells without a list", newParams(s).near.searched},
		{"window", s.Tasks.Arrivals.Window.Start != ""}, {"messages", s.Time.MessageS > 0}, {"services", s.HasServices()},
	} {
		if o.on {
			on = append(on, o.name)
		}
	}
	return on
}

// compareEngines plays a scenario and returns the number of slots, summed over worlds.
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
		w.ShowServers(seed%2 == 0)
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

// restored makes worlds like old with another seed, and restores the state into them.
func restored(t *testing.T, s *Scenario, old *Worlds, state []byte) *Worlds {
	t.Helper()
	w, err := NewOn(old.Engine(), s, old.W, 12345)
	if err != nil {
		t.Fatal(err)
	}
	w.NumberByNearest(old.numbered)
	w.ShowServers(old.telling)
	if err := w.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	return w
}

// difference names the first array that differs, and where.
func difference(a, b *Worlds) string {
	x, y := a.recordedFields(), b.recordedFields()
	for i := range x {
		p, q := appendArray(nil, &x[i]), appendArray(nil, &y[i])
		for at := range p {
			if p[at] != q[at] {
				return fmt.Sprintf("%s, byte %d of %d (% x, % x)", x[i].Name, at, len(p), p[at/4*4:min(len(p), at/4*4+4)], q[at/4*4:min(len(p), at/4*4+4)])
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

// Worlds play the same without observations. Observations are right again after they are turned on.
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
		for slot := range 6 { // beyond the end of an episode
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
			t.Errorf("%s: outcomes exist although they are not recorded", engine)
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

// BenchmarkEngines measures only Step, with valid random actions and with observations.
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

//go:build gpu && !cpu

package gpu

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/sim"
)

// game is a rollout with random actions.
type game struct {
	ieds, worlds int
	length       int // of an episode, slots
	slots        int
	numbered     bool // by the nearest ES
}

// games are small on the emulated device.
func games() []game {
	if fake() {
		return []game{{5, 3, 20, 2000, false}, {150, 1, 9, 60, true}}
	}
	return []game{{30, 64, 100, 2000, false}, {1, 5, 3, 200, true}, {100, 256, 50, 200, true}, {3000, 3, 20, 60, false}, {10000, 1, 7, 30, true}}
}

func (g game) new(t *testing.T) *sim.Worlds {
	t.Helper()
	s, err := sim.Load(fmt.Sprintf("population:%d", g.ieds))
	if err != nil {
		t.Fatal(err)
	}
	s.Time.Slots = g.length
	w, err := sim.New(s, g.worlds, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.NumberByNearest(g.numbered)
	return w
}

func marshal(t *testing.T, w *sim.Worlds) []byte {
	t.Helper()
	state, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// spy is a backend that remembers what was made with it.
type spy struct {
	kernels.Backend
	programs    []*kernels.Program
	executables []kernels.Executable
	buffers     []kernels.Buffer
}

func (s *spy) Compile(p *kernels.Program) (kernels.Executable, error) {
	e, err := s.Backend.Compile(p)
	s.programs, s.executables = append(s.programs, p), append(s.executables, e)
	return e, err
}

func (s *spy) Sequence(b kernels.Buffer, calls []kernels.Call) error {
	return s.Backend.(kernels.Sequencer).Sequence(b, calls)
}

func (s *spy) Alloc(n int) (kernels.Buffer, error) {
	m, err := s.Backend.Alloc(n)
	s.buffers = append(s.buffers, m)
	return m, err
}

// slots opens a rollout of w and closes it at the end of the test.
func slots(t *testing.T, b kernels.Backend, w *sim.Worlds) *bench.Slots {
	t.Helper()
	s, err := bench.OpenSlots(b, w, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func openAny(t *testing.T, name string, o kernels.Options) kernels.Backend {
	t.Helper()
	if name == "gpu" {
		return open(t, o)
	}
	b, err := kernels.Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// rollout plays a game in calls of some slots and returns a hash of all results after each call,
// and of the state at the end.
func rollout(t *testing.T, g game, backend string, o kernels.Options, each int) string {
	t.Helper()
	w, hash := g.new(t), sha256.New()
	s := slots(t, openAny(t, backend, o), w)
	for played := 0; played < g.slots; played += each {
		if err := s.Run(each); err != nil {
			t.Fatal(err)
		}
		results, err := s.Results()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range results {
			if err := binary.Write(hash, binary.LittleEndian, a.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
	hash.Write(marshal(t, w))
	return hex.EncodeToString(hash.Sum(nil))
}

// TestWorlds: every result of every slot and the final state have the bits of the processor: by graphs (slot
// by slot, and many slots per call) and by launches.
func TestWorlds(t *testing.T) {
	for _, g := range games() {
		t.Run(fmt.Sprintf("N%d W%d", g.ieds, g.worlds), func(t *testing.T) {
			want := rollout(t, g, "cpu", kernels.Options{}, 1)
			if got := rollout(t, g, "gpu", kernels.Options{}, 1); got != want {
				t.Errorf("slot by slot: hash %s, the processor has %s", got, want)
			}
			many := g.slots / 2
			want = rollout(t, g, "cpu", kernels.Options{}, many)
			if got := rollout(t, g, "gpu", kernels.Options{}, many); got != want {
				t.Errorf("in two calls: hash %s, the processor has %s", got, want)
			}
			g.slots = min(g.slots, 100)
			want = rollout(t, g, "cpu", kernels.Options{}, 10)
			for what, o := range map[string]kernels.Options{"launches": {Profile: true}, "debug": {Debug: true}} {
				if got := rollout(t, g, "gpu", o, 10); got != want {
					t.Errorf("%s: hash %s, the processor has %s", what, got, want)
				}
			}
		})
	}
}

// stepAlone is a Program of an OpStep: its arena begins with the actions.
func stepAlone(w *sim.Worlds) *kernels.Program {
	w.RecordTasks(false)
	d := kernels.StepOf(0, w.Native())
	spec, _ := kernels.SpecOf(d.Op)
	end := int64(0)
	for i, a := range spec.Args {
		d.Arg[i] = end
		end += a.Len(&d)
	}
	return &kernels.Program{Name: "step", Descs: []kernels.Desc{d}, Arena: end, Environments: []kernels.Environment{w.Native()}}
}

// TestProgramsShareWorlds: two Programs over one arena take turns, Go reads the worlds in between, and the
// second continues after the first is closed.
func TestProgramsShareWorlds(t *testing.T) {
	var states [][]byte
	for _, name := range []string{"cpu", "gpu"} {
		w := game{5, 3, 20, 0, false}.new(t)
		b := &spy{Backend: openAny(t, name, kernels.Options{})}
		s := slots(t, b, w)
		second, err := b.Compile(b.programs[0])
		if err != nil {
			t.Fatal(err)
		}
		m := b.buffers[0]
		for i := range 6 {
			if err := errors.Join(s.Run(1), second.Run(m, 2)); err != nil {
				t.Fatal(err)
			}
			if i%2 == 1 {
				states = append(states, marshal(t, w))
			}
		}
		if err := errors.Join(second.Run(m, 1), second.Close(), s.Run(7)); err != nil {
			t.Fatal(err)
		}
		states = append(states, marshal(t, w))
	}
	half := len(states) / 2
	for i, want := range states[:half] {
		if !bytes.Equal(states[half+i], want) {
			t.Errorf("state %d differs from the processor's", i)
		}
	}
}

// TestWorldsMoveBetweenBackends: worlds that the processor, the GPU and the plain engine play in turns equal
// worlds that the processor plays alone.
func TestWorldsMoveBetweenBackends(t *testing.T) {
	g := game{5, 3, 20, 0, false}
	play := func(backends ...kernels.Backend) []byte {
		w := g.new(t)
		for i := range 9 {
			s, err := bench.OpenSlots(backends[i%len(backends)], w, true)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Run(5), s.Sync(), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		return marshal(t, w)
	}
	cpu := openAny(t, "cpu", kernels.Options{})
	if !bytes.Equal(play(cpu), play(cpu, open(t, kernels.Options{}))) {
		t.Error("the worlds differ")
	}
}

// TestBackendsTakeTurns: Programs of three backends stay open and play the same worlds. Each gets the state
// from the backend that played last.
func TestBackendsTakeTurns(t *testing.T) {
	var states [][]byte
	for _, names := range [][]string{{"cpu"}, {"cpu", "gpu", "ref"}} {
		w := game{5, 3, 20, 0, false}.new(t)
		p := stepAlone(w)
		var runs []func() error
		for _, name := range names {
			b := openAny(t, name, kernels.Options{})
			e, err := b.Compile(p)
			if err != nil {
				t.Fatal(err)
			}
			m, err := b.Alloc(int(p.Arena))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.Close(); m.Close() })
			runs = append(runs, func() error { return e.Run(m, 2) })
		}
		for i := range 12 {
			if err := runs[i%len(runs)](); err != nil {
				t.Fatal(err)
			}
		}
		states = append(states, marshal(t, w))
	}
	if !bytes.Equal(states[0], states[1]) {
		t.Error("the worlds differ")
	}
}

// TestWorldsComeHomeWhenTheBackendCloses, even if a Program is still open: Close copies their state back
// first.
func TestWorldsComeHomeWhenTheBackendCloses(t *testing.T) {
	g := game{5, 2, 20, 0, false}
	var states [2][]byte
	for i, name := range []string{"cpu", "gpu"} {
		b, err := kernels.Open(name, kernels.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := g.new(t)
		s, err := bench.OpenSlots(b, w, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(1); err != nil { // launches: graphs would have to be freed first
			t.Fatal(err)
		}
		if name == "gpu" {
			b.(*backend).residents.Close()
		}
		states[i] = marshal(t, w)
		if err := errors.Join(s.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(states[0], states[1]) {
		t.Error("the worlds differ")
	}
}

// TestHostAndDeviceTakeTurns: one Program plays the worlds on the host, because it was compiled when they
// hid their observations. It gets their state from a Program that plays them on the device.
func TestHostAndDeviceTakeTurns(t *testing.T) {
	var states [][]byte
	for _, name := range []string{"cpu", "gpu"} {
		w, b := game{5, 2, 20, 0, false}.new(t), openAny(t, name, kernels.Options{})
		p := stepAlone(w)
		m, err := b.Alloc(int(p.Arena))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		var runs [2]kernels.Executable
		for i := range runs {
			w.ShowObs(i == 1)
			if runs[i], err = b.Compile(p); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { runs[i].Close() })
		}
		for i := range 8 {
			if err := runs[(i+1)%2].Run(m, 2); err != nil {
				t.Fatal(err)
			}
		}
		states = append(states, marshal(t, w))
	}
	if !bytes.Equal(states[0], states[1]) {
		t.Error("the worlds differ")
	}
}

// optional are three scenarios that together use all options.
func optional() map[string]func(*sim.Scenario) {
	return map[string]func(*sim.Scenario){
		"batches": func(s *sim.Scenario) {
			s.Compute.Batch, s.Compute.ServerGPUs = sim.Batch{Max: 8, FixedShare: 0.5}, []int{2, 1}
			s.Tasks.Arrivals = sim.Arrivals{Process: sim.ArrivalsPoisson, RatePerSlot: 2, Queue: 4}
		},
		"sharing": func(s *sim.Scenario) {
			s.Compute.Discipline, s.Radio.Reuse1 = sim.DisciplineSharing, true
			s.Hall.Mobility = sim.Mobility{SpeedMPerS: sim.Range{1, 2}, EverySlots: 1, CorrelationM: 10}
		},
		"cloud": func(s *sim.Scenario) {
			s.Compute.Cloud = sim.Cloud{GcyclesPerS: 100, BackhaulMbps: 1000}
			s.Tasks.Arrivals = sim.Arrivals{Process: sim.ArrivalsMarkov, RatePerSlot: 2, SwitchOn: 0.2, SwitchOff: 0.3, Queue: 2}
		},
	}
}

// TestWorldsWithOptions: worlds with options stay on the device, their rollouts are one graph, and they have the bits of the processor.
func TestWorldsWithOptions(t *testing.T) {
	for name, set := range optional() {
		t.Run(name, func(t *testing.T) {
			var states [2][]byte
			for i, backend := range []string{"cpu", "gpu"} {
				s, err := sim.Load("population:40")
				if err != nil {
					t.Fatal(err)
				}
				s.Time.Slots = 9
				set(s)
				w, err := sim.New(s, 3, 1)
				if err != nil {
					t.Fatal(err)
				}
				b := &spy{Backend: openAny(t, backend, kernels.Options{})}
				run := slots(t, b, w)
				for range 4 {
					if err := errors.Join(run.Run(8), run.Sync()); err != nil {
						t.Fatal(err)
					}
				}
				if states[i] = marshal(t, w); backend == "cpu" {
					continue
				}
				if stay := kernels.ResidencyOf(b.Backend, w.Native()); !stay.Device || stay.Bytes == 0 {
					t.Errorf("the device does not play: %+v", stay)
				}
				if e := b.executables[0].(*executable); len(e.segments) != 1 || len(e.steps) > 0 {
					t.Errorf("segments %+v", e.segments)
				}
			}
			if !bytes.Equal(states[0], states[1]) {
				t.Error("the worlds differ")
			}
		})
	}
}

// TestHostPlaysBlindWorlds: StayOf says why the host plays.
func TestHostPlaysBlindWorlds(t *testing.T) {
	w, b := game{5, 2, 20, 0, false}.new(t), open(t, kernels.Options{})
	w.RecordTasks(false)
	w.ShowObs(false)
	if got, want := kernels.ResidencyOf(b, w.Native()), (kernels.Residency{Why: "no kernel leaves the observations out"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

//go:build emu || ptx

package cuda_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/sim"
)

// game is worlds that use barriers of their kernels: almost all have more IEDs and ESs than a block has threads, and several episodes.
type game struct {
	scenario *sim.Scenario
	numbered bool // by the nearest ES
	once     bool // nothing reads the successor states
}

// games differ in their sizes, so that none finds its scalars in memory that another has left.
func games(t *testing.T) (all []game) {
	t.Helper()
	for i, set := range []func(*sim.Scenario){
		func(s *sim.Scenario) { s.Compute.ServerGPUs = []int{1, 3, 2} },
		served,
		func(s *sim.Scenario) {
			s.Compute.Batch, s.Compute.ServerGPUs = sim.Batch{Max: 8, FixedShare: 0.5}, []int{2}
			s.Tasks.Arrivals = sim.Arrivals{Process: sim.ArrivalsPoisson, RatePerSlot: 2, Queue: 4}
			s.Compute.Cloud = sim.Cloud{GcyclesPerS: 100, BackhaulMbps: 1000}
		},
		func(s *sim.Scenario) {
			s.Compute.Discipline, s.Radio.Reuse1 = sim.DisciplineSharing, true
			s.Hall.Mobility = sim.Mobility{SpeedMPerS: sim.Range{1, 2}, EverySlots: 1, CorrelationM: 10}
		},
	} {
		s, err := sim.Load(fmt.Sprintf("population:%d", 150+10*i))
		if err != nil {
			t.Fatal(err)
		}
		s.Servers, s.Time.Slots = 140+7*i, 3
		set(s)
		all = append(all, game{s, false, false}, game{s, true, i == 1})
	}
	s, err := sim.Load("population:21") // a warp plays a world
	if err != nil {
		t.Fatal(err)
	}
	s.Time.Slots = 3
	return append(all, game{s, false, false}, game{s, false, true})
}

// served makes the models services of three levels, in batches.
func served(s *sim.Scenario) {
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		*m = sim.Model{Name: m.Name, Share: m.Share, DataMbit: m.DataMbit, DeadlineS: m.DeadlineS, LeastQuality: sim.Range{0.2, 0.5}, Service: sim.Service{
			Device: "a test", LoadS: 0.5, ResultBits: 1e6, Steps: []int{1, 2, 5}, Batches: []int{1, 4}, Seconds: [][]float64{{1, 2, 4}, {2, 5, 9}},
			Quality: sim.Quality{Floor: 1, Frechet: []float64{4, 3, 2}},
		}}
	}
	s.Compute.Batch.Max, s.Reward.QualityWeight = 4, 1
}

func newWorlds(t *testing.T, g game) *sim.Worlds {
	t.Helper()
	w, err := sim.New(g.scenario, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.NumberByNearest(g.numbered)
	w.RecordTasks(false)
	return w
}

// hashOf plays a game with random actions and returns a hash of the results and of the state after each slot.
func hashOf(t *testing.T, g game, b kernels.Backend) string {
	t.Helper()
	w, hash := newWorlds(t, g), sha256.New()
	run, err := bench.OpenSlots(b, w, !g.once)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	for range 2*g.scenario.Time.Slots + 1 {
		if err := run.Run(1); err != nil {
			t.Fatal(err)
		}
		results, err := run.Results()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range results {
			if err := binary.Write(hash, binary.LittleEndian, a.Data); err != nil {
				t.Fatal(err)
			}
		}
		state, err := w.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(state)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// refuses plays actions of which one in each world is illegal; nothing may change.
func refuses(t *testing.T, g game, b kernels.Backend) error {
	t.Helper()
	w := newWorlds(t, g)
	before, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	d := kernels.StepOf(0, w.Native())
	spec, _ := kernels.SpecOf(d.Op)
	end := int64(0)
	for i, a := range spec.Args {
		d.Arg[i] = end
		end += a.Len(&d)
	}
	e, err := b.Compile(&kernels.Program{Name: "step", Descs: []kernels.Desc{d}, Arena: end, Environments: []kernels.Environment{w.Native()}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	arena, err := b.Alloc(int(end))
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	actions := make([]float32, w.W*w.A)
	for n := range actions {
		actions[n] = float32(slices.Index(w.Mask[n*w.U:][:w.U], 1))
	}
	for i := range w.W {
		actions[i*w.A+w.A/2] = float32(w.U)
	}
	if err := arena.Upload(int(d.Arg[0]), actions); err != nil {
		t.Fatal(err)
	}
	if err := e.Run(arena, 1); err == nil || !strings.Contains(err.Error(), "is illegal") {
		return fmt.Errorf("an illegal action ends with the error %v", err)
	}
	after, err := w.MarshalBinary()
	if err == nil && !bytes.Equal(before, after) {
		err = errors.New("worlds move on with an illegal action")
	}
	return err
}

// playGames compares worlds on a backend with those of the processor.
func playGames(t *testing.T, b kernels.Backend) error {
	t.Helper()
	cpu, err := kernels.Open("cpu", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cpu.Close()
	for i, g := range games(t) {
		if err := refuses(t, g, b); err != nil {
			return fmt.Errorf("game %d: %w", i, err)
		}
		if hashOf(t, g, b) != hashOf(t, g, cpu) {
			return fmt.Errorf("game %d: the worlds differ", i)
		}
	}
	return nil
}

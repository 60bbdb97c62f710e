package sim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// start makes worlds and a random policy for them.
func start(t testing.TB, s *Scenario, worlds int, seed uint64) (*Worlds, Policy, []int32) {
	t.Helper()
	w, err := New(s, worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPolicy("random", s, seed)
	if err != nil {
		t.Fatal(err)
	}
	return w, p, make([]int32, w.W*w.A)
}

// play steps n slots.
func play(t testing.TB, w *Worlds, p Policy, actions []int32, n int) {
	t.Helper()
	for range n {
		p.Act(w, actions)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
}

func marshal(t testing.TB, w *Worlds) []byte {
	t.Helper()
	b, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSizes(t *testing.T) {
	s := paper(t, nil)
	w, _, _ := start(t, s, 2, 1)
	if w.A != 30 || w.U != 5 || w.O != 7+3+12+12+4+4 || s.ObsSize() != w.O || s.Actions() != w.U || s.Agents() != w.A {
		t.Errorf("A %d, U %d, O %d", w.A, w.U, w.O)
	}
	plain := paper(t, func(s *Scenario) { s.Observation = Observation{}; s.Servers = 2 })
	if plain.Candidates() != 2 || plain.ObsSize() != 7+3+6 {
		t.Errorf("C %d, O %d with two ESs and no flags", plain.Candidates(), plain.ObsSize())
	}
}

func TestEpisodeEndsByTruncation(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 5 })
	w, p, actions := start(t, s, 3, 4)
	long, _, _ := start(t, paper(t, func(s *Scenario) { s.Time.Slots = 6 }), 3, 4)
	for slot := range 5 {
		p.Act(w, actions)
		for _, x := range []*Worlds{w, long} {
			if err := x.Step(actions); err != nil {
				t.Fatal(err)
			}
		}
		if episode, at := w.LastSlot(1); episode != 0 || at != slot {
			t.Errorf("LastSlot = %d, %d after slot %d", episode, at, slot)
		}
		if w.Truncated[0] != (slot == 4) || w.Terminated[0] {
			t.Fatalf("slot %d: truncated %v, terminated %v", slot, w.Truncated[0], w.Terminated[0])
		}
	}
	// FinalObs is the next observation of a longer episode. Obs is that of a new episode.
	if !slices.Equal(w.FinalObs, long.Obs) || !slices.Equal(w.FinalMask, long.Mask) {
		t.Error("FinalObs is not the observation that followed the last step")
	}
	if slices.Equal(w.Obs, long.Obs) || w.Episodes(2) != 1 || w.slot[2] != 0 {
		t.Error("no new episode has begun")
	}
	if !slices.Equal(w.Reward, long.Reward) {
		t.Error("the last step's rewards are gone")
	}
	play(t, w, p, actions, 1)
	if w.Truncated[0] {
		t.Error("Truncated outlived its step")
	}
}

func TestResetRepeats(t *testing.T) {
	w, p, actions := start(t, paper(t, nil), 2, 8)
	first := marshal(t, w)
	play(t, w, p, actions, 130)
	w.Reset()
	if !bytes.Equal(first, marshal(t, w)) {
		t.Error("Reset is not the state after New")
	}
}

func TestMarshalContinuesToTheBit(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 20 })
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s, 3, 99) // another seed: the state brings its own
	play(t, a, p, actions, 33)
	saved := marshal(t, a)
	if err := b.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved, marshal(t, b)) {
		t.Fatal("the restored state differs")
	}
	play(t, a, p, actions, 25)
	play(t, b, p, actions, 25)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("the restored worlds went another way")
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	w, _, _ := start(t, paper(t, nil), 2, 5)
	state := marshal(t, w)
	other, _, _ := start(t, paper(t, func(s *Scenario) { s.IEDs = 31 }), 2, 5)
	three, _, _ := start(t, paper(t, nil), 3, 5)
	damaged := slices.Clone(state)
	damaged[len(damaged)/2] ^= 4
	for name, err := range map[string]error{
		"damaged":                       w.UnmarshalBinary(damaged),
		"scenario":                      other.UnmarshalBinary(state),
		"3":                             three.UnmarshalBinary(state),
		"bytes":                         w.UnmarshalBinary(state[:len(state)-1]),
		"not a state":                   w.UnmarshalBinary([]byte("hello")),
		"made by New":                   (&Worlds{}).UnmarshalBinary(state),
		"or are one of another version": w.UnmarshalBinary(append([]byte("gmelsim\x00"), state[8:]...)),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not contain %q", err, name)
		}
	}
	if !bytes.Equal(state, marshal(t, w)) {
		t.Error("a refused state changed the worlds")
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 15 })
	var want []byte
	for _, threads := range []int{1, 2, 5, 100} {
		w, p, actions := start(t, s, 7, 2)
		w.SetThreads(threads)
		play(t, w, p, actions, 40)
		got := marshal(t, w)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d threads give another result", threads)
		}
	}
}

func TestWorldsAreIndependent(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 15 })
	few, p, a := start(t, s, 8, 6)
	many, _, b := start(t, s, 64, 6)
	play(t, few, p, a, 40)
	play(t, many, p, b, 40)
	n := few.W * few.A
	if !slices.Equal(few.Obs, many.Obs[:n*few.O]) || !slices.Equal(few.Reward, many.Reward[:n]) ||
		!slices.Equal(few.free, many.free[:few.W*few.p.M]) || !slices.Equal(a, b[:n]) {
		t.Error("the first 8 of 64 worlds differ from 8 worlds")
	}
	if slices.Equal(many.Obs[:few.A*few.O], many.Obs[few.A*few.O:2*few.A*few.O]) {
		t.Error("two worlds are the same")
	}
}

func TestTopologyOption(t *testing.T) {
	for option, same := range map[string]bool{TopologyEpisode: false, TopologyFixed: true} {
		s := paper(t, func(s *Scenario) { s.Topology, s.Time.Slots = option, 3 })
		w, p, actions := start(t, s, 2, 6)
		first := slices.Clone(w.gain)
		half := len(first) / 2
		if slices.Equal(first[:half], first[half:]) != same {
			t.Errorf("%s: worlds share a topology: %v", option, !same)
		}
		play(t, w, p, actions, 3)
		if slices.Equal(first, w.gain) != same {
			t.Errorf("%s: episodes share a topology: %v", option, !same)
		}
	}
}

func TestIllegalActionsAreNamed(t *testing.T) {
	w, p, actions := start(t, paper(t, nil), 2, 6)
	before := marshal(t, w)
	idle, busy := slices.Index(w.model, -1), slices.IndexFunc(w.model, func(k int32) bool { return k >= 0 })
	for _, c := range []struct {
		n       int
		action  int32
		allowed string
	}{{idle, 1, "0 (no task)"}, {busy, 5, "0 (local) to 4"}, {busy + w.A, -1, "allowed: 0"}} {
		p.Act(w, actions)
		actions[c.n] = c.action
		err := w.Step(actions)
		want := fmt.Sprintf("world %d, IED %d: action %d", c.n/w.A, c.n%w.A, c.action)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), c.allowed) {
			t.Errorf("error %v, want %q and %q", err, want, c.allowed)
		}
	}
	if err := w.Step(actions[:3]); err == nil || !strings.Contains(err.Error(), "allowed: 60") {
		t.Errorf("error %v for 3 actions", err)
	}
	if !bytes.Equal(before, marshal(t, w)) {
		t.Error("a refused step changed the worlds")
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	for _, threads := range []int{1, 2} {
		w, p, actions := start(t, paper(t, func(s *Scenario) { s.Time.Slots = 10 }), 8, 6)
		w.SetThreads(threads)
		play(t, w, p, actions, 20)
		if n := testing.AllocsPerRun(30, func() { play(t, w, p, actions, 1) }); n != 0 {
			t.Errorf("%v allocations per step with %d threads", n, threads)
		}
	}
}

// TestGoldenRollout pins the bits of a rollout. This package made them on amd64.
// Every platform, thread count and compiler level must repeat them (try
// GOAMD64=v3, which fuses multiplications and additions where it may).
func TestGoldenRollout(t *testing.T) {
	got := map[string]string{}
	for _, name := range everyPolicy() {
		s := paper(t, nil)
		p, err := NewPolicy(name, s, 1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Simulate(SimulateOptions{Scenario: s, Policy: p, Episodes: 2, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		got[name] = r.Hash
	}
	if diff := cmp.Diff(goldenHashes, got); diff != "" {
		t.Errorf("rollout hashes (-want +got):\n%s", diff)
	}
}

var goldenHashes = map[string]string{
	"greedy":       "ea05ff8015c765ba",
	"imagine":      "eaa93009e1403c22",
	"in-turn":      "689d8e709e2f7c3b",
	"local":        "4f2987b060ef025f",
	"nearest":      "cb2ca405749bcd22",
	"planner":      "35407f647f69a124",
	"random":       "4e4a8809990f3393",
	"softmin":      "438f2c59118d12ef",
	"switch-aware": "83410c90c2950100",
}

func BenchmarkStep(b *testing.B) {
	for _, agents := range []int{10, 30, 50} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("N=%d/threads=%d", agents, threads), func(b *testing.B) {
				w, p, actions := start(b, paper(b, func(s *Scenario) { s.IEDs = agents }), 64, 1)
				w.SetThreads(threads)
				b.ReportAllocs()
				var inStep time.Duration // without the policy's share
				for b.Loop() {
					p.Act(w, actions)
					begin := time.Now()
					if err := w.Step(actions); err != nil {
						b.Fatal(err)
					}
					inStep += time.Since(begin)
				}
				b.ReportMetric(float64(b.N*w.W*w.A)/inStep.Seconds(), "agent-steps/s")
			})
		}
	}
}

func BenchmarkPopulation(b *testing.B) {
	s, err := Preset("population")
	if err != nil {
		b.Fatal(err)
	}
	w, p, actions := start(b, s, 4, 1)
	for b.Loop() {
		play(b, w, p, actions, 1)
	}
	b.ReportMetric(float64(b.N*w.W*w.A)/b.Elapsed().Seconds(), "agent-steps/s")
}

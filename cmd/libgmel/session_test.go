//go:build cgo

package main

import (
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gmel-go/gmel/sim"
)

func opened(t *testing.T, c settings) *session {
	t.Helper()
	s, err := open(&c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// playAll plays all the slots, in as many turns as they take.
func playAll(t *testing.T, s *session, policy string, seed uint64, slots int) {
	t.Helper()
	for slots > 0 {
		n, err := s.play(policy, seed, slots)
		if err != nil || n < 1 {
			t.Fatal(n, err)
		}
		slots -= n
	}
}

// A session plays what the worlds of sim play, and its arrays are theirs, in their kind.
func TestSessionPlaysTheWorlds(t *testing.T) {
	s := opened(t, settings{scenario: "ieds: 7", seed: 3, worlds: 2, threads: 2, recordTasks: true})
	playAll(t, s, "random", 5, 8)
	w, err := sim.New(s.worlds.Scenario(), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sim.NewPolicy("random", w.Scenario(), 5)
	if err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, 14)
	for range 8 {
		p.Act(w, actions)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range w.Reward {
		if got := at[float32](t, s, "reward", 0, i); got != want {
			t.Errorf("reward %d is %g, want %g", i, got, want)
		}
		if got := at[int32](t, s, "task_action", 1, i); got != w.Task.Action[i] {
			t.Errorf("action %d is %d, want %d", i, got, w.Task.Action[i])
		}
		if got := at[bool](t, s, "task_completed", 2, i); got != w.Task.Completed[i] {
			t.Errorf("completed %d is %v, want %v", i, got, w.Task.Completed[i])
		}
	}
}

// at reads element i of a [W, A] array the way C does.
func at[T element](t *testing.T, s *session, name string, kind, i int) T {
	t.Helper()
	a, err := s.find(name)
	if err != nil {
		t.Fatal(err)
	}
	if a.kind != kind || a.shape[0] != s.worlds.W || a.shape[1] != s.worlds.A {
		t.Fatalf("%s has kind %d and shape %v", name, a.kind, a.shape)
	}
	return *(*T)(unsafe.Add(a.data, i*int(unsafe.Sizeof(*new(T)))))
}

// Another seed starts its worlds as new worlds of that seed begin.
func TestSessionResetsToASeed(t *testing.T) {
	s := opened(t, settings{scenario: "paper", seed: 1, worlds: 2, threads: 1})
	playAll(t, s, "nearest", 1, 3)
	s.reset(9)
	fresh := opened(t, settings{scenario: "paper", seed: 9, worlds: 2, threads: 1})
	for i, want := range fresh.worlds.Obs {
		if s.worlds.Obs[i] != want {
			t.Fatalf("obs %d is %g, want %g", i, s.worlds.Obs[i], want)
		}
	}
}

// A turn of play ends although there are slots left.
func TestPlayEndsItsTurn(t *testing.T) {
	s := opened(t, settings{scenario: "paper", seed: 1, worlds: 1, threads: 1})
	if n, err := s.play("local", 1, math.MaxInt); err != nil || n < 1 {
		t.Fatal(n, err)
	}
}

// A handle works until it is closed, and a number that is none is an error.
func TestHandlesAreChecked(t *testing.T) {
	s := opened(t, settings{scenario: "paper", seed: 1, worlds: 1, threads: 1})
	h := register(s)
	same := func(got *session) error {
		if got != s {
			t.Error("another session")
		}
		return nil
	}
	if err := withSession(h, same); err != nil {
		t.Error(err)
	}
	if err := release(h); err != nil {
		t.Error(err)
	}
	for _, h := range []uintptr{h, h + 1, 0, 1} {
		if withSession(h, same) != errHandle || release(h) != errHandle {
			t.Errorf("handle %d is not refused", h)
		}
	}
}

// The scenario that a session tells, and its state, make another session that continues alike, also
// from another folder.
func TestSessionContinuesFromItsState(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.csv", []byte("slot,ied,model,data_mbit,gcycles,deadline_s\n2,0,small,2.5,1.1,1.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	traced := "ieds: 2\ntime: {slots: 6}\ntasks: {arrivals: {process: trace, trace_file: a.csv, queue: 2}}\n"
	texts := []string{traced, "ieds: 7\nhall: {width_m: 31.4159265358979}\n"}
	for _, text := range append(texts, sim.Presets()...) {
		a := opened(t, settings{scenario: text, seed: 3, worlds: 2, threads: 1})
		playAll(t, a, "random", 1, 4)
		state, err := a.save()
		if err != nil {
			t.Fatal(err)
		}
		t.Chdir(t.TempDir())
		b := opened(t, settings{scenario: string(a.worlds.Scenario().YAML()), seed: 1, worlds: 2, threads: 2})
		if err := b.load(state); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, s := range []*session{a, b} {
			playAll(t, s, "random", 1, 5)
		}
		if !slices.Equal(a.worlds.Obs, b.worlds.Obs) || !slices.Equal(a.worlds.Reward, b.worlds.Reward) {
			t.Errorf("%s: the copy plays something else", text)
		}
	}
}

// A session continues from the memory of another.
func TestSessionAdoptsMemory(t *testing.T) {
	c := settings{scenario: "ieds: 7\ntime: {slots: 5}\n", seed: 3, worlds: 2, threads: 1, recordTasks: true}
	a := opened(t, c)
	playAll(t, a, "random", 1, 7)
	c.seed = 4
	b := opened(t, c)
	if err := b.adopt(3, a.memory); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		x, y := must(t, a.save), must(t, b.save)
		if !slices.Equal(x, y) {
			t.Fatal("the states differ")
		}
		playAll(t, a, "random", 1, 6)
		playAll(t, b, "random", 1, 6)
	}
	c.worlds = 1
	if err := opened(t, c).adopt(3, a.memory); err == nil {
		t.Error("memory of two worlds is adopted by one")
	}
}

func must(t *testing.T, save func() ([]byte, error)) []byte {
	t.Helper()
	state, err := save()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// Worlds that are closed leave their memory to the next ones.
func TestClosedWorldsLeaveRoom(t *testing.T) {
	c := settings{scenario: "paper", seed: 1, worlds: 5000, threads: 1}
	first := opened(t, c)
	need := sim.Bytes(first.worlds.Scenario(), c.worlds)
	before := debug.SetMemoryLimit(need*3/2 + 16<<20)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	if _, err := open(&c); err == nil {
		t.Error("two worlds fit where there is room for one")
	}
	if err := release(register(first)); err != nil {
		t.Fatal(err)
	}
	first.worlds, first.arrays, first.memory = nil, nil, nil // as once the handle has no session
	opened(t, c)
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		s    settings
		want string
	}{
		{settings{scenario: "paper", worlds: 1}, "gmel: 0 threads are not allowed; allowed: a whole number from 1"},
		{settings{scenario: "paper", threads: 1}, "sim: 0 worlds of 30 IEDs are not allowed"},
		{settings{scenario: "peper", worlds: 1, threads: 1}, `sim: scenario "peper" is neither a preset`},
		{settings{scenario: "paper:x", worlds: 1, threads: 1}, `sim: scenario "paper:x": "x" is not a number of IEDs`},
		{settings{scenario: "hall:\n  width_m: 0\n", worlds: 1, threads: 1}, "sim: scenario:2: hall.width_m: 0 is not allowed"},
		{settings{scenario: `{"ieds": 0}`, worlds: 1, threads: 1}, "sim: scenario:1: ieds: 0 is not allowed"},
		{settings{scenario: "paper", engine: "warp", worlds: 1, threads: 1}, `sim: no engine "warp" here`},
	} {
		if _, err := open(&c.s); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.s, err, c.want)
		}
	}
	before := debug.SetMemoryLimit(1 << 30)
	_, err := open(&settings{scenario: "paper", worlds: 1 << 40, threads: 1})
	debug.SetMemoryLimit(before)
	if err == nil || !strings.HasPrefix(err.Error(), "gmel: 1099511627776 worlds of 30 IEDs take 1.7") || !strings.HasSuffix(err.Error(), "MB are free; make fewer") {
		t.Error(err)
	}
	s := opened(t, settings{scenario: "paper", seed: 1, worlds: 1, threads: 1})
	if _, err := s.find("task_latency"); err == nil {
		t.Error("outcomes are found that are not recorded")
	}
	if _, err := s.play("clairvoyant", 1, 1); err == nil || !strings.HasPrefix(err.Error(), `sim: no policy "clairvoyant"`) {
		t.Errorf("an unknown policy gives %v", err)
	}
}

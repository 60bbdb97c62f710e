//go:build cgo

package main

import (
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

// A session plays what the worlds of sim play, and its arrays are theirs, in their kind.
func TestSessionPlaysTheWorlds(t *testing.T) {
	s := opened(t, settings{scenario: "ieds: 7", seed: 3, worlds: 2, threads: 2, recordTasks: true})
	if err := s.play("random", 5, 8); err != nil {
		t.Fatal(err)
	}
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
	if err := s.play("nearest", 1, 3); err != nil {
		t.Fatal(err)
	}
	s.reset(9)
	fresh := opened(t, settings{scenario: "paper", seed: 9, worlds: 2, threads: 1})
	for i, want := range fresh.worlds.Obs {
		if s.worlds.Obs[i] != want {
			t.Fatalf("obs %d is %g, want %g", i, s.worlds.Obs[i], want)
		}
	}
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
	s := opened(t, settings{scenario: "paper", seed: 1, worlds: 1, threads: 1})
	if _, err := s.find("task_latency"); err == nil {
		t.Error("outcomes are found that are not recorded")
	}
	if err := s.play("clairvoyant", 1, 1); err == nil || !strings.HasPrefix(err.Error(), `sim: no policy "clairvoyant"`) {
		t.Errorf("an unknown policy gives %v", err)
	}
}

package bench

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
)

// calls is a backend that counts the calls of its executables.
type calls struct {
	kernels.Backend
	made, runs int // calls, and the runs that they asked for
}

// counted is an executable of calls.
type counted struct {
	kernels.Executable
	backend *calls
}

func (c *calls) Compile(p *kernels.Program) (kernels.Executable, error) {
	e, err := c.Backend.Compile(p)
	return &counted{e, c}, err
}

func (e *counted) Run(b kernels.Buffer, n int) error {
	e.backend.made++
	e.backend.runs += n
	return e.Executable.Run(b, n)
}

func openCalls(t *testing.T) *calls {
	t.Helper()
	b, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return &calls{Backend: b}
}

// A measurement of n runs is one call of the backend: a call costs the host time that is no part of the work.
func TestRunsAreOneCall(t *testing.T) {
	const n = 3
	for _, c := range append(tinyCases(), ProximalUpdate(4, 3, 8), Attention(1, 3, 1, 4)) {
		if c.Name == "iteration" {
			continue // see TestCallsOfAnIteration
		}
		calls, runs := 1, n
		switch {
		case strings.HasSuffix(c.Name, "-train"):
			calls = n // as in training, where the host looks at the loss of every update
		case strings.HasSuffix(c.Name, "-sample"):
			calls, runs = 2, n+1 // the start, then all evaluations
		}
		b := openCalls(t)
		r, err := c.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		b.made, b.runs = 0, 0
		if _, err := clock(r)(n); err != nil || b.made != calls || b.runs != runs {
			t.Errorf("%s %s: %d runs are %d calls of the backend for %d runs, %v", c.Name, c.Shape, n, b.made, b.runs, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// An iteration is three calls, as in training: the slots of its rollout, what its updates share, its updates.
func TestCallsOfAnIteration(t *testing.T) {
	const n = 3
	for whole, each := range map[bool]int{true: 3, false: 1} {
		b := openCalls(t)
		r, err := Iteration(tinyProximal(), 3, whole).Open(b)
		if err != nil {
			t.Fatal(err)
		}
		b.made = 0
		if err := r.Run(n); err != nil || b.made != n*each {
			t.Errorf("updates %t: %d iterations are %d calls of the backend, want %d, %v", whole, n, b.made, n*each, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The slots of worlds without a network are one call too.
func TestSlotsAreOneCall(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s.Population(3), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if w.Native() == nil {
		t.Skip("no C engine in this build, so no Program plays worlds")
	}
	b := openCalls(t)
	slots, err := OpenSlots(b, w, true)
	if err != nil {
		t.Fatal(err)
	}
	defer slots.Close()
	if _, err := slots.timer(true)(5); err != nil || b.made != 1 || b.runs != 5 {
		t.Errorf("5 slots are %d calls of the backend for %d runs, %v", b.made, b.runs, err)
	}
}

//go:build gpu && !cpu

package gpu

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// planned is a trainer that has not allocated memory yet, and its worlds.
func planned(t *testing.T, b kernels.Backend, algo string) (*marl.Trainer, *sim.Worlds) {
	t.Helper()
	c, s, err := learns(algo)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, c.Worlds, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := marl.Plan(c, marl.OffloadingFor(&c, w), b, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr, w
}

// A run allocates as much device memory as its plan says before it begins, launches included.
func TestMemoryIsPlanned(t *testing.T) {
	needFake(t)
	for _, algo := range []string{"amarl", "amarl-ppo"} {
		for _, precision := range kernels.Precisions() {
			b := open(t, kernels.Options{Precision: precision})
			free := b.FreeMemory()
			tr, _ := planned(t, b, algo)
			if used := free - b.FreeMemory(); used != 0 {
				t.Errorf("%s: planning took %d bytes", algo, used)
			}
			if err := tr.Open(); err != nil {
				t.Fatal(err)
			}
			if err := tr.Run(t.Context(), marl.Hooks{}); err != nil {
				t.Fatal(err)
			}
			if used, want := free-b.FreeMemory(), tr.Memory().Bytes(); used != want {
				t.Errorf("%s in %s takes %d bytes, planned are %d", algo, precision, used, want)
			}
		}
	}
}

// A policy allocates as much device memory as is planned for evaluations, and Close frees it. It plays so many worlds that they take more than
// the few with the critic, whose attention is measured at the end of a run.
func TestEvaluationIsPlanned(t *testing.T) {
	needFake(t)
	b := open(t, kernels.Options{})
	tr, _ := planned(t, b, "amarl")
	_, s, err := learns("amarl")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, 64, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Open(); err != nil {
		t.Fatal(err)
	}
	p, err := tr.Policy(marl.Execution{Backend: b, Sampled: true, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	part, err := tr.EvaluationMemory(b, w.W*w.A)
	if err != nil {
		t.Fatal(err)
	}
	free := b.FreeMemory()
	for range 2 { // closed and opened again
		if p.Act(w, make([]int32, w.W*w.A)); p.Err() != nil {
			t.Fatal(p.Err())
		}
		if used := free - b.FreeMemory(); used != part.Bytes || used == 0 {
			t.Errorf("a policy takes %d bytes, planned are %d", used, part.Bytes)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if left := free - b.FreeMemory(); left != 0 {
			t.Errorf("a closed policy keeps %d bytes", left)
		}
	}
}

// An Open that fails half way leaves nothing in a context that another backend keeps alive: the last Close would report it.
func TestFailedOpenLeavesNothing(t *testing.T) {
	needFake(t)
	for pieces := range 2 { // pieces of pinned memory that the second backend gets: for its copies, then for its mark
		for _, first := range []bool{false, true} {
			var b kernels.Backend
			held := 0
			if first {
				held = 2
				b = open(t, kernels.Options{})
			}
			t.Setenv("GMEL_FAKE_PINNED", strconv.Itoa(held+pieces))
			_, err := kernels.Open("gpu", kernels.Options{})
			if err == nil || !strings.Contains(err.Error(), "no pinned memory") || strings.Contains(err.Error(), "\n") {
				t.Errorf("with %d pieces: %v", pieces, err)
			}
			t.Setenv("GMEL_FAKE_PINNED", "")
			if first {
				if err := b.Close(); err != nil {
					t.Errorf("with %d pieces, something is left: %v", pieces, err)
				}
			}
		}
	}
}

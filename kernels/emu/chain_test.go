//go:build emu

package emu

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/kernels/kerneltest"
	"github.com/gmel-go/gmel/kernels/ref"
)

// recorder is a backend that stores the Programs that it compiles.
type recorder struct {
	kernels.Backend
	programs []*kernels.Program
}

func (r *recorder) Compile(p *kernels.Program) (kernels.Executable, error) {
	r.programs = append(r.programs, p)
	return r.Backend.Compile(p)
}

// onHost hides that a device could hold an environment: kernels of games are not linked into this test.
type onHost struct{ kernels.Environment }

// programsOf are the Programs of a case by name.
func programsOf(t *testing.T, c bench.Case) map[string]*kernels.Program {
	t.Helper()
	cpu, err := kernels.Open("cpu", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{Backend: cpu}
	running, err := c.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(running.Close(), cpu.Close()); err != nil {
		t.Fatal(err)
	}
	programs := map[string]*kernels.Program{}
	for _, p := range r.programs {
		for i, env := range p.Environments {
			p.Environments[i] = onHost{env}
		}
		programs[p.Name] = p
	}
	return programs
}

// compiled is a Program on its own backend, with chains or without.
func compiled(t *testing.T, p *kernels.Program, precision string, alone bool) *executable {
	t.Helper()
	b, err := kernels.Open(name, kernels.Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	b.(*backend).alone = alone
	e, err := b.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return e.(*executable)
}

// The networks of the benchmarks run in chains, forward and backward. In a rollout their hidden layers are not stored.
func TestNetsRunInChains(t *testing.T) {
	update, proximal := programsOf(t, bench.Update(256, 30, 64)), programsOf(t, bench.ProximalUpdate(64, 30, 64))
	for _, x := range []struct {
		name   string
		p      *kernels.Program
		chains []int // number of products in each
		unread int   // results that are not stored
	}{
		{"perceptron", programsOf(t, bench.MLP(4096, 32, 128, 128, 16))["mlp"], []int{3, 2}, 0},
		{"small perceptron", programsOf(t, bench.MLP(256, 32, 64, 64, 16))["mlp"], []int{3, 2}, 0},
		{"actor", programsOf(t, bench.AMARLActor(256, 30, 64))["actor"], []int{3, 2}, 0},
		{"rollout", update["slot"], []int{3}, 2},
		{"update", update["update"], []int{3, 2, 2, 2, 2, 2, 2, 3, 2}, 3}, // the first is the target actor, the last two are the actor
		{"on-policy rollout", proximal["slot"], []int{3, 2, 2, 2, 2, 2}, 4},
		{"on-policy update", proximal["update"], []int{2, 2, 2, 2, 3, 2}, 0},
	} {
		chains := chainsOf(t, x.p, kernels.FP32)
		unread := 0
		for _, m := range chain.Of(x.p).Marks {
			if m&chain.Unread != 0 {
				unread++
			}
		}
		if !slices.Equal(chains, x.chains) || unread != x.unread {
			t.Errorf("%s: chains of %v, %d results not stored; want %v, %d", x.name, chains, unread, x.chains, x.unread)
		}
		if slices.Max(compiled(t, x.p, "", true).launches()) != 1 || len(chainsOf(t, x.p, kernels.TF32)) > 0 {
			t.Errorf("%s: several ops in a launch where ops are to be alone, or a chain in tf32", x.name)
		}
	}
}

// chainsOf is the number of products in each chain of a Program.
func chainsOf(t *testing.T, p *kernels.Program, precision string) (chains []int) {
	t.Helper()
	launches, err := Launches(p, precision)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launches {
		if strings.Contains(l.Kernel, "rows_tile") && len(l.Ops) > 1 {
			chains = append(chains, len(l.Ops))
		}
	}
	return chains
}

// More nets and heads than in the suite, with launches of several ops and without, in all orders of threads.
func TestLaunchesChangeNoBits(t *testing.T) {
	for seed := range uint64(800) {
		p, arena := kerneltest.Net(100 + seed/2)
		if seed%2 == 1 {
			p, arena = kerneltest.Head(100 + seed/2)
		}
		want := slices.Clone(arena)
		if err := ref.Run(p, want); err != nil {
			t.Fatal(err)
		}
		for _, order := range append([]string{""}, isas...) {
			got := slices.Clone(arena)
			e := compiled(t, p, "", order == "")
			e.backend.isa = max(0, slices.Index(isas, order))
			if err := e.Run(&buffer{got}, 1); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) && want[i] == want[i] {
					t.Fatalf("%s, order %q: float %d is %g, want %g", p.Name, order, i, got[i], want[i])
				}
			}
		}
	}
}

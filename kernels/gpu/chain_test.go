//go:build gpu && !cpu

package gpu

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
)

// layers is x -> h -> y, two products of 8 x 8 in a loop, h in local memory.
func layers() *kernels.Program {
	p := &kernels.Program{Name: "layers", Arena: 512, Local: 64, Steps: make([]kernels.Step, 3)}
	p.Descs = []kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{2, 2, 1}}}
	for i := range p.Steps[1:] {
		at := [][2]int64{{0, kernels.LocalBase}, {kernels.LocalBase, 256}}[i]
		p.Descs = append(p.Descs, kernels.Desc{
			Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{8, 8, 8, 8, 8, 8, 1},
			Arg: [kernels.MaxArgs]int64{at[0], 128, kernels.Absent, kernels.Absent, at[1]},
		})
	}
	p.Steps[1].Iteration[0], p.Steps[2].Iteration[4] = 64, 64
	return p
}

// TestDebugSeesEveryOp: products run in one launch, except in tf32 and with Debug or Profile, which examine every op.
func TestDebugSeesEveryOp(t *testing.T) {
	for _, x := range []struct {
		o    kernels.Options
		want []int
	}{
		{kernels.Options{}, []int{2}},
		{kernels.Options{Debug: true}, []int{1, 1}},
		{kernels.Options{Profile: true}, []int{1, 1}},
		{kernels.Options{Precision: kernels.TF32}, []int{1, 1}},
	} {
		b := open(t, x.o)
		l, err := b.newPlan(layers(), nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		var counts []int
		for _, ops := range l.ops {
			counts = append(counts, len(ops))
		}
		if !slices.Equal(counts, x.want) {
			t.Errorf("%+v: launches of %v ops, want %v", x.o, counts, x.want)
		}
		l.free()
	}
}

func TestDebugFindsABadNumberBetweenProducts(t *testing.T) {
	arena := make([]float32, 512)
	for i := range arena[:192] {
		arena[i] = 3e38
	}
	b := open(t, kernels.Options{Debug: true})
	e, m := loaded(t, b, layers(), arena)
	if err := e.Run(m, 1); err == nil || !strings.Contains(err.Error(), `program "layers", op 1 (gemm`) {
		t.Errorf("got %v, want op 1", err)
	}
}

// The error of a fault in a launch of several products names the first one and their number, also in a graph.
func TestFaultOfAChain(t *testing.T) {
	needFake(t)
	b := open(t, kernels.Options{})
	e, m := loaded(t, b, layers(), make([]float32, 512))
	if err := errors.Join(e.Run(m, 1), b.Sync()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GMEL_FAKE_FAULT", "2")
	if err := e.Run(m, 1); err != nil {
		t.Errorf("Run does not wait: %v", err)
	}
	err := b.Sync()
	for _, word := range []string{`in program "layers", op 1 (gemm`, "the first of 2 ops in one launch: ", "IllegalAddress"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %q in it", err, word)
		}
	}
}

// BenchmarkChains measures what chains of products save: the same steps with chains, and with every op in separate launches.
func BenchmarkChains(b *testing.B) {
	cases := []bench.Case{bench.MLP(20, 6, 8, 3)}
	if !fake() {
		cases = append(bench.Actors(), bench.Update(256, 30, 64), bench.MLP(64, 39, 64, 3)) // the last has few rows
	}
	for _, c := range cases {
		for _, alone := range []bool{false, true} {
			name := c.Name + " " + c.Shape + "/chained"
			if alone {
				name = c.Name + " " + c.Shape + "/alone"
			}
			b.Run(name, func(b *testing.B) { benchmarkChains(b, c, alone) })
		}
	}
}

func benchmarkChains(b *testing.B, c bench.Case, alone bool) {
	g, err := kernels.Open("gpu", kernels.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	g.(*backend).alone = alone
	r, err := c.Open(g)
	if err != nil {
		b.Fatal(err)
	}
	run := func() {
		if err := errors.Join(r.Run(b.N), g.Sync()); err != nil {
			b.Fatal(err)
		}
	}
	run() // loads kernels
	run() // captures the graphs of this number of steps
	b.ResetTimer()
	run()
	b.StopTimer()
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}

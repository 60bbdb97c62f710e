package kernels_test

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// TestResults lists what a loop of three iterations in two segments writes: a row of the arena and
// local memory in each iteration, and a sum in each segment.
func TestResults(t *testing.T) {
	unary := func(from, to int64) kernels.Desc {
		return kernels.Desc{Op: kernels.OpUnary, Fn: kernels.FnSquare, Dim: [kernels.MaxDims]int64{4}, Arg: [kernels.MaxArgs]int64{from, to}}
	}
	sum := kernels.Desc{Op: kernels.OpSumAll, Dim: [kernels.MaxDims]int64{4}, Arg: [kernels.MaxArgs]int64{0, 32}}
	p := &kernels.Program{
		Name: "loop", Arena: 40, Local: 4, Symbols: []kernels.Symbol{{Name: "rows", Offset: 16}},
		Descs: []kernels.Desc{
			{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{3, 3, 2}}, unary(0, kernels.LocalBase), unary(kernels.LocalBase, 16), sum, unary(0, 36),
		},
		Steps: make([]kernels.Step, 5),
	}
	p.Steps[1].Iteration[0], p.Steps[2].Iteration[1], p.Steps[3].Iteration[0] = 4, 4, 4
	p.Steps[3].Segment[1], p.Steps[3].Sum = 1, 1
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	name := func(i, arg int) string { s, _ := kernels.SpecOf(p.Descs[i].Op); return s.Args[arg].Name }
	for i, want := range map[int][]kernels.Result{
		0: nil,
		1: {{name(1, 1), kernels.LocalBase, 4, 0}, {name(1, 1), kernels.LocalBase, 4, 1}, {name(1, 1), kernels.LocalBase, 4, 2}},
		2: {{"rows", 16, 4, 0}, {"rows", 20, 4, 1}, {"rows", 24, 4, 2}},
		3: {{name(3, 1), 32, 1, 0}, {name(3, 1), 33, 1, 1}},
		4: {{name(4, 1), 36, 4, 0}},
	} {
		if got := p.Results(i); !slices.Equal(got, want) {
			t.Errorf("op %d writes %+v, want %+v", i, got, want)
		}
	}
}

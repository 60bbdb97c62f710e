package kernels_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// tiled is a loop of 4 iterations in 2 segments that fills local memory, and y[8] two floats at a time.
func tiled() *kernels.Program {
	fill := func(at int64) kernels.Desc {
		d := kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{2}}
		d.Arg[0] = at
		return d
	}
	loop := kernels.Desc{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{2, 4, 2}}
	return &kernels.Program{
		Name: "tiled", Descs: []kernels.Desc{loop, fill(0), fill(kernels.LocalBase + 1), fill(6)}, Arena: 8, Local: 3,
		Steps: []kernels.Step{{}, {Iteration: [kernels.MaxArgs]int64{2}}, {}, {}},
	}
}

func TestLoopsAreChecked(t *testing.T) {
	if err := tiled().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(p *kernels.Program){
		"argument y [0, 10) lies outside the arena of 8 floats":       func(p *kernels.Program) { p.Descs[0].Dim[1] = 5 },
		"argument y [0, 9) lies outside the arena":                    func(p *kernels.Program) { p.Steps[1].Segment[0] = 1 },
		"argument y [1, 3) lies outside the local memory of 2 floats": func(p *kernels.Program) { p.Local = 2 },
		"argument y moves backwards":                                  func(p *kernels.Program) { p.Steps[1].Iteration[0] = -1 },
		"loop with a body of 4 ops, 3 follow":                         func(p *kernels.Program) { p.Descs[0].Dim[0] = 4 },
		"loop with a body of 9223372036854775807 ops, 3 follow":       func(p *kernels.Program) { p.Descs[0].Dim[0] = math.MaxInt64 },
		"loop: unknown flags 0100":                                    func(p *kernels.Program) { p.Descs[0].Flags = kernels.FlagTransB },
		"loop has no function relu":                                   func(p *kernels.Program) { p.Descs[0].Fn = kernels.FnReLU },
		"fill does not accumulate":                                    func(p *kernels.Program) { p.Steps[1].Sum = 1 },
		"loop of 1 iterations with 2 segments":                        func(p *kernels.Program) { p.Descs[0].Dim[1] = 1 },
		"loop in a program without steps":                             func(p *kernels.Program) { p.Steps = nil },
		"1 steps for 4 ops":                                           func(p *kernels.Program) { p.Steps = p.Steps[:1] },
		"loop in the body of a loop":                                  func(p *kernels.Program) { p.Descs[1] = p.Descs[0] },
		"outside the local memory of 0 floats":                        func(p *kernels.Program) { p.Descs[3].Arg[0] = kernels.LocalBase },
	} {
		p := tiled()
		spoil(p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLoopsShowInDumpAndHash(t *testing.T) {
	p, q := tiled(), tiled()
	q.Steps[1].Iteration[0] = 1
	if p.Hash() == q.Hash() {
		t.Error("steps do not change the hash")
	}
	for _, want := range []string{"local 3", "loop           body=2 iterations=4 segments=2", "|fill           n=2 y:local@1", "   3  fill"} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("no %q in\n%s", want, p)
		}
	}
}

// The operations of a body count once for every iteration.
func TestFlopsOfLoops(t *testing.T) {
	p := tiled()
	square := kernels.Desc{Op: kernels.OpUnary, Fn: kernels.FnSquare, Dim: [kernels.MaxDims]int64{2}}
	p.Descs[2] = square
	p.Descs = append(p.Descs, square)
	p.Steps = append(p.Steps, kernels.Step{})
	for i, want := range []int64{0, 0, 8, 0, 2} {
		if got := p.Flops(i); got != want {
			t.Errorf("op %d: %d operations, want %d", i, got, want)
		}
	}
}

// A poisoned body fills all of its local memory with NaN first, and is the same otherwise.
func TestPoisonedLoops(t *testing.T) {
	p := tiled()
	q := p.Poisoned()
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	d := q.Descs[1]
	if d.Op != kernels.OpFill || d.Arg[0] != kernels.LocalBase || d.Dim[0] != p.Local || d.Scalar[0] == d.Scalar[0] {
		t.Errorf("the body begins with %+v", d)
	}
	if q.Descs[0].Dim[kernels.LoopBody] != 3 || q.Descs[2] != p.Descs[1] || q.Steps[2] != p.Steps[1] || q.Descs[4] != p.Descs[3] || len(q.Descs) != 5 {
		t.Errorf("poisoned:\n%s", q)
	}
	if p.Descs[0].Dim[kernels.LoopBody] != 2 {
		t.Error("the program itself changed")
	}
	p.Local = 0
	if p.Poisoned() != p {
		t.Error("a program without local memory changed")
	}
}

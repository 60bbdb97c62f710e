package copies

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// gemm is C[m,n] = A[m,k] B[k,n].
func gemm(m, n, k, a, b, c int64) kernels.Desc {
	return kernels.Desc{
		Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{m, n, k, k, n, n, 1}, Arg: [kernels.MaxArgs]int64{a, b, kernels.Absent, kernels.Absent, c},
	}
}

// Offsets of layers: of 10 x 16 and 16 x 10 with 512 rows in 8 iterations of 64; the gradient of the second one is a sum.
const (
	first, second, gradient = 0, 160, 320
	input                   = 480
	hidden, output          = kernels.LocalBase, kernels.LocalBase + 1024
)

// layers is a pass of two layers and the gradient of the second one, then the second one's weights change, then it is applied once more.
func layers() *kernels.Program {
	p := &kernels.Program{Name: "layers", Arena: input + 8192, Local: 2048}
	add := func(d kernels.Desc, s kernels.Step) { p.Descs, p.Steps = append(p.Descs, d), append(p.Steps, s) }
	loop := func(ops int64) {
		add(kernels.Desc{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{ops, 8, 1}}, kernels.Step{})
	}
	loop(3)
	add(gemm(64, 16, 10, input, first, hidden), kernels.Step{Iteration: [kernels.MaxArgs]int64{640}})
	add(gemm(64, 10, 16, hidden, second, output), kernels.Step{})
	g := gemm(16, 10, 64, hidden, output, gradient)
	g.Flags, g.Dim[kernels.GemmLDA] = kernels.FlagTransA, 16
	add(g, kernels.Step{Sum: 1})
	add(kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{160}, Arg: [kernels.MaxArgs]int64{second}}, kernels.Step{})
	loop(1)
	add(gemm(64, 10, 16, input, second, output), kernels.Step{Iteration: [kernels.MaxArgs]int64{1024}})
	return p
}

func TestLayers(t *testing.T) {
	p := layers()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	plan := Of(p, 0)
	d := plan.Program.Descs
	if d[1].Arg[ResultCopy] == 0 || d[2].Arg[LeftCopy] != d[1].Arg[ResultCopy] || d[3].Arg[LeftCopy] != d[1].Arg[ResultCopy] {
		t.Errorf("the hidden layer is read twice, but has no copy: %v, %v, %v", d[1].Arg, d[2].Arg, d[3].Arg)
	}
	if d[1].Arg[LeftCopy] != 0 || d[2].Arg[ResultCopy] != 0 || d[3].Arg[ResultCopy] != 0 {
		t.Error("a copy of what is read once, or of a sum")
	}
	want := []Cast{
		{Before: 0, Reader: 1, From: first, Lines: 10, Width: 16, Pitch: 16}, {Before: 0, Reader: 2, From: second, Lines: 16, Width: 10, Pitch: 10},
		{Before: 5, Reader: 6, From: second, Lines: 16, Width: 10, Pitch: 10},
	}
	if len(plan.Casts) != len(want) {
		t.Fatalf("casts %+v, want %+v", plan.Casts, want)
	}
	for i, c := range plan.Casts {
		if reader := d[want[i].Reader].Arg[RightCopy]; c.To != reader || reader == 0 {
			t.Errorf("the cast %+v goes not to where op %d reads, %d", c, c.Reader, reader)
		}
		if c.To = 0; c != want[i] {
			t.Errorf("cast %d is %+v, want %+v", i, c, want[i])
		}
	}
	// Lines are 16 bf16: 512 floats for 64 lines, 128 for 16, and 80 for 10, which are two places of 64.
	if want := int64(line + 8*512 + 3*128); plan.Floats != want {
		t.Errorf("%d floats of copies, want %d", plan.Floats, want)
	}
	if p.Descs[1].Arg[ResultCopy] != 0 {
		t.Error("the Program itself has changed")
	}
}

// A matrix that the loop writes has no copy, nor one that few blocks read, nor a result of an odd width.
func TestNoCopies(t *testing.T) {
	changed := layers()
	changed.Descs[1].Arg[result], changed.Steps[1].Sum, changed.Descs[1].Dim[kernels.GemmM] = second, 1, 10
	for _, c := range Of(changed, 0).Casts {
		if c.From == second && c.Before < 4 {
			t.Errorf("a copy of weights that the loop writes: %+v", c)
		}
	}
	few := layers()
	few.Descs[0].Dim[kernels.LoopIterations], few.Descs[5].Dim[kernels.LoopIterations] = 2, 2
	if plan := Of(few, 0); len(plan.Casts) > 0 {
		t.Errorf("copies for two blocks: %+v", plan.Casts)
	}
	odd := layers()
	odd.Descs[1].Dim[kernels.GemmN], odd.Descs[2].Dim[kernels.GemmK], odd.Descs[3].Dim[kernels.GemmM] = 15, 15, 15
	odd.Descs[1].Dim[kernels.GemmLDC] = 16
	for i := range 4 {
		if at := Of(odd, 0).Program.Descs[i].Arg[ResultCopy]; odd.Descs[i].Op == kernels.OpGemm && at != 0 {
			t.Errorf("op %d has a copy of a result of width 15 at %d", i, at)
		}
	}
}

// The first launch of casts saves 2 bytes in 8 blocks for each element of both matrices, and the second factor is read by one product only;
// it moves 6 bytes. The second launch saves as much for one matrix.
func TestLeast(t *testing.T) {
	const both, one = 2 * 160 * (2*8 - 6), 160 * (2*8 - 6)
	for _, x := range []struct {
		least int64
		casts int
	}{{0, 3}, {one, 3}, {one + 1, 2}, {both, 2}, {both + 1, 0}} {
		plan := Of(layers(), x.least)
		if len(plan.Casts) != x.casts {
			t.Errorf("%d casts save %d bytes, want %d", len(plan.Casts), x.least, x.casts)
		}
		for i, d := range plan.Program.Descs {
			if made := i < 4 && x.casts > 0 || x.casts == 3; d.Op == kernels.OpGemm && i != 3 && (d.Arg[RightCopy] != 0) != made {
				t.Errorf("least %d: op %d has its weights at %d", x.least, i, d.Arg[RightCopy])
			}
		}
	}
}

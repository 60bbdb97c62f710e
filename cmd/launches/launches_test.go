//go:build emu

package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/copies"
	"github.com/gmel-go/gmel/kernels/emu"
)

// A loop of four instructions with two multiply-adds, then divisions of whole numbers and of floats, in the format of ptxas -v and of
// nvdisasm.
const listing = `ptxas info    : Compiling entry function '_Z6run_opI11elementwiseI4copyEEv6launch' for 'sm_90'
ptxas info    : Function properties for _Z6run_opI11elementwiseI4copyEEv6launch
    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 40 registers, used 0 barriers
	.section	.text._Z6run_opI11elementwiseI4copyEEv6launch,"ax",@progbits
.text._Z6run_opI11elementwiseI4copyEEv6launch:
        /*0000*/                   LDC R1, c[0x0][0x28] ;
.L_x_1:
        /*0010*/              @!P0 FFMA R0, -R31, R0, 12582912 ;
        /*0020*/                   FFMA R7, R2, -0.693359375, R31 ;
        /*0030*/                   IADD3 R4, R4, 0x1, RZ ;
        /*0040*/               @P0 BRA ` + "`(.L_x_1)" + ` ;
        /*0050*/                   CALL.REL.NOINC ` + "`($__internal_0_$__cuda_sm20_div_s64)" + ` ;
        /*0060*/                   CALL.REL.NOINC ` + "`($__internal_1_$__cuda_sm3x_div_rn_noftz_f32_slowpath)" + ` ;
        /*0070*/                   EXIT ;
`

func TestMachineCode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all")
	if err := os.WriteFile(path, []byte(listing), 0o600); err != nil {
		t.Fatal(err)
	}
	codes, err := readCodes(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := codes["elementwise<copy>"], (code{40, 16, 8, 1, 0.5, 0}); got != want || len(codes) != 1 {
		t.Errorf("got %+v, want elementwise<copy>: %+v", codes, want)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readCodes(path); err == nil || !strings.Contains(err.Error(), "has no kernels") {
		t.Errorf("an empty file: %v", err)
	}
}

// Eight instructions of tensor cores take 6.2 cycles each; beside many others they take a cycle for each instruction of the loop.
func TestTensorRate(t *testing.T) {
	r := reader{loops: [][2]int{{0, 9}, {10, 109}}}
	for i := range 110 {
		r.ops = append(r.ops, "IADD3")
		if i > 1 && i < 10 || i == 50 {
			r.ops[i] = "HMMA.16816"
		}
	}
	if got, want := r.tensor(), 528*1.75e9*4096/6.2; math.Abs(got/want-1) > 1e-9 {
		t.Errorf("%g flop/s, want %g", got, want)
	}
	r.loops = r.loops[1:]
	if got, want := r.tensor(), 528*1.75e9*4096/100; math.Abs(got/want-1) > 1e-9 {
		t.Errorf("%g flop/s, want %g", got, want)
	}
}

// twoCopies is y = x and z = y of 1000 numbers.
func twoCopies() *kernels.Program {
	p := &kernels.Program{Name: "copies", Arena: 3000}
	for _, from := range []int64{0, 1000} {
		p.Descs = append(p.Descs, kernels.Desc{
			Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{1, 1000, 1000, 1000}, Arg: [kernels.MaxArgs]int64{from, from + 1000},
		})
	}
	return p
}

// Two copies in one launch read x, and write y and z: 12,000 bytes. Each alone moves 8,000.
func TestCosts(t *testing.T) {
	p := twoCopies()
	together := costsOf(&copies.Plan{Program: p}, []emu.Launch{{Kernel: "run_in_turn", Ops: []int{0, 1}, Blocks: 1, Threads: 256}}, nil)[0]
	memory := 12000 / (0.9 * 4.8e12) * 132 // one multiprocessor of 132
	if together.bytes != 12000 || math.Abs(together.predicted-(3.0e-6+memory)) > 1e-12 {
		t.Errorf("one launch: %d bytes, %g s; want 12000, %g", together.bytes, together.predicted, 3.0e-6+memory)
	}
	alone := costsOf(&copies.Plan{Program: p}, []emu.Launch{{Kernel: "a", Ops: []int{0}, Blocks: 132}, {Kernel: "a", Ops: []int{1}, Blocks: 132}}, nil)
	if alone[0].bytes != 8000 || alone[1].bytes != 8000 {
		t.Errorf("two launches: %d and %d bytes, want 8000 each", alone[0].bytes, alone[1].bytes)
	}
}

// The arithmetic of a product with half of its instructions in multiply-adds takes twice as long.
func TestIssueRate(t *testing.T) {
	p := &kernels.Program{Name: "product", Arena: 3 << 20, Descs: []kernels.Desc{{
		Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{1024, 1024, 1024, 1024, 1024, 1024, 1},
		Arg: [kernels.MaxArgs]int64{0, 1 << 20, kernels.Absent, kernels.Absent, 2 << 20},
	}}}
	got := costsOf(&copies.Plan{Program: p}, []emu.Launch{{Kernel: "k", Ops: []int{0}, Blocks: 1000}}, codes{"k": {share: 0.5}})[0]
	if want := 2.2e-6 + 2*2*math.Pow(1024, 3)/67e12; math.Abs(got.predicted-want) > 1e-10 {
		t.Errorf("%g s, want %g", got.predicted, want)
	}
}

// A layer and its gradient in 4 iterations of 64 rows: the weights [10, 24] are copied once, the result [64, 24] is written twice and read
// from its copy.
func TestCostsOfCopies(t *testing.T) {
	const x, w, g, y, absent = 0, 4 * 640, 4*640 + 240, kernels.LocalBase, kernels.Absent
	p := &kernels.Program{Name: "layer", Arena: g + 576, Local: 1536, Steps: make([]kernels.Step, 3), Descs: []kernels.Desc{
		{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{2, 4, 1}},
		{Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{64, 24, 10, 10, 24, 24, 1}, Arg: [kernels.MaxArgs]int64{x, w, absent, absent, y}},
		{
			Op: kernels.OpGemm, Flags: kernels.FlagTransA, Dim: [kernels.MaxDims]int64{24, 24, 64, 24, 24, 24, 1},
			Arg: [kernels.MaxArgs]int64{y, y, absent, absent, g},
		},
	}}
	p.Steps[1].Iteration[0], p.Steps[2].Sum = 640, 1
	launches := []emu.Launch{{Kernel: "cast", Ops: []int{1}, Casts: true}, {Kernel: "gemm", Ops: []int{1}}, {Kernel: "gemm", Ops: []int{2}}}
	want := []int64{
		(4 + 2) * 240,
		4*4*640 + 2*240 + 4*(4+2)*1536, // x, the copy of w, the result and its copy
		4*2*1536 + 4*576,               // the copy of the result, the gradient
	}
	for i, c := range costsOf(copies.Of(p, 0), launches, nil) {
		if c.bytes != want[i] {
			t.Errorf("launch %d moves %d bytes, want %d", i, c.bytes, want[i])
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-works", "actor"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"predicted from counts, not measured", "actor mlp 32-128-128-16 B4096 / mlp, fp32: 13 launches", "run_side_by_side"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("%q is not in\n%s", word, out.String())
		}
	}
	if err := run([]string{"-works", "critics"}, &out); err == nil || !strings.Contains(err.Error(), `there is no work "critics"`) {
		t.Errorf("an unknown work: %v", err)
	}
}

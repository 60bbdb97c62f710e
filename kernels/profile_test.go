package kernels_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestProfileRanksOpsByTime(t *testing.T) {
	fill := func(n int64) kernels.Desc { return kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{n}} }
	gemm := kernels.Desc{Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{10, 10, 10, 10, 10, 10, 1}}
	p := &kernels.Program{Name: "p", Descs: []kernels.Desc{fill(1), gemm, fill(2)}}
	f := kernels.Profile{Runs: 2, Threads: 1, Seconds: []float64{1e-3, 2e-3, 1e-6}}
	list := f.Rank(p)
	if list[0].Index != 1 || list[1].Index != 0 || list[2].Index != 2 {
		t.Errorf("order %d %d %d", list[0].Index, list[1].Index, list[2].Index)
	}
	if got := list[0].Flops; got != 2000/1e-3 {
		t.Errorf("gemm runs at %g flops a second, want 2e6", got)
	}
	p.Descs = append([]kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{3, 4, 1}}}, p.Descs...)
	f.Seconds = append([]float64{0}, f.Seconds...)
	if got := f.Rank(p)[0].Flops; got != 4*2000/1e-3 {
		t.Errorf("in a loop gemm runs at %g flops a second, want 8e6", got)
	}
	p.Descs, f.Seconds = p.Descs[1:], f.Seconds[1:]
	var b strings.Builder
	if err := f.Write(&b, p, 4e6); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1.501 ms in ops", "66.6 %", "50%", "1 ops below"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

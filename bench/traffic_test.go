package bench

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// TestTraffic compares with a count by hand: every resident float once, no temporaries, the gathered
// rows of a table, and all iterations of loops.
func TestTraffic(t *testing.T) {
	unary := func(from, to int64) kernels.Desc {
		return kernels.Desc{Op: kernels.OpUnary, Fn: kernels.FnSquare, Dim: [kernels.MaxDims]int64{4}, Arg: [kernels.MaxArgs]int64{from, to}}
	}
	gather := kernels.Desc{Op: kernels.OpGatherRows, Dim: [kernels.MaxDims]int64{2, 3, 100}, Arg: [kernels.MaxArgs]int64{20, 12, 500}}
	plain := &kernels.Program{Arena: 600, Descs: []kernels.Desc{unary(0, 400), unary(2, 8), unary(400, 8), gather}}
	// It reads 0 to 6, two indices and 2 x 3 of the table, and writes 8 to 12. 400 and above is temporary.
	if got, want := traffic(plain, 400), int64(4*(6+2+6+4)); got != want {
		t.Errorf("traffic %d bytes, want %d", got, want)
	}
	loop := &kernels.Program{
		Arena: 40, Descs: []kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{1, 3, 1}}, unary(0, 20)}, Steps: make([]kernels.Step, 2),
	}
	loop.Steps[1].Iteration[0] = 4 // reads 12 floats, writes the same four thrice
	if got, want := traffic(loop, 40), int64(4*(12+4)); got != want {
		t.Errorf("traffic of a loop %d bytes, want %d", got, want)
	}
}

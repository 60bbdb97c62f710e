package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

// newChain is a program whose ops depend on each other. Large and small ops alternate, so that a
// missing barrier gives wrong results.
func newChain() *bench {
	const rows, width = 700, 40
	var trials []*trial
	add := func(t *trial) *trial { trials = append(trials, t); return t }
	add(newTrial(kernels.OpNormal, rows*width).with("counter", values(0, 1)).scalars(0, 1).discrete())
	add(newTrial(kernels.OpGemm, rows, width, width, width, width, width, 1).without("aux").fn(kernels.FnReLU).discrete())
	add(newTrial(kernels.OpSumCols, rows, width, width).scalars(0.01).discrete())
	add(newTrial(kernels.OpBinary, rows, width, width, 1, 0, 1).discrete())
	add(newTrial(kernels.OpSumAll, rows*width).scalars(1e-3).discrete())
	add(newTrial(kernels.OpBinary, rows, width, width, 1, 0, 0).discrete())
	add(newTrial(kernels.OpAttention, 20, 35, 4, 10).discrete())
	add(newTrial(kernels.OpGemm, width, width, rows, width, width, width, 1).without("aux", "bias").flags(kernels.FlagTransA).discrete())
	add(newTrial(kernels.OpPolyak, width*width).scalars(0.5).discrete())
	b := newBench(trials, 99)
	link := func(to int, arg string, from int, out string) {
		d := &b.program.Descs[to]
		d.Arg[trials[to].index(arg)] = b.program.Descs[from].Arg[trials[from].index(out)]
	}
	link(1, "A", 0, "y")
	link(2, "x", 1, "C")
	link(3, "a", 1, "C")
	link(3, "b", 2, "y")
	link(4, "x", 3, "y")
	link(5, "a", 3, "y")
	link(5, "b", 4, "y")
	for _, a := range []string{"q", "k", "v"} {
		link(6, a, map[string]int{"q": 5, "k": 3, "v": 1}[a], map[string]string{"q": "y", "k": "y", "v": "C"}[a])
	}
	link(7, "A", 6, "x")
	link(7, "B", 5, "y")
	link(8, "p", 7, "C")
	b.program.Name = "chain"
	descs := b.program.Descs
	for range 8 { // several times, so that barriers between runs are tested too
		b.program.Descs = append(b.program.Descs, descs...)
	}
	return b
}

package kerneltest

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

func randomTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, n := range long {
		t := newTrial(op, n).with("counter", counter).seed(0x123456789abcdef0+uint64(i), uint32(i)).scalars(-2, 3)
		switch op {
		case kernels.OpRandInt:
			t.with("bound", values(float32(1+1000*i))).discrete()
		case kernels.OpNormal:
			t.within(64)
		}
		all = append(all, t)
	}
	return all
}

func countTrials(op kernels.Op) []*trial {
	const last = kernels.CounterBase - 1
	return []*trial{
		newTrial(op, 1).with("counter", values(0, 0)),
		newTrial(op, 3).with("counter", values(7, last-1)),
		newTrial(op, 1).with("counter", values(last, last)),
		newTrial(op, 5*kernels.CounterBase+9).with("counter", values(2, 3)),
		newTrial(op, 0).with("counter", values(2, 3)),
	}
}

func adamTrials(op kernels.Op) []*trial {
	state := values(1e-3, 0.9*0.9, 0.999*0.999)
	var all []*trial
	for _, n := range long {
		t := func() *trial {
			return newTrial(op, n).scalars(0.9, 0.999, 1e-8).with("state", state).with("v", uniform(0.01, 1))
		}
		all = append(all, t().without("scale"), t().with("scale", values(0.3)))
	}
	return all
}

func tickTrials(op kernels.Op) []*trial {
	return []*trial{newTrial(op).scalars(0.9, 0.999).with("state", values(1e-3, 0.5, 0.25))}
}

func polyakTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, n := range long {
		all = append(all, newTrial(op, n).scalars(0.005))
	}
	return all
}

func clipTrials(op kernels.Op) []*trial {
	return []*trial{
		newTrial(op).scalars(0.5).with("q", values(4)), newTrial(op).scalars(0.5).with("q", values(0.01)),
		newTrial(op).scalars(0.5).with("q", values(0)), newTrial(op).scalars(0.5).with("q", constant(float32(math.NaN()))),
	}
}

// newChain is a program whose ops depend on each other, large ones and small ones in turn, so
// that a missing barrier shows.
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
	for range 8 { // again and again, so that steps of different runs meet too
		b.program.Descs = append(b.program.Descs, descs...)
	}
	return b
}

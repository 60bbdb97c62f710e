package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// Case is a Program of one op, alone or in a loop, with an arena to run it on.
type Case struct {
	Name    string
	Program *kernels.Program
	Arena   []float32
}

// randomCases is how many cases of an op have random shapes.
const randomCases = 20

// Cases are the trials of an op that the suite has in a precision, each in a Program of its own, more of random shapes, and loops.
func Cases(op kernels.Op, precision string) (all []Case) {
	add := func(kind string, b *bench) {
		all = append(all, Case{fmt.Sprintf("%s %d of %s", kind, len(all), op), &b.program, b.arena})
	}
	for i, t := range trialsIn(op, precision) {
		b := newBenchOf([]*trial{t}, uint64(op), func(int) bool { return i%2 == 1 || precision != kernels.FP32 })
		add("trial", b)
		if _, ok := penaltyOf[op]; ok && precision != kernels.FP32 && t.desc.Dim[0] > 1 { // random shapes are rarely fit for tensor cores
			add("loop over the batch of trial", b.overBatch())
		}
	}
	r := dice{rand.New(rand.NewPCG(31, uint64(op)))}
	for i := range randomCases {
		add("random trial", newBenchOf([]*trial{cards[op].random(r, op)}, uint64(i), func(int) bool { return i%2 == 1 }))
	}
	loops := newLoopsOf(op)
	for i := 0; i < len(loops.program.Descs); i += 2 { // a header and its body
		one := *loops
		one.program.Descs, one.program.Steps = loops.program.Descs[i:i+2], loops.program.Steps[i:i+2]
		add("loop", &one)
	}
	return all
}

// Together is a Program of all trials of an op in fp32, which touch nothing of each other. Devices may run several in one launch.
func Together(op kernels.Op) Case {
	b := newBench(trialsOf(op), uint64(op))
	return Case{fmt.Sprintf("all trials of %s", op), &b.program, b.arena}
}

// Followed are the trials of an op in fp32, each with a function of its result after it. Devices may run both in one launch.
func Followed(op kernels.Op) (all []Case) {
	for i, t := range trialsOf(op) {
		b := newBenchOf([]*trial{t}, uint64(op), func(int) bool { return i%2 == 1 })
		out := slices.IndexFunc(t.spec().Args, func(a kernels.ArgSpec) bool { return a.Mode != kernels.In })
		n := t.spec().Args[out].Len(&t.desc)
		then := kernels.Desc{Op: kernels.OpUnary, Fn: kernels.FnTanh}
		then.Dim[0], then.Arg[0], then.Arg[1] = n, t.desc.Arg[out], int64(len(b.arena))
		b.program.Descs = append(b.program.Descs, then)
		b.arena = append(b.arena, make([]float32, n)...)
		b.program.Arena = int64(len(b.arena))
		all = append(all, Case{fmt.Sprintf("trial %d of %s, followed by a function", i, op), &b.program, b.arena})
	}
	return all
}

// ManyRows is a net without a loop of so many rows that a device uses its largest blocks, for a wide and for a narrow product.
func ManyRows(rows int64) Case {
	c := &netCase{dice: dice{rand.New(rand.NewPCG(32, uint64(rows)))}, b: &bench{}, scale: 1, rows: rows, times: 1, segments: 1}
	x, y, z := c.input(5), c.temp(65), c.temp(4)
	c.product(x, c.array(x.width*y.width, 1), kernels.FnTanh, nil, y)
	c.product(y, c.array(y.width*z.width, 1), kernels.FnTanh, nil, z)
	c.result(z)
	c.lower()
	c.b.program.Name, c.b.program.Arena = fmt.Sprintf("net of %d rows", rows), int64(len(c.b.arena))
	return Case{c.b.program.Name, &c.b.program, c.b.arena}
}

// trialsIn are the trials of an op in a precision.
func trialsIn(op kernels.Op, precision string) []*trial {
	switch {
	case precision == kernels.FP32:
		return trialsOf(op)
	case slices.Contains(productOps, op):
		return roundedTrials(op)
	}
	return slices.DeleteFunc(newRoundedAttention(math.MaxInt).trials, func(t *trial) bool { return t.desc.Op != op })
}

// OpsIn are the ops that have trials in a precision.
func OpsIn(precision string) []kernels.Op {
	if precision == kernels.FP32 {
		return workOps()
	}
	return append(ProductOps(), kernels.OpAttention, kernels.OpAttentionGrad)
}

// Work is a measure of the time that the case takes: the floats of its arena and its floating-point operations.
func (c *Case) Work() (n int64) {
	for i := range c.Program.Descs {
		n += c.Program.Flops(i)
	}
	return n + int64(len(c.Arena))
}

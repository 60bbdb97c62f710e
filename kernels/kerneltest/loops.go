package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// RunLoops tests the backend that is registered as name on loops with random shapes. Every op is the
// body of some.
func RunLoops(t *testing.T, name string) {
	info, err := kernels.Describe(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range workOps() {
		t.Run(op.String(), func(t *testing.T) {
			b := newLoopsOf(op)
			want := b.reference(t)
			for _, isa := range info.ISAs {
				b.compare(t, name, kernels.Options{Threads: 2, ISA: isa}, want)
			}
		})
	}
}

// newLoopsOf makes loops whose body is one op. Its arguments move from iteration to iteration. If the op
// can accumulate, every second loop sums its results, separately for every segment.
func newLoopsOf(op kernels.Op) *bench {
	const loops, iterations, segments = 4, 5, 2
	r := dice{rand.New(rand.NewPCG(7, uint64(op)))}
	b := &bench{}
	for i := range loops {
		t := cards[op].random(r, op)
		var step kernels.Step
		if t.spec().Accumulates && i%2 == 0 {
			step.Sum = 1
		}
		for a, arg := range t.spec().Args {
			n := arg.Len(&t.desc)
			switch other, shared := t.alias[arg.Name]; {
			case t.desc.Arg[a] == kernels.Absent:
			case shared:
				o := t.index(other)
				t.desc.Arg[a], step.Iteration[a], step.Segment[a] = t.desc.Arg[o], step.Iteration[o], step.Segment[o]
			case step.Sum == 1 && arg.Mode != kernels.In:
				t.desc.Arg[a], step.Segment[a] = b.parts(t, a, segments, r.Rand), n
			default:
				t.desc.Arg[a], step.Iteration[a] = b.parts(t, a, iterations, r.Rand), n
			}
		}
		header := kernels.Desc{Op: kernels.OpLoop}
		header.Dim[kernels.LoopBody], header.Dim[kernels.LoopIterations], header.Dim[kernels.LoopSegments] = 1, iterations, segments
		b.program.Descs = append(b.program.Descs, header, t.desc)
		b.program.Steps = append(b.program.Steps, kernels.Step{}, step)
	}
	b.program.Name, b.program.Arena = fmt.Sprintf("loops of %s", op), int64(len(b.arena))
	return b
}

// parts appends n copies of an argument to the arena, one after the other, and returns the offset of the first.
func (b *bench) parts(t *trial, i, n int, r *rand.Rand) int64 {
	at, a := len(b.arena), t.spec().Args[i]
	for range n {
		x := make([]float32, a.Len(&t.desc))
		t.filler(i)(r, x)
		b.arena = append(b.arena, x...)
	}
	b.guard()
	return int64(at)
}

// filler fills argument i: inputs with random numbers, outputs with NaN, or with random numbers if the op
// reads them.
func (t *trial) filler(i int) filler {
	a := t.spec().Args[i]
	if fill, ok := t.fill[a.Name]; ok {
		return fill
	}
	if a.Mode == kernels.Fresh || a.Mode == kernels.Out && !t.desc.Has(kernels.FlagAccumulate) {
		return constant(float32(math.NaN()))
	}
	return normal(1)
}

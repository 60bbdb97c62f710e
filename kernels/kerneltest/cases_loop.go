package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// loopCase computes y = relu(x w) in tiles of rows, with a local h = relu(x w), and two sums: h^T x and
// the sum of the columns of h. Each has a part for every segment; the parts are added after the loop.
type loopCase struct {
	loopShape
	p     kernels.Program
	arena []float32
	r     *rand.Rand
}

// loopShape: rows of a tile, iterations, segments, columns of x and of h.
type loopShape struct{ tile, iterations, segments, k, n int64 }

var plainLoop = loopShape{tile: 11, iterations: 7, segments: 3, k: 13, n: 35}

// newLoop is a Program that has the same loop twice, so that a missing barrier gives wrong results.
func newLoop(s loopShape, seed uint64) *bench {
	c := &loopCase{loopShape: s, r: rand.New(rand.NewPCG(3, seed))}
	rows := c.tile * c.iterations
	x, w := c.place(rows*c.k, false), c.place(c.k*c.n, false)
	for range 2 {
		y := c.place(rows*c.n, true)
		parts, columns := c.place(c.segments*c.n*c.k, true), c.place(c.segments*c.n, true)
		c.header(5)
		const h = kernels.LocalBase + 3 // not aligned
		c.gemm(x, w, h)
		c.add(kernels.OpCopy, []int64{c.tile, c.n, c.n, c.n}, []int64{h, y}, kernels.Step{Iteration: [kernels.MaxArgs]int64{1: c.tile * c.n}})
		c.weights(h, x, parts)
		c.add(kernels.OpSumCols, []int64{c.tile, c.n, c.n}, []int64{h, columns}, kernels.Step{Segment: [kernels.MaxArgs]int64{1: c.n}, Sum: 1})
		c.add(kernels.OpUnary, []int64{c.tile * c.n}, []int64{h, h}, kernels.Step{}) // the last write to h
		c.total(parts, c.n*c.k)
		c.total(columns, c.n)
	}
	c.p.Name, c.p.Arena, c.p.Local = "loop", int64(len(c.arena)), c.tile*c.n+3
	return &bench{program: c.p, arena: c.arena}
}

// place appends n floats to the arena: random numbers, or NaN for a result.
func (c *loopCase) place(n int64, result bool) int64 {
	at := int64(len(c.arena))
	for range n {
		v := float32(c.r.NormFloat64())
		if result {
			v = float32(math.NaN())
		}
		c.arena = append(c.arena, v)
	}
	return at
}

func (c *loopCase) header(body int64) {
	c.add(kernels.OpLoop, []int64{body, c.iterations, c.segments}, nil, kernels.Step{})
}

func (c *loopCase) add(op kernels.Op, dims, args []int64, step kernels.Step) *kernels.Desc {
	d := kernels.Desc{Op: op}
	copy(d.Dim[:], dims)
	copy(d.Arg[:], args)
	d.Scalar[0] = 1
	c.p.Descs = append(c.p.Descs, d)
	c.p.Steps = append(c.p.Steps, step)
	return &c.p.Descs[len(c.p.Descs)-1]
}

// gemm: h = relu(x w) for a tile of x.
func (c *loopCase) gemm(x, w, h int64) {
	d := c.add(kernels.OpGemm, []int64{c.tile, c.n, c.k, c.k, c.n, c.n, 1},
		[]int64{x, w, kernels.Absent, kernels.Absent, h}, kernels.Step{Iteration: [kernels.MaxArgs]int64{0: c.tile * c.k}})
	d.Fn = kernels.FnReLU
}

// weights: h^T x of a tile, added to the part of the segment.
func (c *loopCase) weights(h, x, parts int64) {
	step := kernels.Step{Iteration: [kernels.MaxArgs]int64{1: c.tile * c.k}, Segment: [kernels.MaxArgs]int64{4: c.n * c.k}, Sum: 1}
	d := c.add(kernels.OpGemm, []int64{c.n, c.k, c.tile, c.n, c.k, c.k, 1},
		[]int64{h, x, kernels.Absent, kernels.Absent, parts}, step)
	d.Flags = kernels.FlagTransA
}

// total adds the parts of all segments.
func (c *loopCase) total(parts, n int64) {
	c.add(kernels.OpSumCols, []int64{c.segments, n, n}, []int64{parts, c.place(n, true)}, kernels.Step{})
}

package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// loopCase is y = relu(x w) in tiles of rows whose h = relu(x w) is local, and the sums h^T x
// and of the columns of h, one part for every segment, added up behind the loop.
type loopCase struct {
	p     kernels.Program
	arena []float32
	r     *rand.Rand
}

const (
	loopTile, loopIterations, loopSegments = 11, 7, 3
	loopK, loopN                           = 13, 35
)

// newLoop is a Program with a loop, twice, so that a missing barrier shows.
func newLoop() *bench {
	c := &loopCase{r: rand.New(rand.NewPCG(3, 3))}
	rows := int64(loopTile * loopIterations)
	x, w := c.place(rows*loopK, false), c.place(loopK*loopN, false)
	for range 2 {
		y := c.place(rows*loopN, true)
		parts, columns := c.place(loopSegments*loopN*loopK, true), c.place(loopSegments*loopN, true)
		c.header(5)
		const h = kernels.LocalBase + 3 // not aligned
		c.gemm(x, w, h)
		c.add(kernels.OpCopy, []int64{loopTile, loopN, loopN, loopN}, []int64{h, y}, kernels.Step{Iteration: [kernels.MaxArgs]int64{1: loopTile * loopN}})
		c.weights(h, x, parts)
		c.add(kernels.OpSumCols, []int64{loopTile, loopN, loopN}, []int64{h, columns}, kernels.Step{Segment: [kernels.MaxArgs]int64{1: loopN}, Sum: 1})
		c.add(kernels.OpUnary, []int64{loopTile * loopN}, []int64{h, h}, kernels.Step{}) // the last word on h
		c.total(parts, loopN*loopK)
		c.total(columns, loopN)
	}
	c.p.Name, c.p.Arena, c.p.Local = "loop", int64(len(c.arena)), loopTile*loopN+3
	return &bench{program: c.p, arena: c.arena}
}

// place makes room for n floats: numbers, or NaN for a result.
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
	c.add(kernels.OpLoop, []int64{body, loopIterations, loopSegments}, nil, kernels.Step{})
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
	d := c.add(kernels.OpGemm, []int64{loopTile, loopN, loopK, loopK, loopN, loopN, 1},
		[]int64{x, w, kernels.Absent, kernels.Absent, h}, kernels.Step{Iteration: [kernels.MaxArgs]int64{0: loopTile * loopK}})
	d.Fn = kernels.FnReLU
}

// weights: h^T x of a tile, added up in the part of the segment.
func (c *loopCase) weights(h, x, parts int64) {
	step := kernels.Step{Iteration: [kernels.MaxArgs]int64{1: loopTile * loopK}, Segment: [kernels.MaxArgs]int64{4: loopN * loopK}, Sum: 1}
	d := c.add(kernels.OpGemm, []int64{loopN, loopK, loopTile, loopN, loopK, loopK, 1},
		[]int64{h, x, kernels.Absent, kernels.Absent, parts}, step)
	d.Flags = kernels.FlagTransA
}

// total adds the parts of all segments.
func (c *loopCase) total(parts, n int64) {
	c.add(kernels.OpSumCols, []int64{loopSegments, n, n}, []int64{parts, c.place(n, true)}, kernels.Step{})
}

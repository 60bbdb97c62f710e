package kerneltest

import (
	"fmt"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// headCase draws many small ops, as in the losses of policies: functions, sums, rows by index, parts of rows side by side.
// Devices run several of them in one launch.
type headCase struct {
	netCase
	pool []*netTensor // the results so far
}

// heads is the number of heads in the suite.
const heads = 8

// actions is the width of rows that have a largest entry.
const actions = 5

var headRows = []int64{1, 2, 31, 120, 240}

// Head is the head with number seed, as a Program with an arena, for tests.
func Head(seed uint64) (*kernels.Program, []float32) {
	b := newHead(seed)
	return &b.program, b.arena
}

// newHead draws a head. Consecutive seeds differ in whether there is a loop.
func newHead(seed uint64) *bench {
	c := &headCase{netCase: netCase{dice: dice{rand.New(rand.NewPCG(22, seed))}, b: &bench{}, scale: 1}}
	c.looped, c.rows, c.times, c.segments = seed%2 == 0, of(c.dice, headRows), 1, 1
	if c.looped {
		c.times = 1 + c.Int64N(4)
		c.segments = 1 + c.Int64N(c.times)
	}
	for _, width := range []int64{1, actions, actions, 42} {
		c.copy(c.input(width), c.temp(width))
	}
	draws := []func(){c.unary, c.unaryGrad, c.binary, c.broadcast, c.concat, c.fill, c.choose, c.logits, c.sums, c.sumRows}
	for range 4 + c.IntN(30) {
		of(c.dice, draws)()
	}
	for _, t := range c.pool {
		if c.odds(3) {
			c.result(t)
		}
	}
	c.lower()
	c.b.program.Name, c.b.program.Arena, c.b.program.Local = fmt.Sprintf("head %d", seed), int64(len(c.b.arena)), c.local
	return c.b
}

// add appends an op; a nil argument is absent.
func (c *headCase) add(d kernels.Desc, dims []int64, args ...*netTensor) {
	copy(d.Dim[:], dims)
	d.Scalar[0], d.Scalar[1] = 0.5, 0.25
	c.ops = append(c.ops, netOp{d, args, nil, -1})
}

func (c *headCase) temp(width int64) *netTensor {
	t := &netTensor{width: width, pitch: width, temp: true}
	c.pool = append(c.pool, t)
	return t
}

// some is a result so far, of a width; 0 for any.
func (c *headCase) some(width int64) *netTensor {
	for {
		if t := of(c.dice, c.pool); width == 0 || t.width == width {
			return t
		}
	}
}

func (c *headCase) unary() {
	x := c.some(0)
	y := x
	if c.odds(2) {
		y = c.temp(x.width)
	}
	d := kernels.Desc{Op: kernels.OpUnary, Fn: of(c.dice, []kernels.Fn{kernels.FnTanh, kernels.FnSigmoid, kernels.FnAffine, kernels.FnClamp})}
	c.add(d, []int64{c.rows * x.width}, x, y)
}

func (c *headCase) unaryGrad() {
	x := c.some(0)
	dy := c.some(x.width)
	c.add(kernels.Desc{Op: kernels.OpUnaryGrad, Fn: kernels.FnTanh}, []int64{c.rows * x.width}, x, x, dy, c.temp(x.width))
}

var headBins = []kernels.Bin{kernels.BinAdd, kernels.BinSub, kernels.BinMin, kernels.BinMax}

// binary is a function of two tensors, as one row or as many.
func (c *headCase) binary() {
	a := c.some(0)
	b, n := c.some(a.width), c.rows*a.width
	dims := []int64{1, n, n, 1, n, 1}
	if c.odds(2) {
		dims = []int64{c.rows, a.width, a.width, 1, a.width, 1}
	}
	c.add(kernels.Desc{Op: kernels.OpBinary, Bin: of(c.dice, headBins)}, dims, a, b, c.temp(a.width))
}

// broadcast is a function of a tensor and one number of each row, or one row for all.
func (c *headCase) broadcast() {
	a, d := c.some(0), kernels.Desc{Op: kernels.OpBinary, Bin: of(c.dice, headBins)}
	if c.odds(2) {
		c.add(d, []int64{c.rows, a.width, a.width, 1, 1, 0}, a, c.some(1), c.temp(a.width))
		return
	}
	c.add(d, []int64{c.rows, a.width, a.width, 1, 0, 1}, a, nil, c.temp(a.width))
	c.ops[len(c.ops)-1].at = map[int]int64{1: c.array(a.width, 1)}
}

// concat copies two tensors side by side, and the second half back.
func (c *headCase) concat() {
	a, b := c.some(0), c.some(0)
	both := c.temp(a.width + b.width)
	if both.width > 100 {
		c.pool = c.pool[:len(c.pool)-1]
		return
	}
	half := &netTensor{width: b.width, pitch: both.width, temp: true, within: both, shift: a.width}
	for _, x := range [][2]*netTensor{{a, both}, {b, half}, {half, c.temp(b.width)}} {
		d := kernels.Desc{Op: kernels.OpCopy}
		c.add(d, []int64{c.rows, min(x[0].width, x[1].width), x[0].pitch, x[1].pitch}, x[0], x[1])
	}
}

// choose takes the largest entry of each row, and gives it back.
func (c *headCase) choose() {
	x, at := c.some(actions), c.temp(1)
	c.add(kernels.Desc{Op: kernels.OpArgMax}, []int64{c.rows, actions}, x, at)
	c.add(kernels.Desc{Op: kernels.OpPick}, []int64{c.rows, actions}, x, at, c.temp(1))
	c.add(kernels.Desc{Op: kernels.OpOneHot}, []int64{c.rows, actions}, at, c.temp(actions))
	c.add(kernels.Desc{Op: kernels.OpPickGrad}, []int64{c.rows, actions}, c.some(1), at, c.temp(actions))
}

func (c *headCase) logits() {
	x, dy, y := c.some(actions), c.some(actions), c.temp(actions)
	c.add(kernels.Desc{Op: kernels.OpLogSoftmax}, []int64{c.rows, actions}, x, nil, y)
	c.add(kernels.Desc{Op: kernels.OpLogSoftmaxGrad}, []int64{c.rows, actions}, y, nil, dy, c.temp(actions))
}

// sums are sums over all numbers and over rows for each segment.
func (c *headCase) sums() {
	x := c.some(0)
	d := kernels.Desc{Op: kernels.OpSumAll, Fn: kernels.FnSquare}
	d.Dim[0], d.Scalar[0] = c.rows*x.width, 0.5
	c.ops = append(c.ops, netOp{d, []*netTensor{x, nil}, map[int]int64{1: c.array(c.segments, 1)}, 1})
	c.columns(x)
}

func (c *headCase) sumRows() {
	x := c.some(0)
	c.add(kernels.Desc{Op: kernels.OpSumRows}, []int64{c.rows, x.width}, x, c.temp(1))
}

func (c *headCase) fill() {
	t := c.temp(1 + c.Int64N(3))
	c.add(kernels.Desc{Op: kernels.OpFill}, []int64{c.rows * t.width}, t)
}

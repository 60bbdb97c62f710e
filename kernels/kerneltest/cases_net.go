package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// netCase draws a small net: some layers forward and, in some nets, the backward pass with the sums of the gradients of
// weights. It may be in a loop. Temporaries reuse the memory of earlier ones that are no longer needed, as in the plan of a
// compiler, so that ops in the wrong order give wrong results.
type netCase struct {
	dice
	b        *bench
	scale    float64 // of all numbers; if it is tiny, products underflow to zeros of either sign
	looped   bool
	backward bool
	rows     int64 // of an iteration
	times    int64 // iterations
	segments int64
	local    int64 // floats
	ops      []netOp
	places   []netPlace // of temporaries
}

// netPlace is the memory of a temporary, and the last op that reads it.
type netPlace struct {
	t    *netTensor
	at   int64
	size int64
	last int
}

// netTensor is rows x width numbers in each iteration; rows are pitch floats apart.
type netTensor struct {
	width, pitch int64
	temp         bool
	at           int64 // offset in the first iteration, once it has a place
	placed       bool
	within       *netTensor // nil, or the tensor whose columns from shift on it is
	shift        int64
}

// whole is the tensor that has the memory of t.
func (t *netTensor) whole() *netTensor {
	if t.within != nil {
		return t.within
	}
	return t
}

// netOp is an op whose arguments have no offsets yet.
type netOp struct {
	d    kernels.Desc
	args []*netTensor // nil: absent, or an argument of fixed
	at   map[int]int64
	sum  int // the argument that is a sum over the iterations, -1 for none
}

var (
	netWidths = []int64{1, 3, 5, 16, 31, 32, 33, 42, 64, 65, 100, 127, 128}
	netRows   = []int64{1, 2, 31, 32, 33, 63, 64, 65, 100}
	// Functions with finite results, and those of them whose gradient a product can apply.
	netFns = []kernels.Fn{
		kernels.FnIdentity, kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid,
		kernels.FnAffine, kernels.FnAbs, kernels.FnClamp, kernels.FnSiLU, kernels.FnGELU, kernels.FnSquare,
	}
	netGrad = netFns[:5]
)

func of[T any](r dice, list []T) T { return list[r.IntN(len(list))] }

// nets is the number of nets in the suite: every kind and depth of newNet.
const nets = 12

// Net is the net with number seed, as a Program with an arena, for tests.
func Net(seed uint64) (*kernels.Program, []float32) {
	b := newNet(seed)
	return &b.program, b.arena
}

// newNet draws a net. Consecutive seeds differ in whether there is a loop, then in whether there is a backward pass, and
// then in depth.
func newNet(seed uint64) *bench { return newNetOf(seed, netWidths, 0) }

// newNetOf draws a net with some widths of layers, whose loop, if it has one, has a number of iterations; 0 for up to three.
func newNetOf(seed uint64, all []int64, times int64) *bench {
	c := &netCase{dice: dice{rand.New(rand.NewPCG(21, seed))}, b: &bench{}, scale: 1}
	if c.odds(4) {
		c.scale = 1e-30
	}
	c.looped, c.backward = seed%2 == 0, seed/2%2 == 0
	c.rows, c.times, c.segments = of(c.dice, netRows), 1, 1
	if c.looped {
		c.times = 1 + c.Int64N(3)
		if times > 0 {
			c.times = times
		}
		c.segments = 1 + c.Int64N(c.times)
	}
	c.layers(2+int(seed/4%3), all)
	c.lower()
	c.b.program.Name, c.b.program.Arena, c.b.program.Local = fmt.Sprintf("net %d", seed), int64(len(c.b.arena)), c.local
	return c.b
}

// layers draws the ops of a net of n layers with some of all widths.
func (c *netCase) layers(n int, all []int64) {
	widths, fns := make([]int64, n+1), make([]kernels.Fn, n+1)
	for i := range widths {
		widths[i], fns[i] = of(c.dice, all), of(c.dice, netFns)
		if c.backward {
			fns[i] = of(c.dice, netGrad)
		}
	}
	if c.odds(9) {
		widths[c.IntN(n+1)] = 129 // too wide for a chain
	}
	acts, weights := []*netTensor{c.input(widths[0])}, []int64{0}
	if c.odds(2) { // a left factor whose memory is reused, too
		acts[0] = c.copied(acts[0])
	}
	for i := 1; i <= n; i++ {
		weights = append(weights, c.array(widths[i-1]*widths[i], 1/math.Sqrt(float64(widths[i-1]))))
		acts = append(acts, c.temp(widths[i]))
		c.product(acts[i-1], weights[i], fns[i], nil, acts[i])
		if i > 1 && c.odds(5) { // another product reads the same tensor
			c.result(c.product(acts[i-1], c.array(widths[i-1]*7, 1), kernels.FnTanh, nil, c.temp(7)))
		}
	}
	c.result(acts[n])
	if c.backward {
		c.gradients(acts, weights, fns)
	}
}

// gradients draws the backward pass after acts, and the order of its ops.
func (c *netCase) gradients(acts []*netTensor, weights []int64, fns []kernels.Fn) {
	n := len(acts) - 1
	dy := c.input(acts[n].width)
	if c.odds(2) {
		dy = c.copied(dy)
	}
	for i := n; i >= 1; i-- {
		var dx *netTensor
		for _, what := range c.Perm(3) {
			switch {
			case what == 0 && i > 1:
				dx = c.product(dy, weights[i], fns[i-1], acts[i-1], c.temp(acts[i-1].width))
			case what == 0 && c.odds(2):
				c.result(c.product(dy, weights[i], kernels.FnIdentity, nil, c.temp(acts[0].width)))
			case what == 1:
				c.weightGradient(acts[i-1], dy)
			case what == 2:
				c.columns(dy)
			}
		}
		dy = dx
	}
}

func (c *netCase) temp(width int64) *netTensor {
	return &netTensor{width: width, pitch: width + c.Int64N(2)*c.pad(), temp: true}
}

// input is a tensor with separate numbers for every iteration.
func (c *netCase) input(width int64) *netTensor {
	return &netTensor{width: width, pitch: width, at: c.array(c.rows*c.times*width, 1), placed: true}
}

// array appends n normal numbers to the arena, every other time at a multiple of four.
func (c *netCase) array(n int64, std float64) int64 {
	for len(c.b.arena)%4 != 0 && c.odds(2) {
		c.b.arena = append(c.b.arena, guardValue)
	}
	at := int64(len(c.b.arena))
	x := make([]float32, n)
	normal(std*c.scale)(c.Rand, x)
	c.b.arena = append(c.b.arena, x...)
	c.b.guard()
	return at
}

// product is y = f(x w + bias), or x w^T f'(aux), where w is [y, x].
func (c *netCase) product(x *netTensor, w int64, f kernels.Fn, aux, y *netTensor) *netTensor {
	d := kernels.Desc{Op: kernels.OpGemm, Fn: f}
	ldb, at := y.width, map[int]int64{1: w}
	if backward := aux != nil || c.backwardOf(x, y, f); backward {
		d.Flags |= kernels.FlagTransB
		ldb = x.width
	}
	if aux != nil {
		d.Flags |= kernels.FlagFnGrad
		y.pitch = aux.pitch
	} else if c.odds(2) {
		at[2] = c.array(y.width, 1)
	}
	if c.odds(6) {
		c.copy(c.input(y.width), y)
		d.Flags |= acc
	}
	copy(d.Dim[:], []int64{c.rows, y.width, x.width, x.pitch, ldb, y.pitch, 1})
	d.Scalar[0], d.Scalar[1] = 0.1, 0.7
	c.ops = append(c.ops, netOp{d, []*netTensor{x, nil, nil, aux, y}, at, -1})
	return y
}

// backwardOf makes some products without a mask read their weights transposed.
func (c *netCase) backwardOf(x, y *netTensor, f kernels.Fn) bool {
	return f == kernels.FnIdentity && c.odds(2)
}

// weightGradient is x^T dy, a sum for each segment.
func (c *netCase) weightGradient(x, dy *netTensor) {
	d := kernels.Desc{Op: kernels.OpGemm, Flags: kernels.FlagTransA}
	copy(d.Dim[:], []int64{x.width, dy.width, c.rows, x.pitch, dy.pitch, dy.width, 1})
	n := x.width * dy.width
	c.ops = append(c.ops, netOp{d, []*netTensor{x, dy, nil, nil, nil}, map[int]int64{4: c.array(n*c.segments, 1)}, 4})
}

func (c *netCase) columns(x *netTensor) {
	d := kernels.Desc{Op: kernels.OpSumCols}
	copy(d.Dim[:], []int64{c.rows, x.width, x.pitch})
	d.Scalar[0] = 1
	c.ops = append(c.ops, netOp{d, []*netTensor{x, nil}, map[int]int64{1: c.array(x.width*c.segments, 1)}, 1})
}

// copied is a copy of x in a temporary; result copies a temporary to the outputs.
func (c *netCase) copied(x *netTensor) *netTensor { return c.copy(x, c.temp(x.width)) }
func (c *netCase) result(x *netTensor)            { c.copy(x, c.input(x.width)) }

func (c *netCase) copy(x, y *netTensor) *netTensor {
	d := kernels.Desc{Op: kernels.OpCopy}
	copy(d.Dim[:], []int64{c.rows, x.width, x.pitch, y.pitch})
	c.ops = append(c.ops, netOp{d, []*netTensor{x, y}, nil, -1})
	return y
}

// lower assigns memory to the temporaries and appends the ops to the Program.
func (c *netCase) lower() {
	if c.looped {
		header := kernels.Desc{Op: kernels.OpLoop}
		header.Dim[kernels.LoopBody], header.Dim[kernels.LoopIterations], header.Dim[kernels.LoopSegments] = int64(len(c.ops)), c.times, c.segments
		c.b.program.Descs, c.b.program.Steps = append(c.b.program.Descs, header), append(c.b.program.Steps, kernels.Step{})
	}
	for i, op := range c.ops {
		for _, t := range op.args {
			if t != nil && !t.whole().placed {
				c.place(i, t.whole())
			}
		}
		d, step := c.located(op)
		c.b.program.Descs = append(c.b.program.Descs, d)
		if c.looped {
			c.b.program.Steps = append(c.b.program.Steps, step)
		}
	}
}

// place assigns memory to the temporary t, the result of op i: that of a temporary that is no longer read, or new memory.
func (c *netCase) place(i int, t *netTensor) {
	size := c.rows * t.pitch
	for n, p := range c.places {
		if p.last < i && p.size >= size && !c.odds(3) {
			t.at, t.placed = p.at, true
			c.places[n] = netPlace{t, p.at, p.size, c.lastUse(t)}
			return
		}
	}
	if c.looped {
		c.local += c.Int64N(2) * c.Int64N(4)
		t.at = kernels.LocalBase + c.local
		c.local += size
	} else {
		t.at = c.array(size, 1)
	}
	t.placed = true
	c.places = append(c.places, netPlace{t, t.at, size, c.lastUse(t)})
}

func (c *netCase) lastUse(t *netTensor) (last int) {
	for i, op := range c.ops {
		for _, a := range op.args {
			if a != nil && a.whole() == t {
				last = i
			}
		}
	}
	return last
}

// located is an op with its offsets, and its Step.
func (c *netCase) located(op netOp) (d kernels.Desc, step kernels.Step) {
	d = op.d
	for a := range op.args {
		d.Arg[a] = kernels.Absent
		if t := op.args[a]; t != nil {
			d.Arg[a] = t.whole().at + t.shift
			if !t.temp {
				step.Iteration[a] = c.rows * t.pitch
			}
		} else if at, ok := op.at[a]; ok {
			d.Arg[a] = at
		}
	}
	if op.sum >= 0 {
		spec, _ := kernels.SpecOf(d.Op)
		step.Sum, step.Segment[op.sum] = 1, spec.Args[op.sum].Len(&d)
	}
	return d, step
}

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Window is the stride and padding of a convolution, equal in all directions.
type Window struct {
	Stride int // number of inputs from one output to the next, at least 1
	Pad    int // number of zeros on each side
	End    int // number of zeros more below and to the right of an image; sequences have none
}

// String is used in the names of ops.
func (w Window) String() string {
	if w.End != 0 {
		return fmt.Sprintf("stride %d pad %d end %d", w.Stride, w.Pad, w.End)
	}
	return fmt.Sprintf("stride %d pad %d", w.Stride, w.Pad)
}

// Conv2D is f(x * w + b), a convolution of images x[B,Y,X,C] with w[KY,KX,C,F] in one op with the
// bias b[F] (may be nil) and f. It returns [B,OY,OX,F] with OY = (Y + 2 Pad + End - KY)/Stride + 1, rounded
// down, and OX likewise. As usual in deep learning, the kernel is not flipped (cross-correlation).
func Conv2D(x, w, b *G.Node, win Window, f Act) *G.Node {
	sx, sw := x.Shape(), w.Shape()
	ok := sx.Dims() == 4 && sw.Dims() == 4 && sx[3] == sw[2]
	if !ok || b != nil && !same(b.Shape(), sw[3:]) {
		fault("Conv2D", "x[B,Y,X,C], w[KY,KX,C,F], b[F]", x, w, b)
	}
	c := newConvolution(sx, sw, win, win)
	c.y = tensor.Shape{sx[0], c.rows, c.columns, sw[3]}
	return c.node(x, w, b, f)
}

// Conv1D is f(x * w + b), a convolution of sequences x[B,T,C] with w[K,C,F]; see [Conv2D].
// It returns [B,OT,F].
func Conv1D(x, w, b *G.Node, win Window, f Act) *G.Node {
	sx, sw := x.Shape(), w.Shape()
	ok := sx.Dims() == 3 && sw.Dims() == 3 && sx[2] == sw[1]
	if !ok || b != nil && !same(b.Shape(), sw[2:]) {
		fault("Conv1D", "x[B,T,C], w[K,C,F], b[F]", x, w, b)
	}
	if win.End != 0 {
		fault(fmt.Sprintf("Conv1D(%s)", win), "end 0", x, w, b)
	}
	// A sequence is an image of one row.
	c := newConvolution(tensor.Shape{sx[0], 1, sx[1], sx[2]}, tensor.Shape{1, sw[0], sw[1], sw[2]}, Window{Stride: 1}, win)
	c.x, c.w, c.y = sx.Clone(), sw.Clone(), tensor.Shape{sx[0], c.columns, sw[2]}
	return c.node(x, w, b, f)
}

// convolution holds the descriptor of the forward op and the shapes of its nodes.
type convolution struct {
	d             kernels.Desc
	win           Window
	x, w, y       tensor.Shape
	rows, columns int // size of the output
}

// newConvolution takes the window along y (down) and the one along x (along).
func newConvolution(x, w tensor.Shape, down, along Window) *convolution {
	c := &convolution{win: along, x: x.Clone(), w: w.Clone()}
	c.d.Op = kernels.OpConv
	for i, n := range append(append([]int{}, x...), w[0], w[1], w[3]) {
		c.d.Dim[i] = int64(n)
	}
	c.d.Dim[kernels.ConvStrideY], c.d.Dim[kernels.ConvPadY] = int64(down.Stride), int64(down.Pad)
	c.d.Dim[kernels.ConvStrideX], c.d.Dim[kernels.ConvPadX] = int64(along.Stride), int64(along.Pad)
	c.d.Dim[kernels.ConvEnd] = int64(along.End)
	rows, columns := c.d.ConvOutput()
	c.rows, c.columns = int(rows), int(columns)
	if along.Stride < 1 || along.Pad < 0 || along.End < 0 || rows < 1 || columns < 1 {
		panic(fmt.Sprintf("op: convolution of %v with %v, %s, has no output", []int(x), []int(w), along))
	}
	if c.winograd() {
		c.d.Flags |= kernels.FlagWinograd
	}
	return c
}

// winograd chooses the form of the convolution and of its gradients: Winograd's where it pays. Then the transforms of the
// pixels take less time than the multiplications that they save: 16 channels are enough, if tiles of 2x2 pixels seldom reach
// beyond the result. The transform of the taps needs a few tiles. The batch has no part in it, so that an image has the same
// bits in every batch.
func (c *convolution) winograd() bool {
	const channels, tiles = 16, 4
	d := &c.d
	covered := (c.rows + 1) / 2 * ((c.columns + 1) / 2)
	return d.Dim[kernels.ConvKY] == kernels.WinogradTaps && d.Dim[kernels.ConvKX] == kernels.WinogradTaps &&
		d.Dim[kernels.ConvStrideY] == 1 && d.Dim[kernels.ConvStrideX] == 1 &&
		min(d.Dim[kernels.ConvC], d.Dim[kernels.ConvF]) >= channels &&
		covered >= tiles && 4*covered*4 <= 5*c.rows*c.columns
}

func (c *convolution) node(x, w, b *G.Node, f Act) *G.Node {
	if f.Fn != kernels.FnIdentity && !f.fromOutput() {
		return Apply(c.node(x, w, b, Identity), f)
	}
	k := &kernel{name: fmt.Sprintf("conv %s %s", c.win, f), out: []tensor.Shape{c.y}, wrt: []bool{true, true}}
	d := c.d
	d.Fn, d.Scalar[0] = f.Fn, f.A
	k.lower = func(e Emitter, in, out []Val) {
		bias := None
		if len(in) == 3 {
			bias = in[2]
		}
		e.Emit(d, in[0], in[1], bias, out[0])
	}
	k.grad = func(in G.Nodes, y, dy *G.Node) G.Nodes {
		dz := applyGrad(f, nil, y, dy)
		g := G.Nodes{c.gradX(dz, in[1]), c.gradW(in[0], dz)}
		if len(in) == 3 {
			g = append(g, SumCols(asMatrix(dz)))
		}
		return g
	}
	if b == nil {
		return k.apply(x, w)
	}
	k.wrt = append(k.wrt, true)
	return k.apply(x, w, b)
}

func (c *convolution) gradX(dy, w *G.Node) *G.Node {
	k := &kernel{name: "convgradx " + c.win.String(), out: []tensor.Shape{c.x}}
	d := c.d
	d.Op = kernels.OpConvGradX
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], None, out[0]) }
	return k.apply(dy, w)
}

func (c *convolution) gradW(x, dy *G.Node) *G.Node {
	k := &kernel{name: "convgradw " + c.win.String(), out: []tensor.Shape{c.w}}
	d := c.d
	d.Op = kernels.OpConvGradW
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], out[0]) }
	return k.apply(x, dy)
}

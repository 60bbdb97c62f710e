package nn

import (
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

// Conv is a convolutional layer act(x * w + b) over images or sequences.
type Conv struct {
	W, B   *Param // [KY, KX, in, out] or [K, in, out]; [out]
	Window op.Window
	Act    op.Act
}

// NewConv2D adds the parameters name.w of shape [KY, KX, in, out] and name.b [out]. The bias starts
// at zero unless init fills biases too (KaimingUniform).
func NewConv2D(p *Params, name string, shape [4]int, win op.Window, a op.Act, init Init) *Conv {
	return newConv(p, name, shape[:], &Conv{Window: win, Act: a}, init)
}

// NewConv1D is NewConv2D for sequences; the weight has the shape [K, in, out].
func NewConv1D(p *Params, name string, shape [3]int, win op.Window, a op.Act, init Init) *Conv {
	return newConv(p, name, shape[:], &Conv{Window: win, Act: a}, init)
}

func newConv(p *Params, name string, shape []int, c *Conv, init Init) *Conv {
	fanIn := 1
	for _, n := range shape[:len(shape)-1] {
		fanIn *= n
	}
	bias := Zeros
	if init.bias {
		bias = init
	}
	c.W = p.add(name+".w", init, fanIn, append([]int{}, shape...)...)
	c.B = p.add(name+".b", bias, fanIn, shape[len(shape)-1])
	return c
}

// Apply returns act(x * w + b): [B,OY,OX,out] for images x[B,Y,X,in], or [B,OT,out] for
// sequences x[B,T,in].
func (c *Conv) Apply(bd *Bound, x *G.Node) *G.Node {
	if len(c.W.shape) == 3 {
		return op.Conv1D(x, bd.Node(c.W), bd.Node(c.B), c.Window, c.Act)
	}
	return op.Conv2D(x, bd.Node(c.W), bd.Node(c.B), c.Window, c.Act)
}

package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Blocks are the cases of "unet-block".
func Blocks() []Case { return []Case{Block(16, 32, 64, 16)} }

// Block is a residual block of a U-Net on B images [size, size, C]: group normalisation in groups,
// SiLU and a convolution 3x3, twice, plus the input; forward, and backward to parameters and input.
func Block(batch, size, channels, groups int) Case {
	return Case{
		Name: "unet-block", Shape: fmt.Sprintf("%dx%d C%d G%d B%d", size, size, channels, groups, batch), Unit: gigaflops, Peer: "unet-block",
		Sizes: map[string]int{"groups": groups}, Goals: map[string]float64{peerTorch: 1.15},
		Open:  func(b kernels.Backend) (Running, error) { return openBlock(b, batch, size, channels, groups) },
		Batch: func(n int) Case { return Block(n, size, channels, groups) },
	}
}

func openBlock(backend kernels.Backend, batch, size, channels, groups int) (Running, error) {
	shape := []int{batch, size, size, channels}
	g, p := newGraph(), nn.NewParams("block")
	x, dy := g.normal("x", shape...), g.normal("dy", shape...)
	y, dx := g.result("y", shape...), g.result("dx", shape...)
	win := op.Window{Stride: 1, Pad: 1}
	var norms [2]*nn.GroupNorm
	var convs [2]*nn.Conv
	for i := range convs {
		norms[i] = nn.NewGroupNorm(p, fmt.Sprintf("norm%d", i+1), channels, groups, op.SiLU)
		convs[i] = nn.NewConv2D(p, fmt.Sprintf("conv%d", i+1), [4]int{3, 3, channels, channels}, win, op.Identity, nn.KaimingUniform)
	}
	g.network(p)
	g.loss = machine.None // the gradient of y is given
	return g.open(backend, "block", func(b *machine.Builder) error {
		f := nn.NewFragment()
		bd := f.Bind(p, g.net)
		in := f.Input(x)
		h := in
		for i := range convs {
			h = convs[i].Apply(bd, norms[i].Apply(bd, h, nil))
		}
		h = op.Add(in, h)
		// The gradient of sum(y dy) with respect to y is dy.
		loss := op.Sum(op.Mul(h, f.Input(dy)))
		if err := f.Gradients(loss, bd, g.adam.Grads(), nn.InputGrad{Of: in, To: dx}); err != nil {
			return err
		}
		f.Output(h, y)
		f.Lower(b)
		return nil
	})
}

package machine_test

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// resnet is a convolution with ReLU, then a residual block of two convolutions.
func resnet(t testing.TB, dt tensor.Dtype) *graph {
	g, rng := G.NewGraph(), rand.New(rand.NewPCG(5, 6))
	in := func(name string, shape ...int) *G.Node { return input(g, dt, rng, name, shape...) }
	x, same := in("x", 2, 5, 4, 3), op.Window{Stride: 1, Pad: 1}
	w1, b1, w2, b2 := in("w1", 3, 3, 3, 4), in("b1", 4), in("w2", 3, 3, 4, 4), in("b2", 4)
	w3, b3, w4 := in("w3", 3, 3, 4, 4), in("b3", 4), in("w4", 3, 3, 4, 2)
	h := op.Conv2D(x, w1, b1, same, op.ReLU)
	h = op.Add(h, op.Conv2D(op.Conv2D(h, w2, b2, same, op.Tanh), w3, b3, same, op.Identity))
	y := op.Conv2D(h, w4, nil, op.Window{Stride: 2, Pad: 1}, op.Sigmoid)
	b := &graph{g: g, loss: op.Mean(op.Square(y)), wrt: G.Nodes{w1, b1, w2, b2, w3, b3, w4}, more: G.Nodes{y}}
	return b.differentiate(t)
}

func init() { graphs["resnet"] = resnet }

// Epilogues of the convolutions add gradients and multiply by slopes.
func TestFusionOfConvolutions(t *testing.T) {
	b := resnet(t, G.Float32)
	p := build(t, b, machine.On(open(t, "ref"))).Program()
	for o, want := range map[kernels.Op]int{
		kernels.OpConv: 4, kernels.OpConvGradX: 3, kernels.OpConvGradW: 4,
		kernels.OpBinary:    1, // the residual, whose term the gradients need too
		kernels.OpUnaryGrad: 1, // the sigmoid, whose gradient comes from the loss
	} {
		if got := count(p, o); got != want {
			t.Errorf("%d %s, want %d in\n%s", got, o, want, p)
		}
	}
	forward, err := machine.New(b.g, machine.On(open(t, "ref")), machine.Outputs(b.more...))
	if err != nil {
		t.Fatal(err)
	}
	if got := count(forward.Program(), kernels.OpBinary); got != 0 {
		t.Errorf("%d additions forward, want the residual in the convolution\n%s", got, forward.Program())
	}
}

// TestConvolutionsChooseTheirForm: a convolution and its gradients have Winograd's form where it pays, by shape alone.
func TestConvolutionsChooseTheirForm(t *testing.T) {
	for _, c := range []struct {
		name          string
		size, in, out int
		kernel        int
		win           op.Window
		winograd      bool
	}{
		{name: "16 channels", size: 4, in: 16, out: 16, kernel: 3, win: op.Window{Stride: 1, Pad: 1}, winograd: true},
		{name: "without padding", size: 6, in: 16, out: 17, kernel: 3, win: op.Window{Stride: 1}, winograd: true},
		{name: "few inputs", size: 4, in: 15, out: 16, kernel: 3, win: op.Window{Stride: 1, Pad: 1}},
		{name: "few outputs", size: 4, in: 16, out: 3, kernel: 3, win: op.Window{Stride: 1, Pad: 1}},
		{name: "tiles half empty", size: 5, in: 16, out: 16, kernel: 3, win: op.Window{Stride: 1, Pad: 1}},
		{name: "few tiles", size: 2, in: 16, out: 16, kernel: 3, win: op.Window{Stride: 1, Pad: 1}},
		{name: "stride", size: 8, in: 16, out: 16, kernel: 3, win: op.Window{Stride: 2, Pad: 1}},
		{name: "other kernel", size: 4, in: 16, out: 16, kernel: 5, win: op.Window{Stride: 1, Pad: 2}},
	} {
		rng, g := rand.New(rand.NewPCG(1, 2)), G.NewGraph()
		x, w := input(g, G.Float32, rng, "x", 1, c.size, c.size, c.in), input(g, G.Float32, rng, "w", c.kernel, c.kernel, c.in, c.out)
		b := &graph{g: g, loss: op.Mean(op.Square(op.Conv2D(x, w, nil, c.win, op.Identity))), wrt: G.Nodes{x, w}}
		p := build(t, b.differentiate(t), machine.On(open(t, "ref"))).Program()
		found := map[kernels.Op]bool{}
		for _, d := range p.Descs {
			if d.Op == kernels.OpConv || d.Op == kernels.OpConvGradX || d.Op == kernels.OpConvGradW {
				found[d.Op] = true
				if d.Has(kernels.FlagWinograd) != c.winograd {
					t.Errorf("%s: Winograd's form of %s is %t", c.name, d.Op, !c.winograd)
				}
			}
		}
		if len(found) != 3 {
			t.Errorf("%s: the program has the convolutions %v, want all three\n%s", c.name, found, p)
		}
	}
}

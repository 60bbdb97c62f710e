package classify

import (
	"fmt"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// widths are the channels of the convolutions. With images of one channel and seven classes a network has 23,975 parameters.
var widths = []int{16, 32, 64}

// perGroup is the number of channels of a group that is normalised.
const perGroup = 4

// network is three times convolution, GroupNorm and ReLU, each convolution but the first halving the size, then the mean
// over all pixels, dropout and a linear layer; see Options.Pooled for the other form.
type network struct {
	pooled  bool
	params  *nn.Params
	convs   []*nn.Conv
	norms   []*nn.GroupNorm
	out     *nn.Linear
	dropout float32
}

// newNetwork is for samples [Y,X,C] or [T,C].
func newNetwork(shape []int, classes int, o *Options) *network {
	n := &network{params: nn.NewParams("classifier"), dropout: float32(o.Dropout), pooled: o.Pooled}
	in := shape[len(shape)-1]
	for i, out := range widths {
		name, win := fmt.Sprintf("conv%d", i), op.Window{Stride: min(2, i+1), Pad: 1}
		if o.Pooled {
			win.Stride = 1
		}
		if len(shape) == 2 {
			n.convs = append(n.convs, nn.NewConv1D(n.params, name, [3]int{3, in, out}, win, op.Identity, nn.KaimingUniform))
		} else {
			n.convs = append(n.convs, nn.NewConv2D(n.params, name, [4]int{3, 3, in, out}, win, op.Identity, nn.KaimingUniform))
		}
		n.norms = append(n.norms, nn.NewGroupNorm(n.params, fmt.Sprintf("norm%d", i), out, out/perGroup, op.ReLU))
		in = out
	}
	if o.Pooled {
		in *= 2
	}
	n.out = nn.NewLinear(n.params, "out", in, classes, op.Identity, nn.KaimingUniform)
	return n
}

// apply returns logits [B, classes] of x[B,...,C]. A counter[2] is that of dropout; nil: nothing is dropped.
func (n *network) apply(bd *nn.Bound, x, counter *nn.Node, seed uint64) *nn.Node {
	for i, c := range n.convs {
		x = n.norms[i].Apply(bd, c.Apply(bd, x), nil)
		if n.pooled && i < len(n.convs)-1 {
			x = halved(x)
		}
	}
	s := x.Shape()
	pixels := 1
	for _, d := range s[1 : len(s)-1] {
		pixels *= d
	}
	h := op.SumGroups(op.Reshape(x, s[0]*pixels, s[len(s)-1]), pixels)
	h = op.Affine(h, 1/float32(pixels), 0)
	if n.pooled {
		h = op.Concat(h, highest(x))
	}
	if counter != nil {
		h = op.Dropout(h, counter, op.Mask{P: n.dropout, Seed: seed, Stream: streamDropout})
	}
	return n.out.Apply(bd, h)
}

// loss is the mean cross-entropy with labels that give the share smooth to all classes alike (Szegedy et al., arXiv
// 1512.00567, section 7).
func loss(logits, labels *nn.Node, smooth float64) *nn.Node {
	logp := op.LogSoftmax(logits, nil)
	hard := op.Affine(op.Mean(op.Pick(logp, labels)), -float32(1-smooth), 0)
	if smooth == 0 {
		return hard
	}
	return op.Add(hard, op.Affine(op.Mean(logp), -float32(smooth), 0))
}

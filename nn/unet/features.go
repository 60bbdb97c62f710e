package unet

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// FeatureWidth is the number of features that Features gives of an image.
func (m *Model) FeatureWidth() (n int) {
	for _, l := range m.config.Levels {
		n += 2 * l.Channels
	}
	return n + 2*m.config.Levels[len(m.config.Levels)-1].Channels
}

// Features appends to the Program: to[B, FeatureWidth] = the means over all pixels of what each level of the encoder and the
// middle of the network put out for batch.X, and the roots of the means of the squares, which show what is in a part of the image
// alone. A denoiser has learnt them without labels of any other task.
func (m *Model) Features(b *machine.Builder, net *nn.Placed, batch Batch, to machine.Tensor) {
	f := nn.NewFragment()
	bd, in := f.Bind(m.params, net), m.input(f, batch)
	m.check(in)
	_, _, ends := m.encode(bd, in.X, m.tell(bd, in), nil)
	var means []*nn.Node
	for _, h := range ends {
		s, n := h.Shape(), pixels(h)
		rows := op.Reshape(h, s[0]*n, s[len(s)-1])
		mean := func(x *nn.Node) *nn.Node { return op.Affine(op.SumGroups(x, n), 1/float32(n), 0) }
		means = append(means, mean(rows), op.Sqrt(mean(op.Square(rows))))
	}
	f.Output(op.Concat(means...), to)
	f.Lower(b)
}

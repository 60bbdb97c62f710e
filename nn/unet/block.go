package unet

import (
	"fmt"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// builder makes the layers of a network. The names of its parameters are those of diffusers' UNet2DModel up to the last
// part; see tensorName.
type builder struct {
	*Config
	p      *nn.Params
	blocks int // residual blocks so far
}

// conv is a convolution of the kernel's width that moves by stride; stride 1 keeps the size, stride 2 halves it.
func (b *builder) conv(name string, in, out, stride int, init nn.Init) *nn.Conv {
	win := op.Window{Stride: stride, Pad: b.Kernel / 2}
	if stride > 1 && b.AtEnd {
		win.Pad, win.End = win.Pad-1, 1
	}
	return b.convOf(name, b.Kernel, in, out, win, init)
}

func (b *builder) convOf(name string, kernel, in, out int, win op.Window, init nn.Init) *nn.Conv {
	if b.Sequence() {
		return nn.NewConv1D(b.p, name, [3]int{kernel, in, out}, win, op.Identity, init)
	}
	return nn.NewConv2D(b.p, name, [4]int{kernel, kernel, in, out}, win, op.Identity, init)
}

func (b *builder) norm(name string, channels int, f op.Act) *nn.GroupNorm {
	n := nn.NewGroupNorm(b.p, name, channels, b.Groups, f)
	n.Eps = b.Eps
	return n
}

func (b *builder) linear(name string, in, out int, f op.Act, init nn.Init) *nn.Linear {
	return nn.NewLinear(b.p, name, in, out, f, init)
}

// residual is h = conv2(dropout(silu(film(norm2(conv1(silu(norm1(x)))))))), y = shortcut(x) + h, where film scales and
// shifts by a projection of the embedding. With addTime the projection is added before norm2 instead.
type residual struct {
	norm1, norm2 *nn.GroupNorm
	conv1, conv2 *nn.Conv
	time         *nn.Linear
	shortcut     *nn.Conv // nil if the number of channels stays
	addTime      bool
	index        int // among the residual blocks of the network
}

func (b *builder) residual(name string, in, out int) *residual {
	width := 2 * out
	if b.AddTime {
		width = out
	}
	r := &residual{
		norm1: b.norm(name+".norm1", in, op.SiLU),
		conv1: b.conv(name+".conv1", in, out, 1, nn.KaimingUniform),
		time:  b.linear(name+".time_emb_proj", b.TimeWidth, width, op.Identity, nn.KaimingUniform),
		norm2: b.norm(name+".norm2", out, op.SiLU),
		conv2: b.conv(name+".conv2", out, out, 1, nn.Zeros), // a block begins as the identity
		index: b.blocks, addTime: b.AddTime,
	}
	if in != out {
		r.shortcut = b.convOf(name+".conv_shortcut", 1, in, out, op.Window{Stride: 1}, nn.KaimingUniform)
	}
	b.blocks++
	return r
}

// apply returns y for x[B,...,C].
func (r *residual) apply(bd *nn.Bound, x *nn.Node, say told, drop *Dropout) *nn.Node {
	h := r.conv1.Apply(bd, r.norm1.Apply(bd, x, nil))
	film := say(r)
	if r.addTime {
		h = op.Add(h, op.Reshape(op.RepeatRows(film, pixels(h)), h.Shape()...))
		film = nil
	}
	h = drop.apply(r.norm2.Apply(bd, h, film), r.index)
	if r.shortcut != nil {
		x = r.shortcut.Apply(bd, x)
	}
	return op.Add(x, r.conv2.Apply(bd, h))
}

// pixels is the number of pixels of an image, or of times of a sequence.
func pixels(x *nn.Node) int {
	n := 1
	for _, d := range x.Shape()[1 : x.Dims()-1] {
		n *= d
	}
	return n
}

// attention is y = x + out(attention of q, k, v), with q, k, v of the pixels of norm(x).
type attention struct {
	norm         *nn.GroupNorm
	q, k, v, out *nn.Linear
	heads        int
}

func (b *builder) attention(name string, channels int) *attention {
	heads := 1
	if b.HeadWidth > 0 {
		heads = channels / b.HeadWidth
	}
	linear := func(part string, init nn.Init) *nn.Linear {
		return b.linear(fmt.Sprintf("%s.%s", name, part), channels, channels, op.Identity, init)
	}
	return &attention{
		norm: b.norm(name+".group_norm", channels, op.Identity), heads: heads,
		q: linear("to_q", nn.KaimingUniform), k: linear("to_k", nn.KaimingUniform), v: linear("to_v", nn.KaimingUniform),
		out: linear("to_out.0", nn.Zeros),
	}
}

func (a *attention) apply(bd *nn.Bound, x *nn.Node) *nn.Node {
	s, n := x.Shape(), pixels(x)
	rows := op.Reshape(a.norm.Apply(bd, x, nil), s[0]*n, s[len(s)-1])
	h := op.SelfAttention(a.q.Apply(bd, rows), a.k.Apply(bd, rows), a.v.Apply(bd, rows), n, a.heads)
	return op.Add(x, op.Reshape(a.out.Apply(bd, h), s...))
}

// twice repeats every pixel in all directions.
func twice(x *nn.Node) *nn.Node {
	s := x.Shape()
	if len(s) == 4 {
		return op.Upsample(x, 2)
	}
	return op.Reshape(op.Concat(x, x), s[0], 2*s[1], s[2]) // [B,T,2C] is [B,2T,C] in memory
}

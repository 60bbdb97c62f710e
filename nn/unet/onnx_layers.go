package unet

import (
	"cmp"
	"math"
	"slices"

	"github.com/gmel-go/gmel/internal/onnx"
	"github.com/gmel-go/gmel/nn"
)

// network is Model.apply; e is the embedding.
func (d *drawing) network(x picture, e string) picture {
	m := d.m
	h := d.conv(m.in, x)
	kept := []picture{h}
	for _, s := range m.down {
		for j := range s.blocks {
			h = d.step(&s, j, h, e)
			kept = append(kept, h)
		}
		if s.resample != nil {
			h = d.conv(s.resample, h)
			kept = append(kept, h)
		}
	}
	for j := range m.middle.blocks {
		h = d.step(&m.middle, j, h, e)
	}
	for _, s := range m.up {
		for j := range s.blocks {
			last := len(kept) - 1
			h = d.step(&s, j, d.concat(h, kept[last]), e)
			kept = kept[:last]
		}
		if s.resample != nil {
			h = d.conv(s.resample, d.twice(h))
		}
	}
	return d.conv(m.out, d.norm(m.outNorm, h, ""))
}

// step is stage.step.
func (d *drawing) step(s *stage, j int, x picture, e string) picture {
	x = d.residual(s.blocks[j], x, e)
	if j < len(s.attentions) {
		x = d.attend(s.attentions[j], x)
	}
	return x
}

func (d *drawing) concat(a, b picture) picture {
	return picture{d.with(map[string]any{"axis": 1}, "Concat", a.name, b.name), a.channels + b.channels, a.size}
}

// conv is a convolution.
func (d *drawing) conv(c *nn.Conv, x picture) picture {
	w := c.Window
	var kernel, strides, begin, end, size []int
	for i, n := range x.size {
		k := c.W.Shape()[i]
		kernel, strides = append(kernel, k), append(strides, w.Stride)
		begin, end = append(begin, w.Pad), append(end, w.Pad+w.End)
		size = append(size, (n+2*w.Pad+w.End-k)/w.Stride+1)
	}
	attributes := map[string]any{"kernel_shape": kernel, "strides": strides, "pads": append(begin, end...)}
	y := d.with(attributes, "Conv", x.name, tensorName(c.W), tensorName(c.B))
	return picture{y, c.B.Shape()[0], size}
}

// norm is a group normalisation; film [batch, 2 channels] scales and shifts, "" does not. Operators of this version have it for
// single channels only, so each group becomes a channel for a moment.
func (d *drawing) norm(n *nn.GroupNorm, x picture, film string) picture {
	unit, zero := d.name(), d.name()
	d.Constant(unit, slices.Repeat([]float32{1}, n.Groups), n.Groups)
	d.Constant(zero, make([]float32, n.Groups), n.Groups)
	grouped := d.reshape(x.name, 0, n.Groups, -1)
	y := d.with(map[string]any{"epsilon": n.Eps}, "InstanceNormalization", grouped, unit, zero)
	y = d.reshape(y, append([]int{0, x.channels}, x.size...)...)
	y = d.op("Mul", y, d.perChannel(tensorName(n.Gamma), 1, x.channels))
	y = d.op("Add", y, d.perChannel(tensorName(n.Beta), 1, x.channels))
	if film != "" {
		split := d.Add("Split", d.name(), film)
		split.Outputs, split.Attributes = append(split.Outputs, d.name()), map[string]any{"axis": 1}
		scale, shift := split.Outputs[0], split.Outputs[1]
		y = d.op("Mul", y, d.op("Add", d.perChannel(scale, 0, x.channels), d.scalar(1)))
		y = d.op("Add", y, d.perChannel(shift, 0, x.channels))
	}
	return picture{d.activated(n, y), x.channels, x.size}
}

// residual is residual.apply.
func (d *drawing) residual(r *residual, x picture, e string) picture {
	h := d.conv(r.conv1, d.norm(r.norm1, x, ""))
	film := d.linear(r.time, e)
	if r.addTime {
		h.name = d.op("Add", h.name, d.perChannel(film, 0, h.channels))
		film = ""
	}
	h = d.conv(r.conv2, d.norm(r.norm2, h, film))
	if r.shortcut != nil {
		x = d.conv(r.shortcut, x)
	}
	return picture{d.op("Add", x.name, h.name), h.channels, h.size}
}

// attend is attention.apply. Pixels are rows in it.
func (d *drawing) attend(a *attention, x picture) picture {
	n, width := x.pixels(), x.channels/a.heads
	normed := d.reshape(d.norm(a.norm, x, "").name, 0, x.channels, n)
	rows := d.reshape(d.transpose(normed, 0, 2, 1), -1, x.channels)
	heads := func(l *nn.Linear, perm ...int) string { // [batch, heads, n, width] in some order
		return d.transpose(d.reshape(d.linear(l, rows), -1, n, a.heads, width), perm...)
	}
	scores := d.op("MatMul", heads(a.q, 0, 2, 1, 3), heads(a.k, 0, 2, 3, 1))
	scores = d.op("Mul", scores, d.scalar(float32(1/math.Sqrt(float64(width)))))
	seen := d.op("MatMul", d.with(map[string]any{"axis": -1}, "Softmax", scores), heads(a.v, 0, 2, 1, 3))
	out := d.linear(a.out, d.reshape(d.transpose(seen, 0, 2, 1, 3), -1, x.channels))
	back := d.transpose(d.reshape(out, -1, n, x.channels), 0, 2, 1)
	return picture{d.op("Add", x.name, d.reshape(back, append([]int{0, x.channels}, x.size...)...)), x.channels, x.size}
}

// twice repeats every pixel in all directions.
func (d *drawing) twice(x picture) picture {
	scales, size := []float32{1, 1}, []int{}
	for _, n := range x.size {
		scales, size = append(scales, 2), append(size, 2*n)
	}
	name := d.name()
	d.Constant(name, scales, len(scales))
	attributes := map[string]any{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
	return picture{d.with(attributes, "Resize", x.name, "", name), x.channels, size}
}

// sizes are numbers as a shape of ONNX.
func sizes(list []int) (shape []any) {
	for _, n := range list {
		shape = append(shape, n)
	}
	return shape
}

// sortConstants orders constants by their names, so that equal networks make equal files.
func sortConstants(list []onnx.Tensor) {
	slices.SortFunc(list, func(a, b onnx.Tensor) int { return cmp.Compare(a.Name, b.Name) })
}

package sample

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/nn/unet"
)

// Streams of random numbers. All noise of an image in an evaluation has one counter.
const (
	ofSampler = iota // at the start, and what the sampler adds
	ofImage          // of the known elements
	ofBack           // of the forward process
	streams
)

// buildStart builds the Program that goes to the first evaluation, gives the image of a request, or none, the noise of the first
// level, and tells the networks all times.
func (s *Sampler) buildStart(l *machine.Layout) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/start", l)
	k, first := &s.mem, s.plan[0].Level
	b.Fill(k.at, 0)
	for _, slope := range k.slopes { // what is multiplied by zero must be finite
		b.Fill(slope, 0)
	}
	if k.base != machine.None {
		b.Fill(k.base, 0)
	}
	s.draw(b, [streams]machine.Tensor{ofSampler: k.noise})
	f := nn.NewFragment()
	f.Output(op.Add(op.Affine(f.Input(k.image), float32(first.Alpha), 0), op.Affine(f.Input(k.noise), float32(first.Sigma), 0)), k.x)
	f.Lower(b)
	for _, t := range k.told {
		t.tell(b)
	}
	return b.Build()
}

// draw fills tensors with noise by their streams, every image by its own counter, and moves the counters on.
func (s *Sampler) draw(b *machine.Builder, noise [streams]machine.Tensor) {
	for i := range s.options.Batch {
		counter := b.Part(s.mem.dice, 2*i, 2)
		for stream, to := range noise {
			if to != machine.None {
				b.Normal(counter, b.Part(to, i*s.pixels, s.pixels), s.options.Seed, uint32(stream))
			}
		}
	}
	b.Binary(kernels.BinAdd, s.mem.dice, s.mem.nextDraw, s.mem.dice)
}

// buildStep builds the Program of one evaluation and the step that follows it.
func (s *Sampler) buildStep(l *machine.Layout, m *unet.Model, t *table) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/step", l)
	if drawn := s.drawn(t); drawn != [streams]machine.Tensor{} {
		s.draw(b, drawn)
	}
	c := t.gather(b, s.mem.table, s.mem.at)
	s.scale(b, c)
	s.evaluate(b, m)
	s.advance(b, c)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: 1}, s.mem.at, s.mem.at)
	return b.Build()
}

// evaluate evaluates the network, and its guide if there is one.
func (s *Sampler) evaluate(b *machine.Builder, m *unet.Model) {
	k, g := &s.mem, s.options.Guide
	for i, batch := range []unet.Batch{k.batch, k.worse}[:len(k.told)] {
		k.told[i].evaluate(b, batch)
	}
	if len(k.told) > 0 {
		return
	}
	m.Evaluate(b, k.net, k.batch)
	if g != nil {
		g.Model.Evaluate(b, k.guide, k.worse)
	}
}

// scale gives the network its input and, unless it has been told, its time.
func (s *Sampler) scale(b *machine.Builder, c coefficients) {
	k, n := &s.mem, s.options.Batch
	f := nn.NewFragment()
	write := func(node *nn.Node, to machine.Tensor, size int) {
		part := b.Part(to, 0, node.Shape()...)
		f.Output(node, part)
		if s.twice() {
			f.Then(func(b *machine.Builder) { b.Copy(part, b.Part(to, n*size, node.Shape()...)) })
		}
	}
	write(c.sum(f).add("in", f.Input(k.x)).sum, k.batch.X, s.pixels)
	if len(k.told) == 0 {
		time := c.of(f, "time")
		if time == nil { // a plan whose times are all zero
			time = op.Affine(f.Input(k.at), 0, 0)
		}
		write(op.Reshape(op.RepeatRows(op.Reshape(time, 1, 1), n), n), k.batch.Time, 1)
	}
	f.Lower(b)
}

// advance computes the estimate, the slope, the base and the next x.
func (s *Sampler) advance(b *machine.Builder, c coefficients) {
	k := &s.mem
	f := nn.NewFragment()
	x := f.Input(k.x)
	raw := c.sum(f).add("skip", x).add("out", s.prediction(f)).sum
	d := raw
	if s.options.Clip > 0 {
		d = op.Apply(raw, op.Clamp(-s.options.Clip, s.options.Clip))
	}
	slopes := []*nn.Node{c.sum(f).add("slope.x", x).add("slope.d", d).add("slope.raw", raw).sum}
	for _, old := range k.slopes {
		slopes = append(slopes, f.Input(old))
	}
	var base *nn.Node
	if k.base != machine.None {
		base = c.combined(f, "base", x, f.Input(k.base), slopes)
	}
	next := c.combined(f, "next", x, base, slopes)
	if c.t.has("noise") {
		next = op.Add(next, c.sum(f).add("noise", f.Input(k.noise)).sum)
	}
	s.keep(b, f, slopes[0], base, s.held(f, c, next))
	f.Lower(b)
}

// drawn are the noises of an evaluation.
func (s *Sampler) drawn(t *table) (noise [streams]machine.Tensor) {
	noise[ofImage], noise[ofBack] = s.mem.ofImage, s.mem.ofBack
	if t.has("noise") {
		noise[ofSampler] = s.mem.noise
	}
	return noise
}

// held puts the known elements of x at the level that is reached, and goes back; see diffusion.Inpaint. A factor that is 0 or 1
// leaves known elements exactly as given at the end.
func (s *Sampler) held(f *nn.Fragment, c coefficients, x *nn.Node) *nn.Node {
	k := &s.mem
	if k.known != machine.None {
		image := c.sum(f).add("known.x", f.Input(k.image))
		if k.ofImage != machine.None {
			image.add("known.noise", f.Input(k.ofImage))
		}
		known := c.sum(f).add("known", f.Input(k.known)).sum
		x = op.Add(op.Mul(x, op.Affine(known, -1, 1)), op.Mul(image.sum, known))
	}
	if k.ofBack != machine.None {
		x = c.sum(f).add("back.x", x).add("back.noise", f.Input(k.ofBack)).sum
	}
	return x
}

// prediction is that of the network, with guidance between its two evaluations.
func (s *Sampler) prediction(f *nn.Fragment) *nn.Node {
	with := f.Input(s.mem.y)
	if !s.guided() {
		return with
	}
	without := f.Input(s.mem.none)
	return op.Add(without, op.Affine(op.Sub(with, without), s.options.Guidance, 0))
}

// combined is a diffusion.Sum.
func (c coefficients) combined(f *nn.Fragment, of string, x, base *nn.Node, slopes []*nn.Node) *nn.Node {
	w := c.sum(f).add(of+".x", x)
	if base != nil {
		w.add(of+".base", base)
	}
	for i, slope := range slopes {
		w.add(slopeName(of, i), slope)
	}
	return w.sum
}

// keep writes what the next step reads, once nothing of this step reads the old values any more.
func (s *Sampler) keep(b *machine.Builder, f *nn.Fragment, slope, base, next *nn.Node) {
	k := &s.mem
	hold := func(n *nn.Node, name string) machine.Tensor {
		t := b.Temp(name, s.options.Batch, s.pixels)
		f.Output(n, t)
		return t
	}
	newest, x := hold(slope, "slope"), hold(next, "next")
	var kept machine.Tensor
	if base != nil {
		kept = hold(base, "base")
	}
	f.Then(func(b *machine.Builder) {
		for i := len(k.slopes) - 1; i > 0; i-- {
			b.Copy(k.slopes[i-1], k.slopes[i])
		}
		if len(k.slopes) > 0 {
			b.Copy(newest, k.slopes[0])
		}
		if base != nil {
			b.Copy(kept, k.base)
		}
		b.Copy(x, k.x)
	})
}

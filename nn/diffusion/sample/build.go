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

// buildStart builds the Program that gives what is in x the noise of the first level, and tells the networks all times.
func (s *Sampler) buildStart(l *machine.Layout) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/start", l)
	k, first := &s.mem, s.plan[0].Level
	s.draw(b, [streams]machine.Tensor{ofSampler: k.noise})
	f, x := nn.NewFragment(), b.Temp("noisy", s.options.Batch, s.pixels)
	f.Output(op.Add(op.Affine(f.Input(k.x), float32(first.Alpha), 0), op.Affine(f.Input(k.noise), float32(first.Sigma), 0)), x)
	f.Then(func(b *machine.Builder) { b.Copy(x, k.x) })
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
		b.Count(counter, 1)
	}
}

// buildStep builds the Program of one evaluation and the step that follows it.
func (s *Sampler) buildStep(l *machine.Layout, m *unet.Model, t *table) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/step", l)
	if drawn := s.drawn(t); drawn != [streams]machine.Tensor{} {
		s.draw(b, drawn)
	}
	s.scale(b, t)
	s.evaluate(b, m)
	s.advance(b, t)
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
func (s *Sampler) scale(b *machine.Builder, t *table) {
	k, n := &s.mem, s.options.Batch
	f := nn.NewFragment()
	rows := op.GatherRows(f.Input(k.table), f.Input(k.at))
	x := t.sum(rows).add("in", f.Input(k.x)).sum
	write := func(node *nn.Node, to machine.Tensor, size int) {
		part := b.Part(to, 0, node.Shape()...)
		f.Output(node, part)
		if s.twice() {
			f.Then(func(b *machine.Builder) { b.Copy(part, b.Part(to, n*size, node.Shape()...)) })
		}
	}
	write(x, k.batch.X, s.pixels)
	if len(k.told) == 0 {
		time := op.Affine(f.Input(k.at), 0, 0) // a plan whose times are all zero
		if c := t.column(rows, "time"); c != nil {
			time = op.Reshape(c, n)
		}
		write(time, k.batch.Time, 1)
	}
	f.Lower(b)
}

// advance computes the estimate, the slope, the base and the next x.
func (s *Sampler) advance(b *machine.Builder, t *table) {
	k := &s.mem
	f := nn.NewFragment()
	rows := op.GatherRows(f.Input(k.table), f.Input(k.at))
	x := f.Input(k.x)
	raw := t.sum(rows).add("skip", x).add("out", s.prediction(f)).sum
	d := raw
	if s.options.Clip > 0 {
		d = op.Apply(raw, op.Clamp(-s.options.Clip, s.options.Clip))
	}
	slopes := []*nn.Node{t.sum(rows).add("slope.x", x).add("slope.d", d).add("slope.raw", raw).sum}
	for _, old := range k.slopes {
		slopes = append(slopes, f.Input(old))
	}
	var base *nn.Node
	if k.base != machine.None {
		base = t.combined(rows, "base", x, f.Input(k.base), slopes)
	}
	next := t.combined(rows, "next", x, base, slopes)
	if t.has("noise") {
		next = op.Add(next, t.sum(rows).add("noise", f.Input(k.noise)).sum)
	}
	s.keep(b, f, slopes[0], base, s.held(f, t, rows, next))
	f.Output(op.Affine(f.Input(k.at), 1, 1), b.Part(k.at, 0, s.options.Batch))
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
func (s *Sampler) held(f *nn.Fragment, t *table, rows, x *nn.Node) *nn.Node {
	k := &s.mem
	if k.known != machine.None {
		image := t.sum(rows).add("known.x", f.Input(k.image))
		if k.ofImage != machine.None {
			image.add("known.noise", f.Input(k.ofImage))
		}
		known := t.sum(rows).add("known", f.Input(k.known)).sum
		x = op.Add(op.Mul(x, op.Affine(known, -1, 1)), op.Mul(image.sum, known))
	}
	if k.ofBack != machine.None {
		x = t.sum(rows).add("back.x", x).add("back.noise", f.Input(k.ofBack)).sum
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
func (t *table) combined(rows *nn.Node, of string, x, base *nn.Node, slopes []*nn.Node) *nn.Node {
	w := t.sum(rows).add(of+".x", x)
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

package sample

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/nn/unet"
)

// stream is the stream of random numbers of all noise.
const stream = 0

// buildStart builds the Program that fills x with the noise of the first level.
func (s *Sampler) buildStart(l *machine.Layout) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/start", l)
	s.draw(b)
	f := nn.NewFragment()
	f.Output(op.Affine(f.Input(s.mem.noise), float32(s.plan[0].Level.Sigma), 0), s.mem.x)
	f.Lower(b)
	return b.Build()
}

// draw fills the noise, every image by its own counter, and moves the counters on.
func (s *Sampler) draw(b *machine.Builder) {
	for i := range s.options.Batch {
		counter := b.Part(s.mem.dice, 2*i, 2)
		b.Normal(counter, b.Part(s.mem.noise, i*s.pixels, s.pixels), s.options.Seed, stream)
		b.Count(counter, 1)
	}
}

// buildStep builds the Program of one evaluation and the step that follows it.
func (s *Sampler) buildStep(l *machine.Layout, m *unet.Model, t *table) (*kernels.Program, error) {
	b := machine.NewBuilder("sample/step", l)
	if t.has("noise") {
		s.draw(b)
	}
	s.scale(b, t)
	m.Evaluate(b, s.mem.net, s.mem.batch)
	s.advance(b, t)
	return b.Build()
}

// scale gives the network its input and its time.
func (s *Sampler) scale(b *machine.Builder, t *table) {
	k, n := &s.mem, s.options.Batch
	f := nn.NewFragment()
	rows := op.GatherRows(f.Input(k.table), f.Input(k.at))
	x := t.sum(rows).add("in", f.Input(k.x)).sum
	time := op.Affine(f.Input(k.at), 0, 0) // a plan whose times are all zero
	if c := t.column(rows, "time"); c != nil {
		time = op.Reshape(c, n)
	}
	write := func(node *nn.Node, to machine.Tensor, size int) {
		part := b.Part(to, 0, node.Shape()...)
		f.Output(node, part)
		if s.guided() {
			f.Then(func(b *machine.Builder) { b.Copy(part, b.Part(to, n*size, node.Shape()...)) })
		}
	}
	write(x, k.batch.X, s.pixels)
	write(time, k.batch.Time, 1)
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
	s.keep(b, f, slopes[0], base, next)
	f.Output(op.Affine(f.Input(k.at), 1, 1), b.Part(k.at, 0, s.options.Batch))
	f.Lower(b)
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

package fit

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Streams of random numbers, each for one purpose. Stream 0 is that of nn/diffusion/sample, which may have the same seed.
const (
	streamPick = iota + 1
	streamLabel
	streamLevel
	streamNoise
	streamVariant
	streamHeldOut
	streamDropout = 16 // and those after it
)

// build builds the Program of one update or, for a rank of a group, two: its part of the gradient, and what follows from the sum
// of all parts.
func (t *Trainer) build(l *machine.Layout) (err error) {
	b := machine.NewBuilder("fit/update", l)
	if err := t.gradient(b); err != nil {
		return err
	}
	if t.own.group != nil {
		if t.program, err = b.Build(); err != nil {
			return err
		}
		b = machine.NewBuilder("fit/step", l)
		t.total(b)
		t.learn(b)
		t.own.step, err = b.Build()
		return err
	}
	t.learn(b)
	t.program, err = b.Build()
	return err
}

// gradient computes the loss and its gradient, of the samples of this rank.
func (t *Trainer) gradient(b *machine.Builder) error {
	k := &t.mem
	t.pick(b)
	if t.options.Tuning != nil {
		t.compare(b)
	} else {
		t.noise(b)
		b.Fill(k.loss.Weight, 1) // EDM's weight, see diffusion.Prediction.EDMWeight
	}
	b.Divide(t.division())
	defer b.Divide(nil)
	return t.model.Gradients(b, k.net, t.adam.Grads(), k.batch, k.loss)
}

// learn moves the parameters by the gradient.
func (t *Trainer) learn(b *machine.Builder) {
	k := &t.mem
	move := t.schedule(b)
	t.adam.Step(b)
	t.approach(b, k.ema, move)
	t.follow(b)
	t.record(b)
	b.Count(k.counter, 1)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: 1}, k.update, k.update)
}

// pick draws the samples of the whole batch and their classes, and takes those of this rank.
func (t *Trainer) pick(b *machine.Builder) {
	k, n, o := &t.mem, t.options.Batch, &t.options
	bound, entry, row := b.Temp("bound", 1), b.Temp("entry", n), b.Temp("row", n)
	b.Fill(bound, float32(k.draws.Len()))
	b.RandInt(bound, k.counter, entry, o.Seed, streamPick)
	b.GatherRows(k.draws, entry, row)
	variant := t.variant(b, row)
	b.GatherRows(k.values, t.own.of(b, variant), k.clean)
	if k.described != machine.None {
		b.GatherRows(k.described, t.own.of(b, variant), k.batch.Augment)
	}
	if k.batch.Class == machine.None {
		return
	}
	label, ones, class := b.Temp("label", n), b.Temp("ones", n), b.Temp("class", n)
	b.GatherRows(k.labels, row, label)
	b.Fill(ones, 1)
	f := nn.NewFragment()
	// Dropout leaves a 0 or something from 1 up, which is clamped to 1.
	told := op.Apply(op.Dropout(f.Input(ones), f.Input(k.counter), op.Mask{P: float32(o.Unlabelled), Seed: o.Seed, Stream: streamLabel}), op.Clamp(0, 1))
	none := float32(t.model.Config().Classes - 1)
	f.Output(op.Affine(op.Mul(told, op.Affine(f.Input(label), 1, -none)), 1, none), class)
	f.Lower(b)
	b.Copy(t.own.of(b, class), k.batch.Class)
}

// variant draws a variant of each sample and returns its place among all of them.
func (t *Trainer) variant(b *machine.Builder, row machine.Tensor) machine.Tensor {
	if t.data.variants() == 1 {
		return row
	}
	n := t.options.Batch
	bound, at := b.Temp("variants", 1), b.Temp("variant", n)
	b.Fill(bound, float32(t.data.variants()))
	b.RandInt(bound, t.mem.counter, at, t.options.Seed, streamVariant)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: float32(t.data.N())}, at, at)
	b.Binary(kernels.BinAdd, at, row, at)
	return at
}

// noise adds noise of a random level to the samples.
func (t *Trainer) noise(b *machine.Builder) {
	k, o := &t.mem, &t.options
	z := b.Temp("z", o.Batch)
	b.Normal(k.counter, z, o.Seed, streamLevel)
	b.Normal(k.counter, k.noise, o.Seed, streamNoise)
	t.corrupt(b, denoising{z: t.own.of(b, z), clean: k.clean, noise: t.own.of(b, k.noise), input: k.batch.X, target: k.loss.Target, time: k.batch.Time})
}

// denoising is a batch to denoise.
type denoising struct {
	z            machine.Tensor // [n] ln(sigma), standardised
	clean, noise machine.Tensor // [n, size]

	input  machine.Tensor // of the network
	target machine.Tensor // of its output
	time   machine.Tensor // [n]
}

// corrupt adds noise to clean samples. It writes what the network reads, and what it should put out: Precondition.At of an
// EDMLevel and its Target, in a form without a difference of nearly equal numbers. With s = DataStd and c = 1 / sqrt(sigma^2 + s^2), the input is c (x + sigma e) and the target c (sigma/s x - s e).
func (t *Trainer) corrupt(b *machine.Builder, d denoising) {
	o, n, size := &t.options, int(d.z.Len()), t.size
	f := nn.NewFragment()
	const s = diffusion.DataStd
	logSigma := op.Affine(f.Input(d.z), float32(o.LevelStd), float32(o.LevelMean))
	sigma := op.Reshape(op.Exp(logSigma), n, 1)
	// c = exp(-ln(sigma^2 + s^2) / 2)
	c := op.Exp(op.Affine(op.Log(op.Affine(op.Square(sigma), 1, s*s)), -0.5, 0))
	x, e := f.Input(d.clean), f.Input(d.noise)
	in := op.Mul(op.Add(x, op.Mul(e, sigma)), c)
	target := op.Mul(op.Sub(op.Mul(x, op.Affine(sigma, 1/s, 0)), op.Affine(e, s, 0)), c)
	f.Output(in, b.Part(d.input, 0, n, size))
	f.Output(target, b.Part(d.target, 0, n, size))
	f.Output(op.Affine(logSigma, 0.25, 0), d.time)
	f.Lower(b)
}

// schedule sets Adam's rate to that of this update and returns the move of the average, [1].
func (t *Trainer) schedule(b *machine.Builder) machine.Tensor {
	row := b.Temp("schedule/row", 1, t.options.columns())
	b.GatherRows(t.mem.schedule, t.mem.update, row)
	t.adam.TakeLR(b, b.Part(row, 0, 1))
	return b.Part(row, 1, 1)
}

// approach moves an average towards the parameters.
func (t *Trainer) approach(b *machine.Builder, average *nn.Placed, move machine.Tensor) {
	net, to := t.mem.net.Flat, average.Flat
	way := b.Temp(to.Name()+"/way", int(to.Len()))
	b.Binary(kernels.BinSub, net, to, way)
	b.Binary(kernels.BinMul, way, move, way)
	b.Binary(kernels.BinAdd, to, way, to)
}

// record adds the loss, the norm of the gradient and 1 to the sums.
func (t *Trainer) record(b *machine.Builder) {
	sums := t.mem.sums
	for i, x := range []machine.Tensor{t.mem.loss.Value, t.adam.Norm()} {
		at := b.Part(sums, i, 1)
		b.Binary(kernels.BinAdd, at, x, at)
	}
	count := b.Part(sums, sumOfUpdates, 1)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: 1}, count, count)
}

// Places in the sums.
const (
	sumOfLoss = iota
	sumOfNorm
	sumOfUpdates
	sumsLen
)

// firstBad returns the first index that is not finite, or -1.
func firstBad(v []float32) int {
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return i
		}
	}
	return -1
}

package fit

import (
	"errors"
	"fmt"
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Tuning are the options of easy consistency tuning (ECT; Geng et al., "Consistency models made easy", arXiv 2406.14548). It
// turns a trained denoiser into a function f(x_t, t) that gives the end of the ODE's path in one evaluation: f of a level t
// is drawn to f of a lower level r of the same path, which gets no gradient. f(x, 0) = x.
type Tuning struct {
	// Gap is d of the first updates: r = t (1 - d (1 + 8 sigmoid(-t))), at least 0.
	Gap float64
	// Stages are parts of the run of equal length. d is halved at the beginning of each but the first.
	Stages int
	// Huber is c of the loss: (sqrt(q + c^2) - c) / out(t)^2 of the mean square q of f(x_t, t) - f(x_r, r) over the values of a
	// sample. By the sum of squares, c is Huber times the root of the number of values.
	Huber float64
}

// TunedDefaults are the options for tuning a trained network. Seed, Updates and Batch remain to be set.
func TunedDefaults() Options {
	o := Defaults()
	o.LR, o.WarmUp, o.EMA, o.LevelMean, o.LevelStd = 4e-4, 50, 0.995, -1.1, 2
	o.Tuning = &Tuning{Gap: 0.25, Stages: 6, Huber: 0.06 / 32}
	return o
}

func (c *Tuning) check() error {
	switch {
	case c == nil:
		return nil
	case !(c.Gap > 0 && c.Gap <= 1):
		return fmt.Errorf("fit: a gap of %g; allowed: above 0, up to 1", c.Gap)
	case c.Stages < 1 || c.Stages > 20:
		return fmt.Errorf("fit: %d stages; allowed: 1 to 20", c.Stages)
	case !(c.Huber > 0) || math.IsInf(c.Huber, 0):
		return errors.New("fit: a constant of the pseudo-Huber loss that is not above 0")
	}
	return nil
}

// gap is d in an update, counted from 0.
func (o *Options) gap(update int) float64 {
	return o.Tuning.Gap / math.Exp2(float64(o.Tuning.Stages*update/o.Updates))
}

// Levels of consistency tuning are those from which samples are drawn, EDM table 1.
const lowestSigma, highestSigma = 0.002, 80

// placeTuning adds what consistency tuning needs beyond denoising.
func (t *Trainer) placeTuning(l *machine.Layout) {
	k := &t.mem
	k.below = k.batch
	k.below.X, k.below.Y = l.Add("below/x", k.batch.X.Shape()...), l.Add("below/y", k.batch.Y.Shape()...)
	k.below.Time = l.Add("below/time", t.own.n)
	k.loss.Scale, k.loss.Huber = l.Add("batch/scale", t.own.n), float32(t.options.Tuning.Huber)
}

// compare prepares the loss of consistency tuning: both inputs, the evaluation at the lower level, and the target. Both
// evaluations share noise and the masks of dropout.
//
// With T_t the target of denoising at t, f(x_t, t) = x + out(t) (F_t - T_t), where F_t is what the network puts out. So
// F_t should be T_t + out(r)/out(t) (F_r - T_r). At r = 0 that is T_t, to the bit.
func (t *Trainer) compare(b *machine.Builder) {
	k, n := &t.mem, t.own.n
	lower, ratio := b.Temp("below/target", n, t.size), b.Temp("below/ratio", n, 1)
	b.Fill(k.loss.Weight, 1) // ECT's weight 1 / out(t)^2 is part of unet.Loss with Scale
	t.pair(b, lower, ratio)
	t.model.EvaluateDropped(b, k.net, k.below, k.loss)
	difference, target := b.Temp("below/difference", n, t.size), b.Part(k.loss.Target, 0, n, t.size)
	b.Binary(kernels.BinSub, b.Part(k.below.Y, 0, n, t.size), lower, difference)
	b.Binary(kernels.BinMul, difference, ratio, difference)
	b.Binary(kernels.BinAdd, target, difference, target)
}

// pair draws levels and noise and writes what both evaluations read, the scale of the loss and the target of denoising at t;
// and to lower and ratio that at r, and out(r)/out(t).
func (t *Trainer) pair(b *machine.Builder, lower, ratio machine.Tensor) {
	k, o, n := &t.mem, &t.options, t.own.n
	z := b.Temp("z", o.Batch)
	b.Normal(k.counter, z, o.Seed, streamLevel)
	b.Normal(k.counter, k.noise, o.Seed, streamNoise)
	gap := t.gap(b)
	f := nn.NewFragment()
	bounds := op.Clamp(float32(math.Log(lowestSigma)), float32(math.Log(highestSigma)))
	logT := op.Apply(op.Affine(f.Input(t.own.of(b, z)), float32(o.LevelStd), float32(o.LevelMean)), bounds)
	x, e := f.Input(k.clean), f.Input(t.own.of(b, k.noise))
	at := newEDM(x, e, op.Reshape(op.Exp(logT), n, 1))
	below := newEDM(x, e, op.Mul(at.sigma, keptShare(at.sigma, f.Input(gap))))
	// The logarithm of r = 0 is not finite. What is told there does not matter, because the ratio is 0.
	logR := op.Log(op.Apply(below.sigma, op.Clamp(lowestSigma, highestSigma)))
	f.Output(at.in(), b.Part(k.batch.X, 0, n, t.size))
	f.Output(below.in(), b.Part(k.below.X, 0, n, t.size))
	f.Output(op.Affine(logT, 0.25, 0), k.batch.Time)
	f.Output(op.Reshape(op.Affine(logR, 0.25, 0), n), k.below.Time)
	f.Output(op.Reshape(at.out(), n), k.loss.Scale)
	f.Output(at.target(), b.Part(k.loss.Target, 0, n, t.size))
	f.Output(below.target(), lower)
	f.Output(op.Div(below.out(), at.out()), ratio)
	f.Lower(b)
}

// gap reads d of this update, [1].
func (t *Trainer) gap(b *machine.Builder) machine.Tensor {
	row := b.Temp("gap/row", 1, scheduleColumns+1)
	b.GatherRows(t.mem.schedule, t.mem.update, row)
	return b.Part(row, scheduleColumns, 1)
}

// keptShare is r / t, [B,1], for the levels t [B,1].
func keptShare(sigma, gap *nn.Node) *nn.Node {
	wider := op.Affine(op.Apply(op.Affine(sigma, -1, 0), op.Sigmoid), 8, 1) // 1 + 8 sigmoid(-t)
	return op.Apply(op.Affine(op.Mul(wider, gap), -1, 1), op.Clamp(0, 1))
}

// edm is EDM's preconditioning at the levels of a batch, by x and e of Trainer.noise.
type edm struct{ sigma, c, x, e *nn.Node }

func newEDM(x, e, sigma *nn.Node) edm {
	const s = diffusion.DataStd
	return edm{sigma, op.Exp(op.Affine(op.Log(op.Affine(op.Square(sigma), 1, s*s)), -0.5, 0)), x, e}
}

// in is the input of the network, [B,size].
func (p edm) in() *nn.Node { return op.Mul(op.Add(p.x, op.Mul(p.e, p.sigma)), p.c) }

// out is the scale of its output, [B,1].
func (p edm) out() *nn.Node { return op.Mul(op.Affine(p.sigma, diffusion.DataStd, 0), p.c) }

// target is that of denoising, [B,size].
func (p edm) target() *nn.Node {
	const s = diffusion.DataStd
	return op.Mul(op.Sub(op.Mul(p.x, op.Affine(p.sigma, 1/s, 0)), op.Affine(p.e, s, 0)), p.c)
}

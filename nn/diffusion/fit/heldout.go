package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/nn/unet"
)

// Denoisings of one evaluation on held-out samples, and of one batch of it. Their number does not depend on the set, so a small
// part of a set is denoised at many levels.
const (
	heldOutRows  = 256
	heldOutBatch = 32
)

// heldOut is the memory of the loss on held-out samples.
type heldOut struct {
	program *kernels.Program // of one batch; nil without held-out samples

	values  machine.Tensor // [heldOutRows, size]
	labels  machine.Tensor // [heldOutRows, 1]; None without classes
	levels  machine.Tensor // [heldOutRows, 1] ln(sigma), standardised
	at      machine.Tensor // [heldOutBatch] rows of the next batch
	counter machine.Tensor // [2] of the noise
	batch   unet.Batch
	sum     machine.Tensor // [1] of the losses of the batches
}

func (t *Trainer) placeHeldOut(l *machine.Layout) {
	h := &t.mem.heldOut
	h.values, h.levels = l.Add("held_out/data", heldOutRows, t.size), l.Add("held_out/levels", heldOutRows, 1)
	h.at, h.counter, h.sum = l.Add("held_out/at", heldOutBatch), l.Add("held_out/counter", 2), l.Add("held_out/sum", 1)
	h.batch = t.model.Place(l, "held_out", heldOutBatch)
	if h.batch.Class != machine.None {
		h.labels = l.Add("held_out/classes", heldOutRows, 1)
	}
}

// buildHeldOut builds the Program that adds the loss of one batch. It shares nothing with that of an update but the average of
// the parameters, which it reads.
func (t *Trainer) buildHeldOut(l *machine.Layout) (*kernels.Program, error) {
	h, b := &t.mem.heldOut, machine.NewBuilder("fit/held out", l)
	z, clean := b.Temp("held_out/z", heldOutBatch), b.Temp("held_out/clean", heldOutBatch, t.size)
	noise, target := b.Temp("held_out/noise", heldOutBatch, t.size), b.Temp("held_out/target", h.batch.Y.Shape()...)
	b.GatherRows(h.levels, h.at, z)
	b.GatherRows(h.values, h.at, clean)
	if h.batch.Class != machine.None {
		b.GatherRows(h.labels, h.at, h.batch.Class)
	}
	b.Normal(h.counter, noise, heldOutSeed, streamHeldOut)
	t.corrupt(b, denoising{z: z, clean: clean, noise: noise, input: h.batch.X, target: target, time: h.batch.Time})
	t.model.Evaluate(b, t.mem.ema, h.batch)
	f, loss := nn.NewFragment(), b.Temp("held_out/loss")
	f.Output(op.Mean(op.Square(op.Sub(f.Input(h.batch.Y), f.Input(target)))), loss)
	f.Lower(b)
	b.Binary(kernels.BinAdd, h.sum, loss, h.sum)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: heldOutBatch}, h.at, h.at)
	b.Count(h.counter, 1)
	return b.Build()
}

// heldOutSeed is the seed of the noise, which is the same in runs of every seed, so that their losses can be compared.
const heldOutSeed = 1

// fill uploads the held-out samples: rows evenly over their table of draws, each with its own level. The levels are evenly
// spaced quantiles of those of training, so their mean loss has little noise.
func (h *heldOut) fill(s *machine.Session, d *Data) error {
	if h.program == nil {
		return nil
	}
	var values, labels, levels []float32
	for i, draw := range spread(d.draws(), heldOutRows) {
		row := int(draw)
		values = append(values, d.Values[row*d.Size():][:d.Size()]...)
		if d.Class != nil {
			labels = append(labels, float32(d.Class[row]))
		}
		const stride = 157 // has no divisor in common with the number of rows, so that neighbours have unlike levels
		quantile := (float64(i*stride%heldOutRows) + 0.5) / heldOutRows
		levels = append(levels, float32(math.Sqrt2*math.Erfinv(2*quantile-1)))
	}
	err := errors.Join(s.Upload(h.values, values), s.Upload(h.levels, levels))
	if d.Class != nil {
		err = errors.Join(err, s.Upload(h.labels, labels))
	}
	return err
}

// spread takes n entries evenly from a table.
func spread(table []float32, n int) []float32 {
	some := make([]float32, n)
	for i := range some {
		some[i] = table[i*len(table)/n]
	}
	return some
}

// HeldOutLoss is the loss of the average of the parameters on held-out samples, without dropout: always of the same samples,
// noise and levels. It falls while the network learns what the samples have in common, and rises once it learns those of
// training by heart. Training does not depend on it.
func (t *Trainer) HeldOutLoss() (float64, error) {
	h := &t.mem.heldOut
	rows := make([]float32, heldOutBatch)
	for i := range rows {
		rows[i] = float32(i)
	}
	const batches = heldOutRows / heldOutBatch
	err := errors.Join(t.session.Upload(h.at, rows), t.session.Upload(h.counter, make([]float32, 2)), t.session.Upload(h.sum, make([]float32, 1)),
		t.session.Repeat(h.program, batches))
	if err != nil {
		return 0, fmt.Errorf("fit: %w", err)
	}
	sum, err := t.read(h.sum)
	return float64(sum[0]) / batches, err
}

// checkHeldOut is an error unless the held-out samples are like those of training.
func (d *Data) checkHeldOut(c unet.Config) error {
	if d.HeldOut == nil {
		return nil
	}
	if !slices.Equal(d.HeldOut.Shape, d.Shape) {
		return fmt.Errorf("fit: held-out samples %v beside samples %v", d.HeldOut.Shape, d.Shape)
	}
	c.Augment = 0 // they are not varied
	if err := d.HeldOut.check(&c); err != nil {
		return fmt.Errorf("fit: held-out samples: %w", err)
	}
	return nil
}

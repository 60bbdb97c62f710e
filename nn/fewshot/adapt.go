package fewshot

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// How a generator is adapted to the k images.
const (
	adaptBatch    = 32
	adaptRate     = 1e-3
	adaptWarmUp   = 20
	adaptEMA      = 0.99
	classFactor   = 10   // times the rate, for the embedding of classes
	rowNoise      = 0.5  // deviation of the rows of rare classes around the mean of the others: equal rows would stay equal
	tunedGap      = 1e-2 // of a generator for few evaluations: near that of the end of its tuning, .25 / 2^5
	variants      = 16   // of each image
	rareRepeats   = 8    // of each rare image, so that it has more variants
	samplerSteps  = 10   // of iPNDM
	tunedSteps    = 2    // of consistency sampling
	samplesAtOnce = 32
	guideWeight   = 1.5 // of the network over its guide
)

// checkGenerator is an error unless a generator is for a task: trained on its other classes, in samples of its shape, and on nothing of
// its rare classes.
func (t *Task) checkGenerator(g *run.Network) error {
	d := g.Data
	if !slices.Equal(d.Shape, t.Set.Shape) {
		return train.Usagef("the generator makes samples %v, and those of %s are %v; allowed: equal sizes", d.Shape, t.Set.Name, t.Set.Shape)
	}
	for _, name := range d.Classes {
		class, err := t.Set.ClassNamed(name)
		if err != nil {
			return train.Usagef("the generator: %w", err)
		}
		if t.isRare(class) {
			return train.Usagef("the generator was trained on the rare class %q; allowed: a run without it, by data.classes", name)
		}
	}
	return nil
}

// adapted is a generator that has seen the images of a draw.
type adapted struct {
	*run.Network
	model *unet.Model
	flat  []float32
	early []float32     // the same after a quarter of the adaptation
	guide *sample.Guide // of samples; nil: none
}

// guided is the generator with itself of an earlier time as its guide.
func (a *adapted) guided() *adapted {
	to := *a
	to.guide = &sample.Guide{Model: a.model, Flat: a.early}
	return &to
}

// guidance is the weight of the difference to the guide; 1: there is none.
func (a *adapted) guidance() float32 {
	if a.guide == nil {
		return 1
	}
	return guideWeight
}

// adapt trains a generator of the other classes on the images of a draw, half of each batch rare.
func (m *material) adapt(ctx context.Context, backend kernels.Backend, g *run.Network, updates int) (_ *adapted, err error) {
	c := g.Model.Config()
	c.Classes = len(m.task.Set.Classes) + 1 // the last one stands for none
	a := &adapted{Network: g}
	if a.model, err = unet.New("net", c); err != nil {
		return nil, err
	}
	t, err := fit.Plan(backend, a.model, m.adaptData(g, c.Augment > 0), adaptOptions(g.Tuned, m.seed, updates))
	if err != nil {
		return nil, err
	}
	if err := t.Open(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.Begin(m.begin(g, a.model)); err != nil {
		return nil, err
	}
	for update := range updates {
		if err := errors.Join(ctx.Err(), t.Step(ctx)); err != nil {
			return nil, err
		}
		if update == updates/4 {
			if a.early, err = t.Average(); err != nil {
				return nil, err
			}
		}
	}
	a.flat, err = t.Average()
	return a, err
}

func adaptOptions(tuned bool, seed uint64, updates int) fit.Options {
	o := fit.Defaults()
	o.LR = adaptRate
	if tuned {
		o = fit.TunedDefaults()
		o.Tuning.Gap, o.Tuning.Stages = tunedGap, 1
	}
	o.Seed, o.Updates, o.Batch, o.WarmUp, o.EMA, o.ClassFactor = seed, updates, adaptBatch, adaptWarmUp, adaptEMA, classFactor
	return o
}

// begin are the parameters of a generator in a network with all classes of the task: rows of rare classes are the mean of the
// others with noise.
func (m *material) begin(g *run.Network, to *unet.Model) []float32 {
	flat := make([]float32, to.Params().Len())
	from := g.Model.Params().List()
	for i, q := range to.Params().List() {
		if q != to.ClassTable() {
			copy(q.Of(flat), from[i].Of(g.Flat))
		}
	}
	table, old := to.ClassTable(), g.Model.ClassTable()
	width, known := table.Shape()[1], len(g.Data.Classes)
	rows, oldRows := table.Of(flat), old.Of(g.Flat)
	mean := make([]float64, width)
	for i, v := range oldRows[:known*width] {
		mean[i%width] += float64(v) / float64(known)
	}
	for class, name := range m.task.Set.Classes {
		row := rows[class*width:][:width]
		if at := slices.Index(g.Data.Classes, name); at >= 0 {
			copy(row, oldRows[at*width:])
			continue
		}
		r := rand.New(philox.NewSource(m.seed, uint64(class)))
		for i := range row {
			row[i] = float32(mean[i] + rowNoise*r.NormFloat64())
		}
	}
	copy(rows[len(m.task.Set.Classes)*width:], oldRows[known*width:]) // the row for none
	return flat
}

// adaptData are the images of a draw as the generator was trained: standardised, mirrored and moved alike.
func (m *material) adaptData(g *run.Network, described bool) *fit.Data {
	set, d := m.task.Set, &fit.Data{Shape: m.task.Set.Shape, Variants: g.Vary.Flips()}
	if g.Vary.Moves() {
		d.Variants = variants
	}
	byClass := make([][]int, len(set.Classes))
	for _, row := range m.rows {
		class, repeats := set.Class[row], 1
		if m.task.isRare(class) {
			repeats = rareRepeats
		}
		for range repeats {
			byClass[class] = append(byClass[class], len(d.Class))
			d.Class = append(d.Class, class)
			d.Values = append(d.Values, set.Sample(row)...)
		}
	}
	g.Data.Standard.Apply(d.Values, d.Values)
	var told []float32
	d.Values, told = g.Vary.Variants(d.Values, set.Shape, d.Variants, m.seed)
	if described {
		d.Described = told
	}
	rare := len(m.task.Rare)
	for class, list := range byClass {
		n := entries / 2 / (len(set.Classes) - rare)
		if m.task.isRare(class) {
			n = entries / 2 / rare
		}
		d.Draws = append(d.Draws, evenly(list, n)...)
	}
	return d
}

// noisePlan is how samples are drawn from noise.
func (a *adapted) noisePlan() (diffusion.Plan, error) {
	if a.Tuned {
		return a.Plan("consistency", tunedSteps)
	}
	return a.Plan("ipndm", samplerSteps)
}

// draw draws a sample of each class by a plan, from noise or from images in the units of the set; nil: from noise.
func (a *adapted) draw(ctx context.Context, backend kernels.Backend, plan diffusion.Plan, made *dataset.Set, seed uint64) (err error) {
	size := made.Size()
	s := sample.NewBuckets(backend, a.model, a.flat, plan, sample.Options{
		Batch: samplesAtOnce, Predict: diffusion.PredictEDM, Seed: seed, Guidance: a.guidance(), Guide: a.guide,
	})
	defer func() { err = errors.Join(err, s.Close()) }()
	from := made.Values // nil: noise
	made.Values = make([]float32, made.N()*size)
	return s.Draw(ctx, made.Class, func(r *sample.Request, n int) {
		if from != nil {
			r.Image = make([]float32, n*size)
			a.Data.Standard.Apply(r.Image, from[r.First*size:][:n*size])
		}
	}, func(first int, x []float32) error {
		to := made.Values[first*size:][:len(x)]
		a.Data.Standard.Back(to, x)
		for i, v := range to {
			to[i] = max(made.Low, min(made.High, v))
		}
		return nil
	})
}

package run

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// generator draws samples from a network.
type generator struct {
	model  *unet.Model
	flat   []float32 // parameters
	data   *Description
	from   string        // path of the checkpoint; "": of none
	update int           // of the checkpoint; 0 in a run
	guide  *sample.Guide // nil: none
	edit   *edit         // nil: samples come from noise alone
	film   *film         // nil: samples are not watched
}

// network builds the network for a set.
func network(c *Config, d *Description) (*unet.Model, error) {
	n := len(d.Shape)
	u, err := unet.Preset(c.Model.Size, d.Shape[:n-1], d.Shape[n-1], len(d.Classes))
	if err != nil {
		return nil, train.Usagef("%s: %w", c.Data.sizes(), err)
	}
	u.Dropout = float32(c.Train.Dropout)
	if c.Data.tells() {
		u.Augment = dataset.AugmentValues
	}
	return unet.New("net", u)
}

// atOnce is the largest number of samples of a batch. A sample is the same in every batch.
const atOnce = 32

// request says what to draw, and how.
type request struct {
	sample   *Sample
	seed     uint64
	classes  []int // of each sample
	progress func(done, total int)
}

// plan is a sampler with its levels.
func (g *generator) plan(s *Sample) (diffusion.Plan, error) {
	return g.edit.plan(s.Sampler, s.levels())
}

// sampler plays a plan on a batch of samples.
func (g *generator) sampler(backend kernels.Backend, s *Sample, plan diffusion.Plan, batch int, seed uint64) (*sample.Sampler, error) {
	return sample.New(backend, g.model, g.flat, plan, g.options(s, batch, seed))
}

func (g *generator) options(s *Sample, batch int, seed uint64) sample.Options {
	return sample.Options{Batch: batch, Predict: diffusion.PredictEDM, Seed: seed, Guidance: float32(s.Guidance), Guide: g.guide}
}

// draw draws a sample of each class in the list, as a set in the units of the one that was trained on. Equal seeds give
// equal samples, whatever the backend.
func (g *generator) draw(ctx context.Context, backend kernels.Backend, r request) (_ *dataset.Set, err error) {
	total := len(r.classes)
	plan, err := g.plan(r.sample)
	if err == nil && g.film != nil {
		err = g.film.begin(plan, total)
	}
	if err != nil {
		return nil, err
	}
	buckets := sample.NewBuckets(backend, g.model, g.flat, plan, g.options(r.sample, min(atOnce, total), r.seed))
	defer func() { err = errors.Join(err, buckets.Close()) }()
	drawn := g.data.set()
	err = buckets.Draw(ctx, r.classes, func(to *sample.Request, n int) {
		to.Watch = g.film.watch(n)
		g.edit.fill(to, n)
	}, func(first int, x []float32) error {
		if g.data.Equaliser != nil {
			g.data.Equaliser.Back(x)
		}
		g.data.Standard.Back(x, x)
		drawn.Values = append(drawn.Values, x...)
		n := len(x) / drawn.Size()
		drawn.Class = append(drawn.Class, r.classes[first:][:n]...)
		r.progress(first+n, total)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return drawn, nil
}

// each lists n of every class.
func each(classes []string, n int) (list []int) {
	for class := range classes {
		for range n {
			list = append(list, class)
		}
	}
	return list
}

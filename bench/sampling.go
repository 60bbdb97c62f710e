package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
)

// sampling draws images by UNet-lite.
type sampling struct {
	*sample.Sampler
	request sample.Request
	given   []Array
	found   []Array // the images of request
}

func openSampling(backend kernels.Backend, size string, side, batch int) (_ Running, err error) {
	m, flat, err := newUNet(size, side, 0)
	if err != nil {
		return nil, err
	}
	plan := diffusion.IPNDM(append(diffusion.Karras(evaluations, 0.002, 80, 7), diffusion.Clean))
	r := &sampling{}
	r.request.Classes = choices("class", batch, imageClasses)
	o := sample.Options{Batch: batch, Predict: diffusion.PredictEDM, Seed: seed, Guidance: 1}
	if r.Sampler, err = sample.New(backend, m, flat, plan, o); err != nil {
		return nil, err
	}
	start, err := r.Noise(r.request)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	drawn, err := r.Sampler.Run(r.request)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	shape := []int{batch, side, side, 1}
	r.given = append(weights("", m, flat), planOf(plan, o.Predict), Array{"start", shape, start}, vector("class", r.request.Classes...))
	r.found = []Array{{"images", shape, drawn}}
	return r, nil
}

// planOf has a row for each evaluation: in, time, skip and out of diffusion.Precondition; the factors of x and of the estimate in
// the slope; those of x and of the slopes, newest first, in the next x.
func planOf(plan diffusion.Plan, predict diffusion.Prediction) Array {
	var rows []float32
	for _, e := range plan {
		c := predict.At(e.Level)
		for _, v := range append([]float64{c.In, c.Time, c.Skip, c.Out, e.Slope.X, e.Slope.D, e.Next.X}, e.Next.Slope[:]...) {
			rows = append(rows, float32(v))
		}
	}
	return Array{"plan", []int{len(plan), len(rows) / len(plan)}, rows}
}

// Run implements Running: n evaluations.
func (r *sampling) Run(n int) error { return r.Play(n) }

// Program implements Running.
func (r *sampling) Program() *kernels.Program { return r.Step() }

// resident is the size of what outlives an evaluation.
func (r *sampling) resident() int64 { return r.Persistent() }

// Given implements Running: parameters, the plan, the noise and the classes to start from.
func (r *sampling) Given() ([]Array, error) { return r.given, nil }

// Found implements Running: the images.
func (r *sampling) Found() ([]Array, error) { return r.found, nil }

// State implements Running: the images of a whole plan after what was done.
func (r *sampling) State() ([]Array, error) {
	x, err := r.Sampler.Run(r.request)
	if err != nil {
		return nil, err
	}
	return []Array{{"images", r.found[0].Shape, x}}, nil
}

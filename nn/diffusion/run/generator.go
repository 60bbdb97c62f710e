package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/unet"
)

// generator draws samples from a network.
type generator struct {
	model *unet.Model
	flat  []float32 // parameters
	data  *Description
}

// network builds the network for a set.
func network(c *Config, d *Description) (*unet.Model, error) {
	n := len(d.Shape)
	u, err := unet.Preset(c.Model.Size, d.Shape[:n-1], d.Shape[n-1], len(d.Classes))
	if err != nil {
		return nil, usagef("data.height, data.width: %w", err)
	}
	u.Dropout = float32(c.Train.Dropout)
	return unet.New("net", u)
}

// Noise levels of sampling, EDM table 1.
const (
	lowestSigma, highestSigma = 0.002, 80
	rho                       = 7
)

// atOnce is the number of samples of a batch. A sample is the same in every batch.
const atOnce = 32

// draw draws a sample of each class in the list. Equal seeds give equal samples, whatever the backend.
func (g *generator) draw(ctx context.Context, backend kernels.Backend, s *Sample, seed uint64, classes []int, progress func(done, total int)) (pictures []image.Image, err error) {
	levels := append(diffusion.Karras(s.Steps, lowestSigma, highestSigma, rho), diffusion.Clean)
	plan, err := diffusion.SamplerByName(s.Sampler, levels)
	if err != nil {
		return nil, err
	}
	batch := min(atOnce, len(classes))
	sampler, err := sample.New(backend, g.model, g.flat, plan, sample.Options{Batch: batch, Predict: diffusion.PredictEDM, Seed: seed, Guidance: float32(s.Guidance)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sampler.Close()) }()
	for first := 0; first < len(classes); first += batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		asked := make([]float32, batch) // the last batch may draw some for nothing
		for i := range min(batch, len(classes)-first) {
			asked[i] = float32(classes[first+i])
		}
		x, err := sampler.Run(sample.Request{First: first, Classes: asked})
		if err != nil {
			return nil, err
		}
		size := len(x) / batch
		for i := range min(batch, len(classes)-first) {
			p, err := g.data.Standard.Picture(x[i*size:][:size], g.data.Shape)
			if err != nil {
				return nil, err
			}
			pictures = append(pictures, p)
		}
		progress(len(pictures), len(classes))
	}
	return pictures, nil
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

// grid is a PNG of pictures in rows.
func grid(pictures []image.Image, columns int) ([]byte, error) {
	return encode(dataset.Grid(pictures, columns))
}

func encode(p image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		return nil, fmt.Errorf("the picture: %w", err)
	}
	return b.Bytes(), nil
}

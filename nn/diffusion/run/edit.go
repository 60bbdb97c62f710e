package run

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
)

// Edit is an image from which samples begin, or of which they keep a part.
type Edit struct {
	Image string // file; "": samples begin from noise alone
	// Strength is the share of the sampler's steps that are played. The image gets the noise at which these begin (Meng et al., "SDEdit",
	// arXiv 2108.01073): a small share changes it little, and with 1 samples begin from noise alone. 0: DefaultStrength, and 1 with a mask.
	Strength float64
	Mask     string // file of the same size: what is white is drawn anew, and what is black is kept; "": all is drawn anew
	// Resample is how often each step is played with a mask; see diffusion.Inpaint. 0: DefaultResample.
	Resample int
}

// Defaults of Edit.
const (
	DefaultStrength = 0.4 // noise of about the deviation of the data
	DefaultResample = 5
)

// check reports the options that are not allowed.
func (e *Edit) check() error {
	v := setting.NewChecker("")
	v.Require(e.Strength >= 0 && e.Strength <= 1, "--strength", e.Strength, "above 0, up to 1")
	v.Count("--resample", e.Resample, 0, 100)
	v.Require(e.Strength == 0 || e.Image != "", "--strength", e.Strength, "with --init alone: it says how much an image changes")
	v.Require(e.Mask == "" || e.Image != "", "--mask", e.Mask, "with --init alone: it says which part of an image is drawn anew")
	v.Require(e.Resample == 0 || e.Mask != "", "--resample", e.Resample, "with --mask alone: it is for what joins a kept part")
	return train.Usage(v.Err())
}

// edit is an Edit of which the files are read.
type edit struct {
	strength float64
	resample int
	image    []float32 // standardised, channels last; nil: noise alone
	known    []float32 // of each number, 1: kept, 0: drawn anew; nil without a mask
}

// read reads the files of an Edit for samples of a set; nil if there are none.
func (e *Edit) read(fit dataset.Fit, d *Description) (*edit, error) {
	if e.Image == "" {
		return nil, nil
	}
	if len(d.Shape) != 3 {
		return nil, train.Usagef("--init %s: the samples of this run are no images; allowed: without --init", e.Image)
	}
	r := &edit{strength: e.Strength, resample: e.Resample}
	if r.strength == 0 && e.Mask == "" {
		r.strength = DefaultStrength
	} else if r.strength == 0 {
		r.strength = 1
	}
	if r.resample == 0 {
		r.resample = DefaultResample
	}
	as := dataset.Images{Height: d.Shape[0], Width: d.Shape[1], Channels: d.Shape[2], Fit: fit}
	values, err := dataset.Image(e.Image, as)
	if err != nil {
		return nil, train.Usagef("--init: %w", err)
	}
	r.image = d.numbers(values)
	if e.Mask != "" {
		if err := r.mask(e, as); err != nil {
			return nil, err
		}
	}
	if r.strength == 1 {
		r.forget()
	}
	return r, nil
}

// numbers are what the network sees of the pixels of an image, from black to white.
func (d *Description) numbers(pixels []float32) []float32 {
	const white = 255
	low, high := float64(d.Standard.Low), float64(d.Standard.High)
	x := make([]float32, len(pixels))
	for i, p := range pixels {
		x[i] = float32(low + float64(p)*(high-low)/white)
	}
	d.Standard.Apply(x, x)
	return x
}

// mask reads the mask, which is fitted as the image is. A number is drawn anew if at least half of it is white.
func (r *edit) mask(e *Edit, as dataset.Images) error {
	size, err := dataset.ImageSize(e.Image)
	if err != nil {
		return train.Usagef("--init: %w", err)
	}
	if own, err := dataset.ImageSize(e.Mask); err != nil || own != size {
		if err == nil {
			err = fmt.Errorf("%s has %d by %d pixels, and the image %d by %d; allowed: as many", e.Mask, own.X, own.Y, size.X, size.Y)
		}
		return train.Usagef("--mask: %w", err)
	}
	channels := as.Channels
	as.Channels = 1
	white, err := dataset.Image(e.Mask, as)
	if err != nil {
		return train.Usagef("--mask: %w", err)
	}
	for _, v := range white {
		known := float32(1)
		if v >= 128 {
			known = 0
		}
		for range channels {
			r.known = append(r.known, known)
		}
	}
	if slices.Max(r.known) == 0 || slices.Min(r.known) == 1 {
		return train.Usagef("--mask %s: after it is fitted to the samples it is all of one colour; allowed: black where the image is kept, and white where it is drawn anew", e.Mask)
	}
	return nil
}

// forget drops what has no part in samples that begin from noise alone.
func (r *edit) forget() {
	if r.known == nil {
		r.image = nil
		return
	}
	for i := range r.image {
		r.image[i] *= r.known[i]
	}
}

// plan is the sampler by name for the levels, or those of them that are played.
func (r *edit) plan(sampler string, levels []diffusion.Level) (diffusion.Plan, error) {
	if r == nil {
		return diffusion.SamplerByName(sampler, levels)
	}
	plan, err := diffusion.SamplerByName(sampler, diffusion.Strength(levels, r.strength))
	if err != nil || r.known == nil {
		return plan, err
	}
	plan, err = diffusion.Inpaint(plan, r.resample)
	if errors.Is(err, diffusion.ErrMemory) {
		return nil, train.Usagef("--resample %d with the sampler %s, which remembers earlier steps; allowed: --resample 1, or a sampler that does not, such as ddim, heun and ddpm", r.resample, sampler)
	}
	return plan, err
}

// fill completes a request of n samples.
func (r *edit) fill(to *sample.Request, n int) {
	if r == nil {
		return
	}
	if r.image != nil {
		to.Image = slices.Repeat(r.image, n)
	}
	if r.known != nil {
		to.Known = slices.Repeat(r.known, n)
	}
}

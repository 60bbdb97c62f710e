package sample

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// Guide is a worse network of the same task, such as an earlier one of the same run or a smaller one. The prediction is its own
// plus Options.Guidance times the difference to that of the better network; both are told the class: autoguidance (Karras et
// al., "Guiding a diffusion model with a bad version of itself", arXiv 2406.02507, equation 3).
type Guide struct {
	Model *unet.Model
	Flat  []float32 // parameters
}

// check is an error unless the guide can guide a network of this configuration.
func (g *Guide) check(c *unet.Config, guidance float32) error {
	if g == nil {
		return nil
	}
	own := g.Model.Config()
	switch {
	case guidance == 1:
		return errors.New("sample: a guide with a weight of 1, which leaves it out; allowed: another weight, or no guide")
	case !slices.Equal(own.Size, c.Size) || own.Inputs != c.Inputs || own.Outputs != c.Outputs || own.Classes != c.Classes:
		return fmt.Errorf("sample: a guide for samples %v of %d channels and %d classes beside a network for %v, %d and %d",
			own.Size, own.Inputs, own.Classes, c.Size, c.Inputs, c.Classes)
	}
	return nil
}

// twice reports that the network evaluates every image with its class and without.
func (s *Sampler) twice() bool { return s.guided() && s.options.Guide == nil }

// placeGuide adds the guide's parameters and its prediction. It reads the batch of the network.
func (s *Sampler) placeGuide(l *machine.Layout) {
	k, g := &s.mem, s.options.Guide
	k.guide, k.worse = g.Model.Params().Place(l, "guide"), k.batch
	k.worse.Y = l.Add("guide/y", k.batch.Y.Shape()...)
	k.none = l.View("prediction/guide", k.worse.Y, 0, s.options.Batch, s.pixels)
}

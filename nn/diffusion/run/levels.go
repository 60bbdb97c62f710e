package run

import (
	"cmp"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/diffusion"
)

// Noise levels of sampling, EDM table 1.
const (
	lowestSigma, highestSigma = 0.002, 80
	rho                       = 7
)

// Noise levels of the sampler consistency. An evaluation gives an image, not a slope, so the last one needs not begin near the
// clean image. docs/design/diffusion.md has the figures by which they were chosen.
const (
	lowestConsistency, highestConsistency = 0.4, 10
)

// levels are those at which the evaluations begin, and the clean one.
func (s *Sample) levels() []diffusion.Level {
	lowest, highest := s.span()
	return append(diffusion.Karras(s.Steps, lowest, highest, rho), diffusion.Clean)
}

// span is the lowest and the highest noise level at which an evaluation begins.
func (s *Sample) span() (lowest, highest float64) {
	lowest, highest = lowestSigma, highestSigma
	if s.Sampler == consistency {
		lowest, highest = lowestConsistency, highestConsistency
	}
	return cmp.Or(s.Lowest, lowest), cmp.Or(s.Highest, highest)
}

// checkLevels reports levels that are not allowed.
func (s *Sample) checkLevels(v *setting.Checker) {
	v.Require(s.Highest == 0 || s.Highest >= 0.01 && s.Highest <= 1000, "highest", s.Highest, "0, or 0.01 to 1000")
	lowest, highest := s.span()
	v.Require(lowest >= 1e-4 && lowest < highest, "lowest", lowest, fmt.Sprintf("0, or from 0.0001, below the highest level, %g", highest))
}

// complete takes what is not asked for from the sampling of a run.
func (s *Sample) complete(own *Sample) {
	if s.Sampler == "" {
		s.Sampler = own.Sampler
	}
	if s.Sampler == own.Sampler {
		s.Steps = cmp.Or(s.Steps, own.Steps)
		s.Lowest, s.Highest = cmp.Or(s.Lowest, own.Lowest), cmp.Or(s.Highest, own.Highest)
	}
	if s.Sampler == consistency {
		s.Steps = cmp.Or(s.Steps, tunedSample.Steps)
	}
	s.Steps = cmp.Or(s.Steps, Default().Sample.Steps)
}

// drawnBy is how a sampler draws a sample in a number of steps by the network of a run. own is the sampling of that run, whose
// levels hold for its own sampler.
func drawnBy(own *Sample, sampler string, steps int, guidance float64) *Sample {
	s := &Sample{Sampler: sampler, Steps: steps, Count: 1, Guidance: guidance}
	s.complete(own)
	return s
}

// tunedSample is how a tuned network is sampled by default.
var tunedSample = Sample{Sampler: consistency, Steps: 2, Guidance: 1}

// noteObjective tells the user of a sampler that the network was not trained for.
func (c *Config) noteObjective(sampler string, notice func(string)) {
	switch tuned := c.Train.Objective == consistency; {
	case tuned == (sampler == consistency):
	case tuned:
		notice("NOTE: the run is tuned for the sampler consistency; by other samplers the run that it started from is better")
	default:
		notice("NOTE: the run has not learnt train.objective consistency, so few evaluations give blurred samples")
	}
}

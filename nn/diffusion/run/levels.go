package run

import (
	"cmp"

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
	lowest, highest := lowestSigma, float64(highestSigma)
	if s.Sampler == consistency {
		lowest, highest = lowestConsistency, highestConsistency
	}
	return append(diffusion.Karras(s.Steps, cmp.Or(s.Lowest, lowest), cmp.Or(s.Highest, highest), rho), diffusion.Clean)
}

// checkLevels reports levels that are not allowed.
func (s *Sample) checkLevels(v *setting.Checker) {
	v.Require(s.Highest == 0 || s.Highest >= 0.01 && s.Highest <= 1000, "highest", s.Highest, "0, or 0.01 to 1000")
	l := s.levels()
	highest := l[0].Sigma
	v.Require(s.Lowest == 0 || s.Lowest >= 1e-4 && s.Lowest < highest, "lowest", s.Lowest, "0, or from 0.0001, below the highest level")
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

// tunedSample is how a tuned network is sampled by default.
var tunedSample = Sample{Sampler: consistency, Steps: 2, Guidance: 1}

// noteObjective tells the user of a sampler that the network was not trained for.
func (o *SampleOptions) noteObjective(c *Config) {
	switch tuned := c.Train.Objective == consistency; {
	case tuned == (o.Sampler == consistency):
	case tuned:
		o.Notice("NOTE: the run is tuned for the sampler consistency; by other samplers the run that it started from is better")
	default:
		o.Notice("NOTE: the run has not learnt train.objective consistency, so few evaluations give blurred samples")
	}
}

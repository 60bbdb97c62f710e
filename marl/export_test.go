package marl

import "github.com/gmel-go/gmel/nn/machine"

// Accessors for tests outside of the package.
var (
	Mixed       = (*Config).mixed
	Environment = environment
)

// ObsClip is the limit of a normalised feature.
const ObsClip = obsClip

// Upload sets mean and scale.
func (n Normaliser) Upload(s *machine.Session, mean, scale []float32) error {
	return n.upload(s, mean, scale)
}

// Mean is the mean of the policy's normaliser.
func (p *Policy) Mean() []float32 { return p.mean }

// Places are the rows of the next transitions: on the device, and by the counters of the host.
func (r *Ring) Places() (device machine.Tensor, host []float32) { return r.rows, r.places() }

// Advance advances the counters of the host.
func (r *Ring) Advance(n int) { r.advance(n) }

// FourierFeatures is fourierFeatures.
var FourierFeatures = fourierFeatures

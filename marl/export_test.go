package marl

import "github.com/gmel-go/gmel/nn/machine"

// What tests outside of the package look at.
var (
	Mixed       = mixed
	Environment = environment
)

// ObsClip is the limit of a normalised feature.
const ObsClip = obsClip

// Upload sets mean and scale.
func (n Normaliser) Upload(s *machine.Session, mean, scale []float32) error {
	return n.upload(s, mean, scale)
}

// Mean is that of the policy's normaliser.
func (p *Policy) Mean() []float32 { return p.mean }

// Places are where the next transitions go: on the device and by the host's count.
func (r *Ring) Places() (device machine.Tensor, host []float32) { return r.rows, r.places() }

// Advance follows the device.
func (r *Ring) Advance(n int) { r.advance(n) }

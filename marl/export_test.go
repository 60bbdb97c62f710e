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

// Watched is the greedy policy with the critic's queries and keys, which attention returns for the last Act.
func (t *Trainer) Watched(how Execution) (p *Policy, attention func() (query, key []float32, err error), err error) {
	p, err = t.watchedPolicy(t.attention(), how)
	return p, func() (query, key []float32, err error) { return p.batch.attention() }, err
}

// Mean is the mean of the policy's normaliser.
func (p *Policy) Mean() []float32 { return p.mean }

// Places are the rows of the next transitions: on the device, and by the counters of the host.
func (r *Ring) Places() (device machine.Tensor, host []float32) { return r.rows, r.places() }

// Advance advances the counters of the host.
func (r *Ring) Advance(n int) { r.advance(n) }

// FourierFeatures is fourierFeatures.
var FourierFeatures = fourierFeatures

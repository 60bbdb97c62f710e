package ppo

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// Method is what tells the algorithms of this learner apart, besides their critics.
type Method struct {
	Minibatches int       // M of an epoch
	Raise       string    // the setting to raise if a minibatch takes too much memory; "": there is none
	Clip        float64   // eps of the clipped objective; 0: none
	Advantages  Estimator // of a rollout
	ValueNorm   bool      // normalised values; the critic is Rescalable
	Actor       *marl.ActorConfig
}

// clips reports whether the objective is clipped.
func (m *Method) clips() bool { return m.Clip > 0 }

// Series are the tables of a rollout in the order of its slots, [H, W*A]; see kernels.OpGAE.
type Series struct{ Reward, Value, Next, Ended machine.Tensor }

// Estimator computes the advantages [H, W*A] of a rollout for the discount gamma.
type Estimator func(b *machine.Builder, x Series, gamma float32, to machine.Tensor)

// GAE are generalised advantages (Schulman et al. 2016).
func GAE(lambda float64) Estimator {
	return func(b *machine.Builder, x Series, gamma float32, to machine.Tensor) {
		b.GAE(x.Reward, x.Value, x.Next, x.Ended, to, gamma, float32(lambda))
	}
}

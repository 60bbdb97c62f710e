package replay

import (
	"math"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Statistics of a critic's updates.
const (
	CriticLoss     = "critic_loss"     // with penalties
	squaredTD      = "squared_td"      // (Q - y)^2, deciding agents
	targetMean     = "target"          // y, deciding agents
	targetVariance = "target_variance" // of y within the minibatch, deciding agents
)

// CriticStatistics lists what CriticUpdate.Measure adds to, followed by the learner's own statistics.
func CriticStatistics(own ...string) []string {
	return append([]string{CriticLoss, squaredTD, targetMean, targetVariance}, own...)
}

// Statistics of a learner with an actor, besides those of its critic.
const (
	ActorLoss  = "actor_loss"  // with the logit penalty
	Entropy    = "entropy"     // of the policy of deciding agents, nats
	CriticNorm = "critic_norm" // of the gradient before the clip
	ActorNorm  = "actor_norm"  // of the gradient before the clip
)

// ActorCriticStatistics lists what a learner with an actor and a critic adds to.
func ActorCriticStatistics() []string {
	return CriticStatistics(ActorLoss, Entropy, CriticNorm, ActorNorm)
}

// ActorCriticScalars are the metrics of such a learner, with its own ones before the norms.
func ActorCriticScalars(mean func(string) float32, own ...marl.Scalar) []marl.Scalar {
	list := []marl.Scalar{
		{Name: "critic_loss", Value: mean(CriticLoss)}, {Name: "actor_loss", Value: mean(ActorLoss)},
		TDError(mean), TargetMean(mean), {Name: "entropy", Value: mean(Entropy)}, Unexplained(mean),
	}
	list = append(list, own...)
	return append(list, marl.Scalar{Name: "grad_norm_critic", Value: mean(CriticNorm)}, marl.Scalar{Name: "grad_norm_actor", Value: mean(ActorNorm)})
}

// CriticUpdate has the nodes of one update of a critic.
type CriticUpdate struct {
	Loss   *nn.Node // scalar
	TD     *nn.Node // [n] Q - y
	Target *nn.Node // [n] y
	Active *nn.Node // [n] 1 if the row counts in the statistics
}

// Measure adds the update to the statistics.
func (u CriticUpdate) Measure(f *nn.Fragment, b *machine.Builder, s *marl.Statistics) {
	s.Output(f, b, CriticLoss, u.Loss)
	s.Output(f, b, squaredTD, marl.WeightedMean(op.Square(u.TD), u.Active))
	mean := marl.WeightedMean(u.Target, u.Active)
	s.Output(f, b, targetMean, mean)
	s.Output(f, b, targetVariance, marl.WeightedMean(op.Square(op.Sub(u.Target, mean)), u.Active))
}

// TDError is the root mean squared Q - y, in units of the standardised reward.
func TDError(mean func(string) float32) marl.Scalar {
	return marl.Scalar{Name: "td_error", Value: float32(math.Sqrt(float64(mean(squaredTD))))}
}

// TargetMean is the mean of y.
func TargetMean(mean func(string) float32) marl.Scalar {
	return marl.Scalar{Name: "target_mean", Value: mean(targetMean)}
}

// Unexplained is the mean squared TD error over the variance of y in a minibatch; 1: as bad as a constant critic.
func Unexplained(mean func(string) float32) marl.Scalar {
	return marl.Scalar{Name: "unexplained", Value: mean(squaredTD) / max(mean(targetVariance), 1e-6)}
}

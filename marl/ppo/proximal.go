package ppo

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// proximalInputs are the inputs of the clipped objective from outside its graph.
type proximalInputs struct {
	act       *nn.Node // [B*A] the actions played
	logp      *nn.Node // [B*A] log pi_old(act | o)
	advantage *nn.Node // [B*A] normalised
	active    *nn.Node // [B*A] 1 if the agent had a decision; idle agents are left out
	alpha     *nn.Node // scalar, the entropy's weight
}

// proximalOutputs are scalars, means over the agents that decided. Without a clip, clipped and kl are nil.
type proximalOutputs struct{ loss, entropy, clipped, kl *nn.Node }

// proximal is the clipped objective (Schulman et al. 2017, eqs. 7 and 9) with rho = pi / pi_old,
//
//   - mean min(rho A, clip(rho, 1 - eps, 1 + eps) A) - alpha entropy + the penalty on logits,
//
// with two statistics: the share of agents whose rho is outside of the clip, and the mean of
// (rho - 1) - log rho, an estimate of KL(pi_old, pi) that is never negative (Schulman 2020). With eps 0 there is
// no clip: the gain is rho A (eq. 6). At the policy that played, its gradient is that of A log pi.
func proximal(m *Method, logits, logp *nn.Node, in proximalInputs) (p proximalOutputs) {
	eps := float32(m.Clip)
	change := op.Sub(op.Pick(logp, in.act), in.logp)
	rho := op.Exp(change)
	gain := surrogate(m, rho, in.advantage)
	p.entropy = marl.Entropy(logp, in.active)
	p.loss = op.Sub(op.Neg(marl.WeightedMean(gain, in.active)), op.Mul(p.entropy, in.alpha))
	p.loss = marl.WithLogitPenalty(m.Actor.LogitPenalty, p.loss, logits, in.active)
	if !m.clips() {
		return p
	}
	p.kl = marl.WeightedMean(op.Sub(op.Affine(rho, 1, -1), change), in.active)
	distance := op.Apply(op.Affine(rho, 1, -1), op.Act{Fn: kernels.FnAbs})
	const steep = 1e9 // so that the clamp is 0 or 1
	p.clipped = marl.WeightedMean(op.Apply(op.Affine(distance, steep, -eps*steep), op.Clamp(0, 1)), in.active)
	return p
}

// surrogate is what the actor maximises in each row, with or without a clip.
func surrogate(m *Method, rho, advantage *nn.Node) *nn.Node {
	if !m.clips() {
		return op.Mul(rho, advantage)
	}
	eps := float32(m.Clip)
	inside := op.Apply(rho, op.Clamp(1-eps, 1+eps))
	return op.Min(op.Mul(rho, advantage), op.Mul(inside, advantage))
}

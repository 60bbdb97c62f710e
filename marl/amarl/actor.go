package amarl

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// ActorInputs are the inputs of the actor's loss from outside its graph.
type ActorInputs struct {
	Q      *nn.Node // [B*A, U] Q_i(o, .) with the resampled actions of the other agents; constant
	Act    *nn.Node // [B*A] resampled actions
	Active *nn.Node // [B*A] 1 if the agent has a decision
	Alpha  *nn.Node // scalar
}

// sampledForm has the gradient E[grad log pi(a) (alpha log pi(a) - (Q(a) - b))], with the
// counterfactual baseline b = sum_a pi Q (Iqbal & Sha 2019, eqs. 8 and 9).
func sampledForm(logp *nn.Node, in ActorInputs) *nn.Node {
	taken := op.Pick(logp, in.Act)
	baseline := op.SumRows(op.Mul(op.Exp(logp), in.Q))
	advantage := op.Sub(op.Pick(in.Q, in.Act), baseline)
	weight := op.StopGradient(op.Sub(op.Mul(taken, in.Alpha), advantage))
	return marl.WeightedMean(op.Mul(taken, weight), in.Active)
}

// ActorLoss is marl.SoftPolicyLoss or sampledForm plus the mean squared logit of the active agents.
func ActorLoss(cfg *Config, logits, logp *nn.Node, in ActorInputs) *nn.Node {
	var loss *nn.Node
	if cfg.ActorLoss == ActorSampled {
		loss = sampledForm(logp, in)
	} else {
		loss = marl.SoftPolicyLoss(logp, in.Q, in.Alpha, in.Active)
	}
	return marl.WithLogitPenalty(cfg.LogitPenalty, loss, logits, in.Active)
}

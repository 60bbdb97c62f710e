package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Actor is the policy pi(a_i | o_i), one network shared by all agents; they differ by
// what they observe. It is all that execution needs.
type Actor struct {
	params            *nn.Params
	first, second, to *nn.Linear
}

// NewActor declares the parameters. The small last layer makes the first policy close to uniform.
func NewActor(cfg *Config, obs, actions int) *Actor {
	p, h := nn.NewParams("actor"), cfg.ActorHidden
	return &Actor{
		params: p,
		first:  nn.NewLinear(p, "first", obs, h, leaky, nn.KaimingUniform),
		second: nn.NewLinear(p, "second", h, h, leaky, nn.KaimingUniform),
		to:     nn.NewLinear(p, "logits", h, actions, op.Identity, nn.Orthogonal(0.1)),
	}
}

// forward returns logits and masked log-probabilities [B*A, U] for obs [B*A, O], mask [B*A, U].
func (a *Actor) forward(bd *nn.Bound, obs, mask *nn.Node) (logits, logp *nn.Node) {
	logits = a.to.Apply(bd, a.second.Apply(bd, a.first.Apply(bd, obs)))
	return logits, op.LogSoftmax(logits, mask)
}

// actorInputs are what the actor's loss takes from outside its own graph.
type actorInputs struct {
	q      *nn.Node // [B*A, U] Q_i(o, .) with the others' resampled actions; constant
	act    *nn.Node // [B*A] resampled actions
	active *nn.Node // [B*A] 1 where the agent has a decision
	alpha  *nn.Node // scalar
}

// closedForm is the mean over active agents of sum_a pi (alpha log pi - Q): soft policy
// iteration's loss with the sum over the own actions done exactly. A masked action has
// pi = 0 and finite log pi and Q, so it adds 0.
func closedForm(logp *nn.Node, in actorInputs) *nn.Node {
	soft := op.Sub(op.Mul(logp, in.alpha), in.q)
	return weightedMean(op.SumRows(op.Mul(op.Exp(logp), soft)), in.active)
}

// sampledForm has the gradient E[grad log pi(a) (alpha log pi(a) - (Q(a) - b))], with the
// counterfactual baseline b = sum_a pi Q (Iqbal & Sha 2019, eqs. 8 and 9).
func sampledForm(logp *nn.Node, in actorInputs) *nn.Node {
	taken := op.Pick(logp, in.act)
	baseline := op.SumRows(op.Mul(op.Exp(logp), in.q))
	advantage := op.Sub(op.Pick(in.q, in.act), baseline)
	weight := op.StopGradient(op.Sub(op.Mul(taken, in.alpha), advantage))
	return weightedMean(op.Mul(taken, weight), in.active)
}

// actorLoss is one of the two plus the mean squared logit of the active agents.
func actorLoss(cfg *Config, logits, logp *nn.Node, in actorInputs) *nn.Node {
	form := closedForm
	if cfg.ActorLoss == ActorSampled {
		form = sampledForm
	}
	return withLogitPenalty(cfg, form(logp, in), logits, in.active)
}

// withLogitPenalty adds the mean squared logit of the active agents.
func withLogitPenalty(cfg *Config, loss, logits, active *nn.Node) *nn.Node {
	if cfg.LogitPenalty == 0 {
		return loss
	}
	actions := logits.Shape()[1]
	squares := weightedMean(op.SumRows(op.Square(logits)), active)
	return op.Add(loss, op.Affine(squares, float32(cfg.LogitPenalty)/float32(actions), 0))
}

// entropy is the mean over active agents of -sum_a pi log pi, in nats.
func entropy(logp, active *nn.Node) *nn.Node {
	return op.Neg(weightedMean(op.SumRows(op.Mul(op.Exp(logp), logp)), active))
}

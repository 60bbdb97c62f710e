package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Actor is the policy pi(a_i | o_i): one network that all agents share. They differ by their
// observations. Execution needs nothing else.
type Actor struct {
	params            *nn.Params
	first, second, to *nn.Linear
	gain              *nn.Param // g [1, U], in units of valueGain; nil if the actor does not see the values of actions
}

// NewActor declares an actor with two hidden layers of the given width. Small weights in the last layer
// make the initial policy close to uniform.
func NewActor(hidden, obs, actions int) *Actor {
	p := nn.NewParams(ActorName)
	p.Sequential("first", "second", "logits")
	return &Actor{
		params: p,
		first:  nn.NewLinear(p, "first", obs, hidden, leaky, nn.KaimingUniform),
		second: nn.NewLinear(p, "second", hidden, hidden, leaky, nn.KaimingUniform),
		to:     nn.NewLinear(p, "logits", hidden, actions, op.Identity, nn.Orthogonal(0.1)),
	}
}

// NewTurnActor is NewActor for agents that decide in turn. If they see what their actions are worth,
//
//	logits = net(o) + g v
//
// with the relative values v [U] of the actions, the last columns of an observation, and trained gains g [U]. So the policy begins near
// the actions of most value and learns what to change, as residual policies do (Silver et al. 2018, arXiv 1812.06298).
func NewTurnActor(c *Config, hidden, obs, actions int) *Actor {
	a := NewActor(hidden, obs, actions)
	if c.valued() {
		a.gain = a.params.Matrix("gain", 1, actions, nn.Ones)
	}
	return a
}

// valueGain is the unit of g, which begins at 1: an action that is worth .1 less than the best one, a tenth of a deadline, then has
// 1/e of its probability.
const valueGain = 10

// ActorName is the name of an actor's parameters.
const ActorName = "actor"

// Params lists the actor's parameters.
func (a *Actor) Params() *nn.Params { return a.params }

// Forward returns the logits of the network and masked log-probabilities [rows, U] for obs [rows, O], mask [rows, U].
func (a *Actor) Forward(bd *nn.Bound, obs, mask *nn.Node) (logits, logp *nn.Node) {
	logits = a.to.Apply(bd, a.second.Apply(bd, a.first.Apply(bd, obs)))
	return logits, op.LogSoftmax(a.residual(bd, logits, obs), mask)
}

// residual adds the gains of the values to the logits of the network.
func (a *Actor) residual(bd *nn.Bound, logits, obs *nn.Node) *nn.Node {
	if a.gain == nil {
		return logits
	}
	actions, columns := logits.Shape()[1], obs.Shape()[1]
	value := op.Affine(op.Columns(obs, columns-actions, columns), valueGain, 0)
	return op.Add(logits, op.Mul(value, bd.Node(a.gain)))
}

// LogProbs implements Head.
func (a *Actor) LogProbs(bd *nn.Bound, obs, mask *nn.Node) *nn.Node {
	_, logp := a.Forward(bd, obs, mask)
	return logp
}

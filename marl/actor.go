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

// ActorName is the name of an actor's parameters.
const ActorName = "actor"

// Params lists the actor's parameters.
func (a *Actor) Params() *nn.Params { return a.params }

// Forward returns logits and masked log-probabilities [rows, U] for obs [rows, O], mask [rows, U].
func (a *Actor) Forward(bd *nn.Bound, obs, mask *nn.Node) (logits, logp *nn.Node) {
	logits = a.to.Apply(bd, a.second.Apply(bd, a.first.Apply(bd, obs)))
	return logits, op.LogSoftmax(logits, mask)
}

// LogProbs implements Head.
func (a *Actor) LogProbs(bd *nn.Bound, obs, mask *nn.Node) *nn.Node {
	_, logp := a.Forward(bd, obs, mask)
	return logp
}

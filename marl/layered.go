package marl

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/nn"
)

// Layered is a Head whose most probable legal action is that of the largest output of fully connected layers. Hidden layers
// have one activation, a leaky ReLU; the last has none. Only such a policy leaves the program, as an actor.Policy.
type Layered interface {
	Head
	// Layers returns the layers and what their outputs are: actor.OutputLogits or actor.OutputAdvantages.
	Layers() (layers []*nn.Linear, outputs string)
}

// Layers implements Layered, for agents that do not see what their actions are worth.
func (a *Actor) Layers() ([]*nn.Linear, string) {
	return []*nn.Linear{a.first, a.second, a.to}, actor.OutputLogits
}

// Export returns the policy that takes the most probable action, without what only its run knows: the contract has only the
// decision and the network.
func (p *Policy) Export() (*actor.Policy, error) {
	head, ok := p.head.(Layered)
	if !ok {
		return nil, fmt.Errorf("marl: the policy of %s is no chain of layers, so it cannot be exported", p.name)
	}
	if p.sizes.Valued {
		return nil, fmt.Errorf("marl: the policy of %s decides by what a simulation of the slot says its actions are worth (train.turn_values), which no other program has; a policy with train.turn_values=%s can be exported", p.name, TurnValuesNone)
	}
	layers, outputs := head.Layers()
	x := &actor.Policy{Mean: slices.Clone(p.mean), Scale: slices.Clone(p.scale)}
	x.Contract.Decision = actor.Decision{Outputs: outputs, Rule: actor.DecisionRule}
	if p.sizes.Turns > 1 {
		x.Contract.Decision.Turns = p.sizes.Turns
	}
	n := &x.Contract.Network
	n.Activation, n.Clip, n.Widths = actor.LeakyReLU, obsClip, []int{p.sizes.Obs}
	params := head.Params()
	list, tensors := params.List(), params.Export("", p.weights)
	for i, l := range layers {
		if hidden := i+1 < len(layers); hidden && l.Act.Fn != kernels.FnLeakyReLU || !hidden && l.Act.Fn != kernels.FnIdentity {
			return nil, fmt.Errorf("marl: layer %d of the policy of %s has the activation %s, so it cannot be exported", i, p.name, l.Act)
		} else if hidden {
			n.Slope = l.Act.A
		}
		own := actor.Layer{Weight: tensors[slices.Index(list, l.W)].Data, Bias: tensors[slices.Index(list, l.B)].Data}
		x.Layers, n.Widths = append(x.Layers, own), append(n.Widths, own.Out())
	}
	return x, nil
}

package bench

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// A single step is one network's part of an update on numbers from outside, without replay, target
// networks and statistics.

// step appends the gradients of loss, what the graph leaves and one step of Adam.
func (g *graph) step(b *machine.Builder, f *nn.Fragment, loss *nn.Node, bd *nn.Bound) error {
	if err := f.Gradients(loss, bd, g.adam.Grads()); err != nil {
		return err
	}
	f.Output(loss, g.loss)
	f.Lower(b)
	g.adam.Step(b)
	return nil
}

// criticData is what a single step of the critic learns from, for B joint transitions.
type criticData struct {
	obs    machine.Tensor // [B*A, O]
	act    machine.Tensor // [B*A]
	target machine.Tensor // [B*A] y
}

// stepCritic appends one step of the critic without the penalty on its attention.
func (g *graph) stepCritic(b *machine.Builder, c *marl.Critic, in criticData) error {
	f := nn.NewFragment()
	bd := f.Bind(c.Params(), g.net)
	act := f.Input(in.act)
	v := c.Forward(bd, f.Input(in.obs), act)
	return g.step(b, f, c.Loss(v, op.Sub(v.Taken(act), f.Input(in.target)), nil, 0), bd)
}

// actorData is what a single step of the actor learns from, for B joint transitions.
type actorData struct {
	obs   machine.Tensor // [B*A, O]
	mask  machine.Tensor // [B*A, U] 1 = legal
	act   machine.Tensor // [B*A], read with amarl.ActorSampled only
	q     machine.Tensor // [B*A, U] of the critic
	alpha machine.Tensor // scalar, the entropy's weight
}

// stepActor appends one step of the actor on the loss that cfg names.
func (g *graph) stepActor(b *machine.Builder, a *marl.Actor, cfg *amarl.Config, in actorData) error {
	f := nn.NewFragment()
	bd := f.Bind(a.Params(), g.net)
	mask := f.Input(in.mask)
	logits, logp := a.Forward(bd, f.Input(in.obs), mask)
	loss := amarl.ActorLoss(cfg, logits, logp, amarl.ActorInputs{
		Q: f.Input(in.q), Act: f.Input(in.act), Active: marl.Deciding(mask), Alpha: f.Input(in.alpha),
	})
	return g.step(b, f, loss, bd)
}

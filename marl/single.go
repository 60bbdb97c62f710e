package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// A single step is one network's part of an update on numbers from outside, without replay, target
// networks and statistics: for measurements and comparisons with other implementations.

// Learner is what a single step reads and writes.
type Learner struct {
	Params *nn.Placed
	Adam   *nn.Adam
	Loss   machine.Tensor // scalar, the loss before the step
}

// step appends the gradients of loss, what the graph leaves and one step of Adam.
func (l *Learner) step(b *machine.Builder, f *nn.Fragment, loss *nn.Node, bd *nn.Bound) error {
	if err := f.Gradients(loss, bd, l.Adam.Grads()); err != nil {
		return err
	}
	f.Output(loss, l.Loss)
	f.Lower(b)
	l.Adam.Step(b)
	return nil
}

// CriticData is what a single step of the critic learns from, for B joint transitions.
type CriticData struct {
	Obs    machine.Tensor // [B*A, O]
	Act    machine.Tensor // [B*A]
	Target machine.Tensor // [B*A] y
}

// Params lists the critic's parameters.
func (c *Critic) Params() *nn.Params { return c.params }

// Step appends one step of the critic; penalty is Config.AttentionPenalty.
func (c *Critic) Step(b *machine.Builder, l Learner, in CriticData, penalty float64) error {
	f := nn.NewFragment()
	bd := f.Bind(c.params, l.Params)
	act := f.Input(in.Act)
	v := c.forward(bd, f.Input(in.Obs), act)
	return l.step(b, f, c.loss(v, op.Sub(v.taken(act), f.Input(in.Target)), nil, penalty), bd)
}

// ActorData is what a single step of the actor learns from, for B joint transitions.
type ActorData struct {
	Obs   machine.Tensor // [B*A, O]
	Mask  machine.Tensor // [B*A, U] 1 = legal
	Act   machine.Tensor // [B*A], read with ActorSampled only
	Q     machine.Tensor // [B*A, U] of the critic
	Alpha machine.Tensor // scalar, the entropy's weight
}

// Params lists the actor's parameters.
func (a *Actor) Params() *nn.Params { return a.params }

// Step appends one step of the actor on the loss that cfg names.
func (a *Actor) Step(b *machine.Builder, l Learner, cfg *Config, in ActorData) error {
	f := nn.NewFragment()
	bd := f.Bind(a.params, l.Params)
	mask := f.Input(in.Mask)
	logits, logp := a.forward(bd, f.Input(in.Obs), mask)
	loss := actorLoss(cfg, logits, logp, actorInputs{
		q: f.Input(in.Q), act: f.Input(in.Act), active: deciding(mask), alpha: f.Input(in.Alpha),
	})
	return l.step(b, f, loss, bd)
}

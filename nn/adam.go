package nn

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// AdamConfig holds the settings of Adam (Kingma & Ba 2015). Zero B1, B2 and Eps mean the paper's
// 0.9, 0.999 and 1e-8. Zero MaxNorm means no clipping.
type AdamConfig struct {
	LR      float32
	B1, B2  float32
	Eps     float32
	MaxNorm float32 // upper limit of the gradient's global norm

	Faster *Param  // has Factor times the learning rate; nil: all have the same
	Factor float32 // above 0
}

// Adam is the optimiser of one network. It owns the gradients, the moments and the step state.
type Adam struct {
	cfg         AdamConfig
	name        string
	params      *Placed
	grads       *Placed
	m, v        machine.Tensor
	state       machine.Tensor // [3] learning rate, b1^t, b2^t
	norm, scale machine.Tensor // []
}

// NewAdam adds the tensors of an optimiser of p to the layout; their names begin with name.
func NewAdam(l *machine.Layout, name string, p *Placed, cfg AdamConfig) *Adam {
	if !(cfg.LR >= 0) || cfg.MaxNorm < 0 || cfg.Faster != nil && !(cfg.Factor > 0) {
		panic(fmt.Sprintf("nn: Adam %s with %+v", name, cfg))
	}
	cfg.B1, cfg.B2, cfg.Eps = cmp.Or(cfg.B1, 0.9), cmp.Or(cfg.B2, 0.999), cmp.Or(cfg.Eps, 1e-8)
	return &Adam{
		cfg: cfg, name: name, params: p,
		grads: p.net.Place(l, name+"/grad"),
		m:     l.Add(name+"/m", p.net.size),
		v:     l.Add(name+"/v", p.net.size),
		state: l.Add(name+"/state", 3),
		norm:  l.Add(name + "/norm"),
		scale: l.Add(name + "/scale"),
	}
}

// Grads is the gradient that Step reads.
func (a *Adam) Grads() *Placed { return a.grads }

// Vectors are the gradient and both moments, each a flat vector like that of the parameters.
func (a *Adam) Vectors() []machine.Tensor { return []machine.Tensor{a.grads.Flat, a.m, a.v} }

// Norm is the scalar into which Step writes the gradient's norm before clipping.
func (a *Adam) Norm() machine.Tensor { return a.norm }

// State is [3]: the learning rate, and the powers of b1 and b2 so far.
func (a *Adam) State() machine.Tensor { return a.state }

// TakeLR appends a change of the learning rate to that in lr[1].
func (a *Adam) TakeLR(b *machine.Builder, lr machine.Tensor) { b.Copy(lr, b.Part(a.state, 0, 1)) }

// Step appends one step of Adam: norm of the gradient, clipping, step count, update.
func (a *Adam) Step(b *machine.Builder) {
	q := b.Temp(a.name + "/sumsq")
	b.SumSquares(a.grads.Flat, q)
	limit, scale := a.cfg.MaxNorm, a.scale
	if limit == 0 {
		limit, scale = float32(math.Inf(1)), machine.None
	}
	b.ClipScale(q, a.norm, a.scale, limit)
	b.AdamTick(a.state, a.cfg.B1, a.cfg.B2)
	if a.cfg.Faster == nil {
		b.Adam(a.params.Flat, a.grads.Flat, a.m, a.v, a.state, scale, a.cfg.B1, a.cfg.B2, a.cfg.Eps)
		return
	}
	from := a.cfg.Faster.offset
	to := from + (a.cfg.Faster.len()+pad-1)/pad*pad
	a.stepPart(b, 0, from, a.state, scale)
	a.stepPart(b, from, to, a.faster(b), scale)
	a.stepPart(b, to, a.params.net.size, a.state, scale)
}

// faster is the state with Factor times the learning rate.
func (a *Adam) faster(b *machine.Builder) machine.Tensor {
	state := b.Temp(a.name+"/faster", 3)
	b.Copy(a.state, state)
	lr := b.Part(state, 0, 1)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: a.cfg.Factor}, lr, lr)
	return state
}

// stepPart updates a part of the parameters, which may be empty.
func (a *Adam) stepPart(b *machine.Builder, from, to int, state, scale machine.Tensor) {
	if from == to {
		return
	}
	part := func(x machine.Tensor) machine.Tensor { return b.Part(x, from, to-from) }
	b.Adam(part(a.params.Flat), part(a.grads.Flat), part(a.m), part(a.v), state, scale, a.cfg.B1, a.cfg.B2, a.cfg.Eps)
}

// InitState sets the optimiser to step 0: moments and gradients are zero, the learning rate is that
// of the settings.
func (a *Adam) InitState(s *machine.Session) error {
	zero := make([]float32, a.params.net.size)
	return cmp.Or(s.Upload(a.m, zero), s.Upload(a.v, zero), s.Upload(a.grads.Flat, zero), s.Upload(a.state, []float32{a.cfg.LR, 1, 1}))
}

// SetLR changes the learning rate between runs.
func (a *Adam) SetLR(s *machine.Session, lr float32) error {
	var state [3]float32
	if err := s.Download(state[:], a.state); err != nil {
		return err
	}
	state[0] = lr
	return s.Upload(a.state, state[:])
}

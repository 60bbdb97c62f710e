package ppo

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Rescalable is a critic whose last layer is linear, so that its values can get another unit.
type Rescalable interface {
	Critic
	// Last is the last layer.
	Last() *nn.Linear
}

// valueUnit is PopArt (van Hasselt et al. 2016, arXiv 1602.07714): the critic learns values in units of the
// returns, V = mean + deviation v. Mean and deviation are those of the last rollout's returns, whose number is
// large. Where the unit changes, the last layer changes with it, so that V stays the same. The methods of a nil
// unit leave values as they are.
type valueUnit struct {
	unit            machine.Tensor // [2] mean and deviation
	mean, deviation machine.Tensor // scalars: its parts
	weight, bias    machine.Tensor // of the last layer
}

// leastDeviation bounds the deviation from below, in units of the reward: returns that hardly differ would
// magnify errors without bound.
const leastDeviation = 0.1

func newValueUnit(w *marl.Workshop, n *marl.Net, critic Rescalable) *valueUnit {
	unit, last := w.Layout.Add("value_unit", 2), critic.Last()
	return &valueUnit{
		unit: unit, mean: w.Layout.View("value_mean", unit, 0), deviation: w.Layout.View("value_deviation", unit, 1),
		weight: n.Tensor(last.W), bias: n.Tensor(last.B),
	}
}

// begin makes the unit that of the reward.
func (u *valueUnit) begin(s *machine.Session) error {
	if u == nil {
		return nil
	}
	return s.Upload(u.unit, []float32{0, 1})
}

// value is V of the critic's output v.
func (u *valueUnit) value(f *nn.Fragment, v *nn.Node) *nn.Node {
	if u == nil {
		return v
	}
	return op.Add(op.Mul(v, f.Input(u.deviation)), f.Input(u.mean))
}

// normalised is an error of V in units of the returns.
func (u *valueUnit) normalised(f *nn.Fragment, td *nn.Node) *nn.Node {
	if u == nil {
		return td
	}
	return op.Div(td, f.Input(u.deviation))
}

// move makes the moments [2] of returns the unit, and keeps V: with m, s before and m', s' after,
// w' = w s / s' and b' = (s b + m - m') / s'.
func (u *valueUnit) move(b *machine.Builder, moments machine.Tensor) {
	if u == nil {
		return
	}
	mean, deviation := b.Part(moments, 0), b.Temp("returns' deviation")
	b.Unary(op.Clamp(leastDeviation, 1e9), b.Part(moments, 1), deviation)
	for _, x := range []machine.Tensor{u.weight, u.bias} {
		b.Binary(kernels.BinMul, x, u.deviation, x)
	}
	b.Binary(kernels.BinAdd, u.bias, u.mean, u.bias)
	b.Binary(kernels.BinSub, u.bias, mean, u.bias)
	for _, x := range []machine.Tensor{u.weight, u.bias} {
		b.Binary(kernels.BinDiv, x, deviation, x)
	}
	b.Copy(mean, u.mean)
	b.Copy(deviation, u.deviation)
}

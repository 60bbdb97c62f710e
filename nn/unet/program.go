package unet

import (
	"fmt"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Batch is the memory of what the network reads and writes.
type Batch struct {
	X     machine.Tensor // [B,Y,X,Inputs] or [B,T,Inputs]
	Time  machine.Tensor // [B]
	Class machine.Tensor // [B]; None without classes
	Y     machine.Tensor // [B,...,Outputs]

	Augment machine.Tensor // [B,Augment], see Input; None unless PlaceAugment added it
}

// Place adds a batch of n to the layout. The names of its tensors begin with prefix.
func (m *Model) Place(l *machine.Layout, prefix string, n int) Batch {
	b := Batch{
		X:    l.Add(prefix+"/x", m.shape(n, m.config.Inputs)...),
		Time: l.Add(prefix+"/time", n),
		Y:    l.Add(prefix+"/y", m.shape(n, m.config.Outputs)...),
	}
	if m.config.Classes > 0 {
		b.Class = l.Add(prefix+"/class", n)
	}
	return b
}

// PlaceAugment adds to a batch of n what the network is told of augmentation.
func (m *Model) PlaceAugment(l *machine.Layout, prefix string, b *Batch, n int) {
	b.Augment = l.Add(prefix+"/augment", n, m.config.Augment)
}

func (m *Model) shape(n, channels int) []int {
	return append(append([]int{n}, m.config.Size...), channels)
}

// Evaluate appends to the Program: batch.Y = the network of batch.X, without dropout. net holds the parameters. The
// images of a batch do not influence each other, so y of an image has the same bits in every batch.
func (m *Model) Evaluate(b *machine.Builder, net *nn.Placed, batch Batch) {
	f := nn.NewFragment()
	f.Output(m.Apply(f.Bind(m.params, net), m.input(f, batch)), batch.Y)
	f.Lower(b)
}

func (m *Model) input(f *nn.Fragment, batch Batch) Input {
	in := Input{X: f.Input(batch.X), Time: f.Input(batch.Time)}
	if batch.Class != machine.None {
		in.Class = f.Input(batch.Class)
	}
	if batch.Augment != machine.None {
		in.Augment = f.Input(batch.Augment)
	}
	return in
}

// Loss is the memory of a loss: the mean over the batch of Weight times the mean square of y - Target. Diffusion models
// of every parametrisation have this loss, with their own targets and weights.
type Loss struct {
	Target machine.Tensor // [B,...,Outputs]
	Weight machine.Tensor // [B]
	Value  machine.Tensor // scalar

	Counter machine.Tensor // [2], of dropout; None for no dropout
	Seed    uint64
	First   uint32 // the first of the Streams of dropout
}

// PlaceLoss adds a loss for a batch of n, with a counter if the network has dropout.
func (m *Model) PlaceLoss(l *machine.Layout, prefix string, n int) Loss {
	loss := Loss{
		Target: l.Add(prefix+"/target", m.shape(n, m.config.Outputs)...),
		Weight: l.Add(prefix+"/weight", n),
		Value:  l.Add(prefix + "/loss"),
	}
	if m.config.Dropout > 0 {
		loss.Counter = l.Add(prefix+"/counter", 2)
	}
	return loss
}

// Gradients appends to the Program: loss.Value and its gradients by the parameters, to grads. batch.Y is y of this
// evaluation, with dropout if loss has a counter.
func (m *Model) Gradients(b *machine.Builder, net, grads *nn.Placed, batch Batch, loss Loss) error {
	f := nn.NewFragment()
	bd, in := f.Bind(m.params, net), m.input(f, batch)
	if loss.Counter != machine.None {
		in.Dropout = &Dropout{P: m.config.Dropout, Counter: f.Input(loss.Counter), Seed: loss.Seed, First: loss.First}
	}
	y := m.Apply(bd, in)
	n := y.Shape()[0]
	rows := op.Reshape(op.Square(op.Sub(y, f.Input(loss.Target))), n, pixels(y)*m.config.Outputs)
	value := op.Mean(op.Mul(rows, op.Col(f.Input(loss.Weight))))
	if err := f.Gradients(value, bd, grads); err != nil {
		return fmt.Errorf("unet: %w", err)
	}
	f.Output(y, batch.Y)
	f.Output(value, loss.Value)
	f.Lower(b)
	return nil
}

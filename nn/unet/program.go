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

// EvaluateDropped is Evaluate with the dropout of a loss: while the counter stays, with the masks of its Gradients.
func (m *Model) EvaluateDropped(b *machine.Builder, net *nn.Placed, batch Batch, loss Loss) {
	f := nn.NewFragment()
	in := m.input(f, batch)
	in.Dropout = m.dropout(f, loss)
	f.Output(m.Apply(f.Bind(m.params, net), in), batch.Y)
	f.Lower(b)
}

// dropout is that of a loss, nil if it has none.
func (m *Model) dropout(f *nn.Fragment, loss Loss) *Dropout {
	if loss.Counter == machine.None {
		return nil
	}
	return &Dropout{P: m.config.Dropout, Counter: f.Input(loss.Counter), Seed: loss.Seed, First: loss.First, Before: loss.Before}
}

func (m *Model) input(f *nn.Fragment, batch Batch) Input {
	x := f.Input(batch.X)
	in := m.condition(f, batch)
	in.X = x
	return in
}

// condition is the input without x.
func (m *Model) condition(f *nn.Fragment, batch Batch) Input {
	in := Input{Time: f.Input(batch.Time)}
	if batch.Class != machine.None {
		in.Class = f.Input(batch.Class)
	}
	if batch.Augment != machine.None {
		in.Augment = f.Input(batch.Augment)
	}
	return in
}

// Loss is the memory of a loss: the mean over the batch of Weight times the mean square of y - Target. Of a part of a batch it is
// the part of the sum. Diffusion models
// of every parametrisation have this loss, with their own targets and weights. Huber makes it robust.
type Loss struct {
	Target machine.Tensor // [B,...,Outputs]
	Weight machine.Tensor // [B]
	Value  machine.Tensor // scalar

	// Huber is c of the pseudo-Huber loss (Charbonnier et al. 1997), above 0, or 0 for none. A mean square q then counts as
	// (sqrt(s^2 q + c^2) - c) / s^2, where s is the image's Scale: about q / 2c for a small s^2 q, and sqrt(q) / s for a large one.
	Huber float32
	Scale machine.Tensor // [B]; None without Huber

	Counter machine.Tensor // [2], of dropout; None for no dropout
	Seed    uint64
	First   uint32 // the first of the Streams of dropout

	Whole  int // samples of the batch of which this is a part; 0: it is the whole
	Before int // samples of it before the part
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
	in.Dropout = m.dropout(f, loss)
	y := m.Apply(bd, in)
	value := m.loss(f, y, loss)
	if err := f.Gradients(value, bd, grads); err != nil {
		return fmt.Errorf("unet: %w", err)
	}
	f.Output(y, batch.Y)
	f.Output(value, loss.Value)
	f.Lower(b)
	return nil
}

func (m *Model) loss(f *nn.Fragment, y *nn.Node, loss Loss) *nn.Node {
	n, size := y.Shape()[0], pixels(y)*m.config.Outputs
	whole := n
	if loss.Whole > 0 {
		whole = loss.Whole
	}
	rows := op.Reshape(op.Square(op.Sub(y, f.Input(loss.Target))), n, size)
	if loss.Huber == 0 {
		return op.MeanOf(whole*size, op.Mul(rows, op.Col(f.Input(loss.Weight))))
	}
	c, s := loss.Huber, f.Input(loss.Scale)
	q := op.Affine(op.SumRows(rows), 1/float32(size), 0)
	// (sqrt(s^2 q + c^2) - c) / s^2, without a difference of nearly equal numbers.
	root := op.Sqrt(op.Affine(op.Mul(q, op.Square(s)), 1, c*c))
	return op.MeanOf(whole, op.Mul(op.Div(q, op.Affine(root, 1, c)), f.Input(loss.Weight)))
}

// Package stock trains a perceptron with gorgonia's own operators, machine and solver: what the
// engine is compared with.
package stock

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MLP is a perceptron with ReLU between its layers on one batch: mean squared error, gradients
// by gorgonia.Grad, gorgonia.TapeMachine, gorgonia.AdamSolver.
type MLP struct {
	params G.Nodes
	loss   G.Value
	vm     G.VM
	solver G.Solver
}

// Layer is the start of one layer.
type Layer struct {
	W, B    []float32 // [in, out], [out]
	In, Out int
}

// NewMLP compiles the graph for x [batch, in] and targets y [batch, out].
func NewMLP(x, y []float32, batch int, layers []Layer) (m *MLP, err error) {
	defer func() { // gorgonia reports misfits of shapes by panics
		if r := recover(); r != nil {
			err = fmt.Errorf("stock: %v", r)
		}
	}()
	g, last := G.NewGraph(), layers[len(layers)-1]
	m = &MLP{}
	h := matrix(g, "x", batch, layers[0].In, x)
	for i, l := range layers {
		w, b := matrix(g, fmt.Sprintf("w%d", i), l.In, l.Out, l.W), matrix(g, fmt.Sprintf("b%d", i), 1, l.Out, l.B)
		m.params = append(m.params, w, b)
		h = G.Must(G.BroadcastAdd(G.Must(G.Mul(h, w)), b, nil, []byte{0}))
		if i < len(layers)-1 {
			h = G.Must(G.Rectify(h))
		}
	}
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(h, matrix(g, "y", batch, last.Out, y)))))))
	G.Read(loss, &m.loss)
	if _, err := G.Grad(loss, m.params...); err != nil {
		return nil, fmt.Errorf("stock: %w", err)
	}
	m.vm = G.NewTapeMachine(g, G.BindDualValues(m.params...))
	return m, nil
}

func matrix(g *G.ExprGraph, name string, rows, cols int, data []float32) *G.Node {
	v := tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(append([]float32{}, data...)))
	return G.NewMatrix(g, tensor.Float32, G.WithName(name), G.WithShape(rows, cols), G.WithValue(v))
}

// Pass computes the loss and the gradients.
func (m *MLP) Pass() (loss float32, err error) {
	m.vm.Reset()
	if err := m.vm.RunAll(); err != nil {
		return 0, fmt.Errorf("stock: %w", err)
	}
	return m.loss.Data().(float32), nil
}

// Grads are the gradients of the last Pass: weight and bias of each layer.
func (m *MLP) Grads() (list [][]float32, err error) {
	for _, p := range m.params {
		v, err := p.Grad()
		if err != nil {
			return nil, fmt.Errorf("stock: %w", err)
		}
		list = append(list, append([]float32{}, v.Data().([]float32)...))
	}
	return list, nil
}

// Step is a Pass and one step of Adam.
func (m *MLP) Step() error {
	if _, err := m.Pass(); err != nil {
		return err
	}
	if m.solver == nil {
		m.solver = G.NewAdamSolver(G.WithLearnRate(1e-3))
	}
	return m.solver.Step(G.NodesToValueGrads(m.params))
}

// Close ends the machine.
func (m *MLP) Close() error { return m.vm.Close() }

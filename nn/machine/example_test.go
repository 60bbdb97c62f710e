package machine_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// A gorgonia graph with its gradient, compiled once and run as one Program.
func ExampleMachine() {
	g := G.NewGraph()
	matrix := func(name string, rows, columns int, x ...float32) *G.Node {
		return G.NewMatrix(g, G.Float32, G.WithName(name), G.WithShape(rows, columns), G.WithValue(tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(x))))
	}
	x, w := matrix("x", 2, 2, 1, 2, 3, 4), matrix("w", 2, 1, 0.5, -1)
	loss := op.Mean(op.Square(op.Linear(x, w, nil, op.Identity)))
	gradients, err := G.Grad(loss, w)
	if err != nil {
		log.Fatal(err)
	}
	m, err := machine.New(g, machine.Outputs(loss, gradients[0]))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if err := m.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("loss", loss.Value(), "gradient", gradients[0].Value().Data())
	// Output:
	// loss 4.25 gradient [-9 -13]
}

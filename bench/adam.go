package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// Adams are the cases of "adam", which moves memory and computes little: for a GPU, whose floor counts traffic. The small one is a launch
// and little else.
func Adams(gpu bool) []Case {
	if !gpu {
		return nil
	}
	return []Case{Adam(10_000_000), Adam(1 << 16)}
}

// Adam is one step of Adam on n parameters whose gradients are given: four numbers read and three written for each.
func Adam(n int) Case {
	return Case{
		Name: "adam", Shape: fmt.Sprintf("%d parameters", n), Unit: "GB/s", Items: 7 * 4 * float64(n) / 1e9,
		Open: func(b kernels.Backend) (Running, error) { return openAdam(b, n) },
	}
}

func openAdam(backend kernels.Backend, n int) (Running, error) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	g := newGraph()
	squares := normals("v", n)
	for i, v := range squares {
		squares[i] = v * v
	}
	p, grad, m, v := g.normal("p", n), g.normal("grad", n), g.normal("m", n), g.input("v", squares, n)
	state := g.input("state", []float32{learningRate, 1, 1}, 3)
	g.results = []machine.Tensor{p, m, v}
	return g.open(backend, "adam", func(b *machine.Builder) error {
		b.AdamTick(state, b1, b2)
		b.Adam(p, grad, m, v, state, machine.None, b1, b2, eps)
		return nil
	})
}

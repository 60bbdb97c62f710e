package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// layerGolden is one case of testdata/layers_golden.json. layers_golden.py made it with PyTorch.
type layerGolden struct {
	Y     []float64
	Grads map[string][]float64
}

func readLayers(t *testing.T) map[string]layerGolden {
	t.Helper()
	text, err := os.ReadFile("testdata/layers_golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases map[string]layerGolden }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all.Cases
}

// layers builds the golden cases. Its inputs follow the same formula as those of layers_golden.py.
type layers struct {
	g  *G.ExprGraph
	in map[string]*G.Node
}

func (l *layers) fill(name string, frequency, offset float64, shape ...int) *G.Node {
	x := make([]float32, tensor.Shape(shape).TotalSize())
	for i := range x {
		x[i] = float32(math.Sin(frequency*float64(i) + offset))
	}
	l.in[name] = G.NewTensor(l.g, G.Float32, len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(op.NewValue(shape, x)))
	return l.in[name]
}

func (l *layers) given(name string, x ...float32) *G.Node {
	return G.NewVector(l.g, G.Float32, G.WithName(name), G.WithShape(len(x)), G.WithValue(op.NewValue(tensor.Shape{len(x)}, x)))
}

const goldenB, goldenP, goldenC, goldenGroups, goldenEps = 2, 3, 6, 3, 0.125

func (l *layers) norm() (x, gamma, beta *G.Node) {
	return l.fill("x", 1.3, 0.2, goldenB, goldenP, goldenC), l.fill("gamma", 0.9, 0.5, goldenC), l.fill("beta", 0.4, 1.1, goldenC)
}

var layerCases = map[string]func(l *layers) *G.Node{
	"groupnorm": func(l *layers) *G.Node {
		x, gamma, beta := l.norm()
		return op.GroupNorm(x, gamma, beta, nil, goldenGroups, goldenEps, op.Identity)
	},
	"groupnorm film silu": func(l *layers) *G.Node {
		x, gamma, beta := l.norm()
		return op.GroupNorm(x, gamma, beta, l.fill("film", 0.6, 0.3, goldenB, 2*goldenC), goldenGroups, goldenEps, op.SiLU)
	},
	"layernorm gelu": func(l *layers) *G.Node {
		x, gamma, beta := l.norm()
		return op.Apply(op.LayerNorm(x, gamma, beta, goldenEps), op.GELU)
	},
	"crossentropy": func(l *layers) *G.Node {
		return op.CrossEntropy(l.fill("logits", 2.1, 0.7, 4, 5), l.given("labels", 3, 0, 4, 3))
	},
	"crossentropy weighted": func(l *layers) *G.Node {
		weights := l.given("weights", 1, 0.5, 2, 0.25, 3)
		return op.WeightedCrossEntropy(l.fill("logits", 2.1, 0.7, 4, 5), l.given("labels", 3, 0, 4, 3), weights)
	},
	"avgpool":  func(l *layers) *G.Node { return op.AvgPool(l.fill("image", 1.7, 0.1, 1, 4, 4, 2), 2) },
	"upsample": func(l *layers) *G.Node { return op.Upsample(l.fill("image", 1.7, 0.1, 1, 4, 4, 2), 2) },
}

func TestLayersAgreeWithPyTorch(t *testing.T) {
	golden := readLayers(t)
	if len(golden) != len(layerCases) {
		t.Errorf("%d golden cases, %d cases", len(golden), len(layerCases))
	}
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, build := range layerCases {
		t.Run(name, func(t *testing.T) {
			l, want := &layers{G.NewGraph(), map[string]*G.Node{}}, golden[name]
			y := build(l)
			r := make([]float32, len(want.Y))
			for i := range r {
				r[i] = float32(math.Cos(0.7 * float64(i)))
			}
			loss := op.Sum(op.Mul(y, op.Reshape(l.given("r", r...), y.Shape()...)))
			var names []string
			var wrt G.Nodes
			for in := range want.Grads {
				names, wrt = append(names, in), append(wrt, l.in[in])
			}
			grads, err := G.Grad(loss, wrt...)
			if err != nil {
				t.Fatal(err)
			}
			m, err := machine.New(l.g, machine.On(backend), machine.Poison(), machine.Outputs(append(G.Nodes{y}, grads...)...))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
			near(t, "y", numbers(t, y.Value()), want.Y, 2e-6)
			for i, in := range names {
				near(t, "gradient of "+in, numbers(t, grads[i].Value()), want.Grads[in], 5e-6)
			}
		})
	}
}

func TestNormLayersBegin(t *testing.T) {
	w := weights(func(p *nn.Params) {
		nn.NewGroupNorm(p, "g", 8, 2, op.SiLU)
		nn.NewLayerNorm(p, "l", 5)
		nn.NewEmbedding(p, "e", 4, 100, nn.Normal(0.5))
	}, 1)
	for i, x := range w["g.gamma"] {
		if x != 1 || w["g.beta"][i] != 0 {
			t.Errorf("channel %d begins with %g and %g", i, x, w["g.beta"][i])
		}
	}
	variance := 0.0
	for _, x := range w["e.table"] {
		variance += float64(x) * float64(x) / 400
	}
	if math.Abs(variance-0.25) > 4*0.25*math.Sqrt(2.0/400) || w["l.gamma"][4] != 1 {
		t.Errorf("variance of the table %g, layer gamma %v", variance, w["l.gamma"])
	}
}

package nn_test

import (
	"encoding/json"
	"fmt"
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

// convGolden is testdata/conv_golden.json. conv_golden.py made it with PyTorch's autograd in float64.
type convGolden struct {
	Fills map[string][2]float64
	Cases []convCase
}

type convCase struct {
	Dims, Shape   []int
	Stride, Pad   int
	Y, Dx, Dw, Db []float64
}

// node adds an input node with values from the golden file.
func (c *convGolden) node(g *G.ExprGraph, dt tensor.Dtype, name string, shape []int) *G.Node {
	n, fill := 1, c.Fills[name]
	for _, d := range shape {
		n *= d
	}
	x := make([]any, n)
	for i := range x {
		x[i] = math.Sin(fill[0]*float64(i) + fill[1])
	}
	return node(g, dt, name, x, shape...)
}

// conv builds one case and returns its results by their names in the golden file.
func (c *convGolden) conv(t *testing.T, k *convCase, dt tensor.Dtype) (*G.ExprGraph, map[string]*G.Node) {
	t.Helper()
	d, g, win := k.Dims, G.NewGraph(), op.Window{Stride: k.Stride, Pad: k.Pad}
	shapes := [][]int{d[:4], {d[4], d[5], d[3], d[6]}, k.Shape}
	sequence := d[1] == 1 && d[4] == 1
	if sequence {
		shapes = [][]int{{d[0], d[2], d[3]}, {d[5], d[3], d[6]}, {d[0], k.Shape[2], d[6]}}
	}
	x, w, b := c.node(g, dt, "x", shapes[0]), c.node(g, dt, "w", shapes[1]), c.node(g, dt, "b", d[6:])
	conv := op.Conv2D
	if sequence {
		conv = op.Conv1D
	}
	y := conv(x, w, b, win, op.Identity)
	grads, err := G.Grad(op.Sum(op.Mul(y, c.node(g, dt, "dy", shapes[2]))), x, w, b)
	if err != nil {
		t.Fatal(err)
	}
	return g, map[string]*G.Node{"y": y, "dx": grads[0], "dw": grads[1], "db": grads[2]}
}

func TestConvolutionsAgreeWithPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/conv_golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var c convGolden
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Cases {
		for dt, tol := range map[tensor.Dtype]float64{G.Float64: 1e-12, G.Float32: 1e-5} {
			k := &c.Cases[i]
			t.Run(fmt.Sprintf("%v/%v", k.Dims, dt), func(t *testing.T) {
				g, results := c.conv(t, k, dt)
				m, err := machine.New(g, machine.On(backend), machine.Poison(), machine.Outputs(results["y"], results["dx"], results["dw"], results["db"]))
				if err != nil {
					t.Fatal(err)
				}
				if err := m.RunAll(); err != nil {
					t.Fatal(err)
				}
				for name, want := range map[string][]float64{"y": k.Y, "dx": k.Dx, "dw": k.Dw, "db": k.Db} {
					near(t, name, numbers(t, results[name].Value()), want, tol)
				}
			})
		}
	}
}

// PyTorch's default bound is 1/sqrt(fan-in), and the layers must keep to it.
func TestConvLayers(t *testing.T) {
	p := nn.NewParams("net")
	image := nn.NewConv2D(p, "image", [4]int{3, 5, 4, 6}, op.Window{Stride: 2, Pad: 1}, op.ReLU, nn.KaimingUniform)
	line := nn.NewConv1D(p, "line", [3]int{5, 3, 8}, op.Window{Stride: 1, Pad: 2}, op.Tanh, nn.XavierUniform)
	g := G.NewGraph()
	bd := p.Bind(g)
	x := G.NewTensor(g, G.Float32, 4, G.WithName("x"), G.WithShape(2, 7, 8, 4))
	s := G.NewTensor(g, G.Float32, 3, G.WithName("s"), G.WithShape(2, 9, 3))
	if got := image.Apply(bd, x).Shape(); !got.Eq(tensor.Shape{2, 4, 3, 6}) {
		t.Errorf("image has shape %v", got)
	}
	if got := line.Apply(bd, s).Shape(); !got.Eq(tensor.Shape{2, 9, 8}) {
		t.Errorf("sequence has shape %v", got)
	}
	flat := make([]float32, p.Len())
	p.Place(machine.NewLayout(), "net").Init(flat, 1)
	for i, want := range []float64{1 / math.Sqrt(60), 1 / math.Sqrt(60), math.Sqrt(6.0 / (15 + 40)), 0} {
		q := p.List()[i]
		size := 1
		for _, n := range q.Shape() {
			size *= n
		}
		largest := 0.0
		for _, v := range flat[:size] {
			largest = max(largest, math.Abs(float64(v)))
		}
		if largest > want || largest < 0.6*want {
			t.Errorf("%s: largest value %g, bound %g", q.Name(), largest, want)
		}
		flat = flat[(size+15)/16*16:]
	}
}

package machine_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// input adds an input node with random values in (-1, 1), or the given ones.
func input(g *G.ExprGraph, dt tensor.Dtype, rng *rand.Rand, name string, shape ...int) *G.Node {
	return value(g, dt, name, func(int) float64 { return 2*rng.Float64() - 1 }, shape...)
}

func value(g *G.ExprGraph, dt tensor.Dtype, name string, f func(i int) float64, shape ...int) *G.Node {
	n := 1
	for _, d := range shape {
		n *= d
	}
	var v G.Value
	if dt == G.Float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = f(i)
		}
		v = op.NewValue(shape, x)
	} else {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(f(i))
		}
		v = op.NewValue(shape, x)
	}
	return G.NewTensor(g, dt, len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(v))
}

// graph is a loss with its gradients.
type graph struct {
	g     *G.ExprGraph
	loss  *G.Node
	wrt   G.Nodes
	grads G.Nodes
	more  G.Nodes // other outputs
}

func (b *graph) differentiate(t testing.TB) *graph {
	t.Helper()
	var err error
	if b.grads, err = G.Grad(b.loss, b.wrt...); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *graph) outputs() G.Nodes {
	return append(append(G.Nodes{b.loss}, b.grads...), b.more...)
}

// mlp is a two-layer network with a squared loss; the first layer is shared by two heads.
func mlp(t testing.TB, dt tensor.Dtype) *graph {
	g, rng := G.NewGraph(), rand.New(rand.NewPCG(1, 2))
	x := input(g, dt, rng, "x", 6, 5)
	w1, b1 := input(g, dt, rng, "w1", 5, 7), input(g, dt, rng, "b1", 7)
	w2, b2 := input(g, dt, rng, "w2", 7, 4), input(g, dt, rng, "b2", 4)
	w3 := input(g, dt, rng, "w3", 7, 3)
	y := input(g, dt, rng, "y", 6, 4)
	h := op.Linear(x, w1, b1, op.LeakyReLU(0.01))
	d := op.Sub(op.Linear(h, w2, b2, op.Tanh), y)
	loss := op.Add(op.Mean(op.Square(d)), op.Affine(op.Sum(op.Exp(op.Linear(h, w3, nil, op.Sigmoid))), 0.1, 0))
	return (&graph{g: g, loss: loss, wrt: G.Nodes{w1, b1, w2, b2, w3, x}}).differentiate(t)
}

// critic is an attention critic (Iqbal & Sha 2019) with a penalty on its logits.
func critic(t testing.TB, dt tensor.Dtype) *graph {
	const B, N, O, U, H, h = 4, 3, 5, 3, 8, 2
	g, rng := G.NewGraph(), rand.New(rand.NewPCG(3, 4))
	in := func(name string, shape ...int) *G.Node { return input(g, dt, rng, name, shape...) }
	obs, y := in("obs", B*N, O), in("y", B*N)
	act := value(g, dt, "act", func(i int) float64 { return float64(i * 7 % U) }, B*N)
	we, be, ws, bs := in("we", O+U, H), in("be", H), in("ws", O, H), in("bs", H)
	wq, wk, wv, bv := in("wq", H, H), in("wk", H, H), in("wv", H, H), in("bv", H)
	w1, b1, w2, b2 := in("w1", 2*H, H), in("b1", H), in("w2", H, U), in("b2", U)
	leaky := op.LeakyReLU(0.01)
	e := op.Linear(op.Concat(obs, op.OneHot(act, U)), we, be, leaky)
	s := op.Linear(obs, ws, bs, leaky)
	q, k := op.Linear(s, wq, nil, op.Identity), op.Linear(e, wk, nil, op.Identity)
	x := op.Attention(q, k, op.Linear(e, wv, bv, leaky), N, h)
	Q := op.Linear(op.Linear(op.Concat(s, x), w1, b1, leaky), w2, b2, op.Identity)
	td := op.Sub(op.Pick(Q, act), y)
	loss := op.Add(op.Affine(op.Mean(op.Square(td)), N, 0), op.AttentionPenalty(q, k, N, h, 0.01))
	c := &graph{g: g, loss: loss, wrt: G.Nodes{we, be, ws, bs, wq, wk, wv, bv, w1, b1, w2, b2}}
	c.more = G.Nodes{Q, op.AttentionEntropy(q, k, N, h)}
	return c.differentiate(t)
}

// values runs the graph and returns all outputs.
func values(t rapid.TB, b *graph, m G.VM) [][]float64 {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	var list [][]float64
	for _, n := range b.outputs() {
		list = append(list, floats(t, n.Value()))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}

func floats(t rapid.TB, v G.Value) []float64 {
	t.Helper()
	if v.Dtype() == G.Float64 {
		x, err := op.Elements[float64](v)
		if err != nil {
			t.Fatal(err)
		}
		return append([]float64{}, x...)
	}
	x, err := op.Elements[float32](v)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float64, len(x))
	for i := range x {
		y[i] = float64(x[i])
	}
	return y
}

func build(t rapid.TB, b *graph, opts ...machine.Option) *machine.Machine {
	t.Helper()
	m, err := machine.New(b.g, append(opts, machine.Outputs(b.outputs()...))...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// compare reports the largest difference beyond tol, relative to the largest element.
func compare(t rapid.TB, what string, got, want [][]float64, tol float64) {
	t.Helper()
	for i := range want {
		scale := 1e-3
		for _, x := range want[i] {
			scale = max(scale, math.Abs(x))
		}
		for j := range want[i] {
			if d := math.Abs(got[i][j] - want[i][j]); !(d <= tol*scale) {
				t.Errorf("%s: output %d[%d] = %.9g, want %.9g (tolerance %g of %g)", what, i, j, got[i][j], want[i][j], tol, scale)
				break
			}
		}
	}
}

var graphs = map[string]func(testing.TB, tensor.Dtype) *graph{"mlp": mlp, "critic": critic}

func TestMachineAgreesWithTapeMachine(t *testing.T) {
	for name, make := range graphs {
		for dt, tol := range map[tensor.Dtype]float64{G.Float32: 1e-5, G.Float64: 1e-7} {
			t.Run(fmt.Sprintf("%s/%v", name, dt), func(t *testing.T) {
				b := make(t, dt)
				want := values(t, b, G.NewTapeMachine(b.g))
				opts := []machine.Option{machine.Poison()}
				if dt == G.Float32 {
					opts = append(opts, machine.On(open(t, "ref")))
				}
				compare(t, "fused", values(t, b, build(t, b, opts...)), want, tol)
				opts = append(opts, machine.Naive())
				compare(t, "naive", values(t, b, build(t, b, opts...)), want, tol)
			})
		}
	}
}

func open(t testing.TB, name string) kernels.Backend {
	t.Helper()
	if name != "auto" && !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{})
	if err != nil {
		t.Fatal(err) // a backend that is built must open
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// full is a backend without memory.
type full struct{ kernels.Backend }

func (full) Name() string                      { return "full" }
func (full) Alloc(int) (kernels.Buffer, error) { return nil, errors.New("out of memory") }

func TestFailedMachineIsNil(t *testing.T) {
	m, err := machine.New(mlp(t, G.Float32).g, machine.On(full{}))
	if m != nil || err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("got %v, %v", m, err)
	}
}

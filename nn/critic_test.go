package nn_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"gorgonia.org/tensor"
)

// golden is testdata/critic_golden.json. critic_golden.py made it with PyTorch's autograd in float64.
type golden struct {
	B, N, O, U, H, Heads int
	Leaky                float32
	PenaltyWeight        float32 `json:"penalty_weight"`
	Obs                  any
	Actions, Targets     any
	Weights              map[string]any
	Q                    any
	Mse                  float64
	LogitPenalty         float64 `json:"logit_penalty"`
	Loss                 float64
	Grads                map[string]any
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	text, err := os.ReadFile("testdata/critic_golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var c golden
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// flat lists the numbers of nested arrays.
func flat(v any) []float64 {
	switch x := v.(type) {
	case float64:
		return []float64{x}
	case []any:
		var list []float64
		for _, e := range x {
			list = append(list, flat(e)...)
		}
		return list
	}
	panic(fmt.Sprintf("golden: %T", v))
}

// node adds an input node with golden values.
func node(g *G.ExprGraph, dt tensor.Dtype, name string, v any, shape ...int) *G.Node {
	x := flat(v)
	var value G.Value
	if dt == G.Float64 {
		value = op.NewValue(shape, x)
	} else {
		y := make([]float32, len(x))
		for i := range x {
			y[i] = float32(x[i])
		}
		value = op.NewValue(shape, y)
	}
	return G.NewTensor(g, dt, len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(value))
}

// critic builds the golden network and returns its results by their names in the golden file.
func (c *golden) critic(t *testing.T, dt tensor.Dtype) (g *G.ExprGraph, results map[string]*G.Node) {
	t.Helper()
	g = G.NewGraph()
	w := map[string]*G.Node{}
	var names []string
	weight := func(name string, shape ...int) *G.Node {
		w[name] = node(g, dt, name, c.Weights[name], shape...)
		names = append(names, name)
		return w[name]
	}
	m, leaky := c.B*c.N, op.LeakyReLU(c.Leaky)
	obs, y := node(g, dt, "obs", c.Obs, m, c.O), node(g, dt, "y", c.Targets, m)
	act := node(g, dt, "act", c.Actions, m)
	e := op.Linear(op.Concat(obs, op.OneHot(act, c.U)), weight("W_e", c.O+c.U, c.H), weight("b_e", c.H), leaky)
	s := op.Linear(obs, weight("W_s", c.O, c.H), weight("b_s", c.H), leaky)
	q, k := op.MatMul(s, weight("W_Q", c.H, c.H), false, false), op.MatMul(e, weight("W_K", c.H, c.H), false, false)
	v := op.Linear(e, weight("W_V", c.H, c.H), weight("b_V", c.H), leaky)
	x := op.Attention(q, k, v, c.N, c.Heads)
	hidden := op.Linear(op.Concat(s, x), weight("W_1", 2*c.H, c.H), weight("b_1", c.H), leaky)
	all := op.Linear(hidden, weight("W_2", c.H, c.U), weight("b_2", c.U), op.Identity)
	// The loss is the mean over the batch, summed over agents.
	mse := op.Affine(op.Sum(op.Square(op.Sub(op.Pick(all, act), y))), 1/float32(c.B), 0)
	penalty := op.AttentionPenalty(q, k, c.N, c.Heads, c.PenaltyWeight)
	loss := op.Add(mse, penalty)
	results = map[string]*G.Node{"Q": all, "mse": mse, "penalty": penalty, "loss": loss}
	var wrt G.Nodes
	for _, n := range names {
		wrt = append(wrt, w[n])
	}
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range names {
		results["grad "+n] = grads[i]
	}
	return g, results
}

func (c *golden) want() map[string][]float64 {
	want := map[string][]float64{"Q": flat(c.Q), "mse": {c.Mse}, "penalty": {float64(c.PenaltyWeight) * c.LogitPenalty}, "loss": {c.Loss}}
	for n, v := range c.Grads {
		want["grad "+n] = flat(v)
	}
	return want
}

func TestCriticAgreesWithPyTorch(t *testing.T) {
	c := readGolden(t)
	want := c.want()
	for dt, tol := range map[tensor.Dtype]float64{G.Float64: 1e-12, G.Float32: 1e-5} {
		t.Run(fmt.Sprint(dt), func(t *testing.T) {
			backend, err := kernels.Open("ref", kernels.Options{})
			if err != nil {
				t.Fatal(err)
			}
			g, results := c.critic(t, dt)
			opts := []machine.Option{machine.On(backend), machine.Poison()}
			for _, n := range results {
				opts = append(opts, machine.Outputs(n))
			}
			m, err := machine.New(g, opts...)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
			if len(results) != len(want) {
				t.Fatalf("%d results, %d golden", len(results), len(want))
			}
			for name, n := range results {
				near(t, name, numbers(t, n.Value()), want[name], tol)
			}
		})
	}
}

func numbers(t *testing.T, v G.Value) []float64 {
	t.Helper()
	if v.Dtype() == G.Float64 {
		x, err := op.Elements[float64](v)
		if err != nil {
			t.Fatal(err)
		}
		return x
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

// near compares with tolerance tol, relative to the largest element.
func near(t *testing.T, name string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, want %d", name, len(got), len(want))
	}
	scale := 0.0
	for _, x := range want {
		scale = max(scale, math.Abs(x))
	}
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= tol*scale) {
			t.Errorf("%s[%d] = %.15g, want %.15g, off by %.2g of %.2g", name, i, got[i], want[i], d, scale)
		}
	}
}

package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// bench is a float64 graph under test. Its differentiable inputs are numbered in order of creation.
type bench struct {
	g   *G.ExprGraph
	rng *rand.Rand
	wrt G.Nodes
	n   int
}

// node adds an input node with the given values.
func (b *bench) node(f func(i int) float64, shape ...int) *G.Node {
	n := 1
	for _, d := range shape {
		n *= d
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = f(i)
	}
	b.n++
	name := "in" + string(rune('a'+b.n))
	return G.NewTensor(b.g, G.Float64, len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(op.NewValue(shape, x)))
}

// in is a differentiable input in (-2, 2).
func (b *bench) in(shape ...int) *G.Node { return b.between(-2, 2, shape...) }

func (b *bench) between(lo, hi float64, shape ...int) *G.Node {
	x := b.node(func(int) float64 { return lo + (hi-lo)*b.rng.Float64() }, shape...)
	b.wrt = append(b.wrt, x)
	return x
}

// index is an input of integers below n. It has no gradient.
func (b *bench) index(n int, shape ...int) *G.Node {
	return b.node(func(int) float64 { return float64(b.rng.IntN(n)) }, shape...)
}

var derivatives = map[string]func(b *bench) *G.Node{
	"linear":         func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.Identity) },
	"linear no bias": func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), nil, op.Tanh) },
	"linear relu":    func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.ReLU) },
	"linear leaky":   func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.LeakyReLU(0.25)) },
	"linear sigmoid": func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.Sigmoid) },
	"linear clamp":   func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.Clamp(-1, 1)) },
	"grouped linear": func(b *bench) *G.Node { return op.GroupedLinear(b.in(6, 4), b.in(3, 4, 2), b.in(3, 2), op.Tanh) },
	"grouped silu":   func(b *bench) *G.Node { return op.GroupedLinear(b.in(6, 4), b.in(3, 4, 2), nil, op.SiLU) },
	"grouped separate": func(b *bench) *G.Node {
		y := op.GroupedLinear(b.in(3, 2, 4), b.in(3, 4, 2), b.in(3, 2), op.Sigmoid)
		return op.Reshape(y, 6, 2)
	},
	"conv": func(b *bench) *G.Node {
		return op.Conv2D(b.in(2, 4, 5, 2), b.in(3, 3, 2, 3), b.in(3), op.Window{Stride: 1, Pad: 1}, op.Identity)
	},
	"conv stride tanh": func(b *bench) *G.Node {
		return op.Conv2D(b.in(2, 5, 4, 2), b.in(3, 2, 2, 3), b.in(3), op.Window{Stride: 2, Pad: 1}, op.Tanh)
	},
	"conv with zeros at the end": func(b *bench) *G.Node {
		return op.Conv2D(b.in(2, 4, 6, 2), b.in(3, 3, 2, 3), b.in(3), op.Window{Stride: 2, End: 1}, op.Identity)
	},
	"conv residual silu": func(b *bench) *G.Node {
		x := b.in(1, 3, 3, 2)
		return op.Add(x, op.Conv2D(op.Apply(x, op.SiLU), b.in(3, 3, 2, 2), b.in(2), op.Window{Stride: 1, Pad: 1}, op.SiLU))
	},
	"conv chain relu": func(b *bench) *G.Node {
		x := op.Conv2D(b.in(2, 3, 3, 2), b.in(1, 1, 2, 3), nil, op.Window{Stride: 1}, op.Sigmoid)
		return op.Conv2D(x, b.in(2, 2, 3, 2), nil, op.Window{Stride: 1, Pad: 1}, op.LeakyReLU(0.25))
	},
	"conv 1d": func(b *bench) *G.Node {
		return op.Conv1D(b.in(2, 7, 2), b.in(5, 2, 3), b.in(3), op.Window{Stride: 2, Pad: 2}, op.Sigmoid)
	},
	"groupnorm": func(b *bench) *G.Node { return op.GroupNorm(b.in(2, 3, 6), b.in(6), b.in(6), nil, 3, 0.1, op.Identity) },
	"groupnorm film": func(b *bench) *G.Node {
		y := op.GroupNorm(b.in(2, 2, 3, 4), b.in(4), b.in(4), b.in(2, 8), 2, 0.1, op.SiLU)
		return op.Reshape(y, 12, 4)
	},
	"groupnorm vector": func(b *bench) *G.Node { return op.GroupNorm(b.in(2, 4), b.in(4), b.in(4), b.in(2, 8), 1, 0.1, op.GELU) },
	"groupnorm skip": func(b *bench) *G.Node {
		x := b.in(2, 4)
		return op.Add(x, op.GroupNorm(op.Affine(x, 2, 0), b.in(4), b.in(4), nil, 1, 0.1, op.SiLU))
	},
	"layernorm":        func(b *bench) *G.Node { return op.LayerNorm(b.in(3, 5), b.in(5), b.in(5), 0.1) },
	"layernorm rank 3": func(b *bench) *G.Node { return op.Reshape(op.LayerNorm(b.in(2, 2, 5), b.in(5), b.in(5), 0.1), 4, 5) },
	"upsample":         func(b *bench) *G.Node { return op.Upsample(b.in(2, 2, 3, 2), 2) },
	"avgpool":          func(b *bench) *G.Node { return op.AvgPool(b.in(2, 4, 6, 3), 2) },
	"dropout": func(b *bench) *G.Node {
		return op.Dropout(b.in(4, 6), b.node(func(i int) float64 { return float64(i) }, 2), op.Mask{P: 0.5, Seed: 3, Stream: 4})
	},
	"dropout of a part": func(b *bench) *G.Node {
		return op.Dropout(b.in(4, 6), b.node(func(i int) float64 { return float64(i) }, 2), op.Mask{P: 0.5, Seed: 3, Stream: 4, Before: 6})
	},
	"time embedding": func(b *bench) *G.Node { return op.Mul(b.in(3, 4), op.TimeEmbedding(b.index(100, 3), 2, 1000)) },
	"crossentropy":   func(b *bench) *G.Node { return op.CrossEntropy(b.in(4, 3), b.index(3, 4)) },
	"crossentropy weighted": func(b *bench) *G.Node {
		return op.WeightedCrossEntropy(b.in(4, 3), b.index(3, 4), b.node(func(i int) float64 { return 1 + float64(i) }, 3))
	},
	"repeat rows":      func(b *bench) *G.Node { return op.RepeatRows(b.in(3, 5), 4) },
	"sum groups":       func(b *bench) *G.Node { return op.SumGroups(b.in(12, 5), 4) },
	"embedding":        func(b *bench) *G.Node { return op.Embedding(b.in(3, 2), b.index(3, 6)) },
	"concat three":     func(b *bench) *G.Node { return op.Concat(b.in(4, 3), b.in(4, 2), b.in(4, 1)) },
	"concat images":    func(b *bench) *G.Node { return op.Reshape(op.Concat(b.in(2, 1, 3, 3), b.in(2, 1, 3, 2)), 6, 5) },
	"matmul":           func(b *bench) *G.Node { return op.MatMul(b.in(4, 3), b.in(3, 5), false, false) },
	"matmul ta":        func(b *bench) *G.Node { return op.MatMul(b.in(3, 4), b.in(3, 5), true, false) },
	"matmul tb":        func(b *bench) *G.Node { return op.MatMul(b.in(4, 3), b.in(5, 3), false, true) },
	"matmul ta tb":     func(b *bench) *G.Node { return op.MatMul(b.in(3, 4), b.in(5, 3), true, true) },
	"relu":             func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.ReLU) },
	"leaky":            func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.LeakyReLU(0.25)) },
	"tanh":             func(b *bench) *G.Node { return op.Apply(b.in(7), op.Tanh) },
	"sigmoid":          func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.Sigmoid) },
	"silu":             func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.SiLU) },
	"gelu":             func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.GELU) },
	"linear silu":      func(b *bench) *G.Node { return op.Linear(b.in(4, 3), b.in(3, 5), b.in(5), op.SiLU) },
	"clamp":            func(b *bench) *G.Node { return op.Apply(b.in(4, 3), op.Clamp(-1, 0.5)) },
	"exp":              func(b *bench) *G.Node { return op.Exp(b.in(4, 3)) },
	"log":              func(b *bench) *G.Node { return op.Log(b.between(0.5, 3, 4, 3)) },
	"square":           func(b *bench) *G.Node { return op.Square(b.in(4, 3)) },
	"sqrt":             func(b *bench) *G.Node { return op.Sqrt(b.between(0.5, 3, 4, 3)) },
	"abs":              func(b *bench) *G.Node { return op.Abs(b.in(4, 3)) },
	"neg":              func(b *bench) *G.Node { return op.Neg(b.in(4, 3)) },
	"affine":           func(b *bench) *G.Node { return op.Affine(b.in(4, 3), -0.5, 3) },
	"add":              func(b *bench) *G.Node { return op.Add(b.in(4, 3), b.in(4, 3)) },
	"add row":          func(b *bench) *G.Node { return op.Add(b.in(4, 3), b.in(3)) },
	"add row rank 4":   func(b *bench) *G.Node { return op.Mul(b.in(2, 3, 1, 4), op.Add(b.in(2, 3, 1, 4), b.in(4))) },
	"sub column":       func(b *bench) *G.Node { return op.Sub(b.in(4, 3), op.Col(b.in(4))) },
	"column sub":       func(b *bench) *G.Node { return op.Sub(op.Col(b.in(4)), b.in(4, 3)) },
	"mul row matrix":   func(b *bench) *G.Node { return op.Mul(b.in(4, 3), b.in(1, 3)) },
	"mul scalar":       func(b *bench) *G.Node { return op.Mul(b.in(4, 3), b.in()) },
	"scalar mul":       func(b *bench) *G.Node { return op.Mul(b.in(), b.in(4)) },
	"mul scalars":      func(b *bench) *G.Node { return op.Mul(b.in(), b.in()) },
	"div":              func(b *bench) *G.Node { return op.Div(b.in(4, 3), b.between(1, 2, 4, 3)) },
	"div scalar":       func(b *bench) *G.Node { return op.Div(b.in(4, 3), b.between(1, 2)) },
	"row div":          func(b *bench) *G.Node { return op.Div(b.in(3), b.between(1, 2, 4, 3)) },
	"min":              func(b *bench) *G.Node { return op.Min(b.in(4, 3), b.in(4, 3)) },
	"max":              func(b *bench) *G.Node { return op.Max(b.in(5), b.in(5)) },
	"x times x":        func(b *bench) *G.Node { x := b.in(4, 3); return op.Mul(x, x) },
	"sum":              func(b *bench) *G.Node { return op.Sum(b.in(4, 3)) },
	"mean":             func(b *bench) *G.Node { return op.Mean(b.in(4, 3)) },
	"sumrows":          func(b *bench) *G.Node { return op.SumRows(b.in(4, 3)) },
	"sumcols":          func(b *bench) *G.Node { return op.SumCols(b.in(4, 3)) },
	"logsoftmax":       func(b *bench) *G.Node { return op.LogSoftmax(b.in(4, 3), nil) },
	"pick":             func(b *bench) *G.Node { return op.Pick(b.in(4, 3), b.index(3, 4)) },
	"concat":           func(b *bench) *G.Node { return op.Concat(b.in(4, 3), b.in(4, 2)) },
	"columns":          func(b *bench) *G.Node { return op.Columns(b.in(4, 5), 1, 3) },
	"reshape":          func(b *bench) *G.Node { return op.Reshape(b.in(4, 3), 6, 2) },
	"gatherrows":       func(b *bench) *G.Node { return op.GatherRows(b.in(3, 2), b.index(3, 6)) },
	"attention":        func(b *bench) *G.Node { return op.Attention(b.in(6, 4), b.in(6, 4), b.in(6, 4), 3, 2) },
	"attention shared": func(b *bench) *G.Node { x := b.in(6, 4); return op.Attention(x, x, x, 3, 2) },
	"self attention":   func(b *bench) *G.Node { return op.SelfAttention(b.in(6, 4), b.in(6, 4), b.in(6, 4), 3, 2) },
	"penalty":          func(b *bench) *G.Node { return op.AttentionPenalty(b.in(6, 4), b.in(6, 4), 3, 2, 0.5) },
	"logsoftmax masked": func(b *bench) *G.Node {
		legal := b.node(func(i int) float64 { return float64(min(1, i*i%3+i%2)) }, 4, 3)
		logp := op.LogSoftmax(b.in(4, 3), legal)
		return op.Mul(logp, legal) // the value of a masked entry is a constant of magnitude 1e9
	},
	"stopgradient": func(b *bench) *G.Node {
		x := b.in(4, 3)
		return op.Add(op.Square(x), op.StopGradient(op.Exp(b.node(func(i int) float64 { return 0.1 * float64(i) }, 4, 3))))
	},
}

func TestDerivatives(t *testing.T) {
	for name, f := range derivatives {
		t.Run(name, func(t *testing.T) {
			b, loss, grads := differentiate(t, f)
			m := vm(t, b.g, append(G.Nodes{loss}, grads...)...)
			run(t, m)
			forward := vm(t, b.g, loss)
			for i, x := range b.wrt {
				check(t, forward, loss, x, number(t, grads[i].Value()))
			}
		})
	}
}

// differentiate builds a graph, a loss of it and the gradients of its inputs.
func differentiate(t *testing.T, f func(b *bench) *G.Node) (b *bench, loss *G.Node, grads G.Nodes) {
	t.Helper()
	b = &bench{g: G.NewGraph(), rng: rand.New(rand.NewPCG(5, 6))}
	y := f(b)
	weights := b.node(func(int) float64 { return b.rng.NormFloat64() }, y.Shape()...)
	loss = op.Sum(op.Mul(y, weights))
	grads, err := G.Grad(loss, b.wrt...)
	if err != nil {
		t.Fatal(err)
	}
	return b, loss, grads
}

// check compares a gradient with central differences of the loss.
func check(t *testing.T, forward *machine.Machine, loss, x *G.Node, got []float64) {
	t.Helper()
	const h = 1e-5
	at := number(t, x.Value())
	for j := range at {
		eval := func(d float64) float64 {
			moved := append([]float64{}, at...)
			moved[j] += d
			if err := G.Let(x, op.NewValue(x.Shape(), moved)); err != nil {
				t.Fatal(err)
			}
			run(t, forward)
			return number(t, loss.Value())[0]
		}
		want := (eval(h) - eval(-h)) / (2 * h)
		if !(math.Abs(got[j]-want) <= 1e-7*(1+math.Abs(want))) {
			t.Errorf("gradient of %s[%d] is %.10g, differences say %.10g", x.Name(), j, got[j], want)
		}
	}
	if err := G.Let(x, op.NewValue(x.Shape(), at)); err != nil {
		t.Fatal(err)
	}
}

func vm(t *testing.T, g *G.ExprGraph, out ...*G.Node) *machine.Machine {
	t.Helper()
	m, err := machine.New(g, machine.Outputs(out...), machine.Poison())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func run(t *testing.T, m G.VM) {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, v G.Value) []float64 {
	t.Helper()
	x, err := op.Elements[float64](v)
	if err != nil {
		t.Fatal(err)
	}
	return append([]float64{}, x...)
}

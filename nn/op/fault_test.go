package op_test

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

func TestFaultsNameTheOpAndBothShapes(t *testing.T) {
	g := G.NewGraph()
	node := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, G.Float32, len(shape), G.WithName(name), G.WithShape(shape...))
	}
	x, y, v := node("x", 4, 3), node("y", 5, 6), node("v", 4)
	double := G.NewMatrix(g, G.Float64, G.WithName("d"), G.WithShape(4, 3))
	image, weight := node("i", 2, 4, 4, 3), node("k", 3, 3, 3, 5)
	one := op.Window{Stride: 1}
	for want, f := range map[string]func(){
		"Conv2D wants x[B,Y,X,C], w[KY,KX,C,F], b[F], got k[3 3 3 5] i[2 4 4 3]":  func() { op.Conv2D(weight, image, nil, one, op.ReLU) },
		"Conv2D wants x[B,Y,X,C], w[KY,KX,C,F], b[F], got i[2 4 4 3] k":           func() { op.Conv2D(image, weight, v, one, op.ReLU) },
		"Conv1D wants x[B,T,C], w[K,C,F], b[F], got i[2 4 4 3] k":                 func() { op.Conv1D(image, weight, nil, one, op.ReLU) },
		"stride 0 pad 0, has no output":                                           func() { op.Conv2D(image, weight, nil, op.Window{}, op.ReLU) },
		"Linear wants x[M,K], w[K,N], b[N], got x[4 3] y[5 6]":                    func() { op.Linear(x, y, nil, op.Identity) },
		"Linear wants a matrix, got v[4] y[5 6]":                                  func() { op.Linear(v, y, nil, op.Identity) },
		"MatMul(transA=true, transB=false) wants equal inner dimensions, got x":   func() { op.MatMul(x, y, true, false) },
		"Add wants equal shapes, or one operand a scalar, a row [N] or a column":  func() { op.Add(x, y) },
		"Mul wants equal shapes, or one operand a scalar, a row [N] or a column ": func() { op.Mul(x, v) },
		"min wants equal shapes, got x[4 3] v[4]":                                 func() { op.Min(x, v) },
		"Concat wants equal rows, got x[4 3] y[5 6]":                              func() { op.Concat(x, y) },
		"Concat wants a tensor, got none":                                         func() { op.Concat() },
		"GroupedLinear wants x[B*A,K] or [A,M,K], w[A,K,N], b[A,N], got e[4 0] f": func() { op.GroupedLinear(node("e", 4, 0), node("f", 2, 0, 3), nil, op.ReLU) },
		"GroupNorm(groups=1) wants x[B,...,C], gamma[C], beta[C]":                 func() { op.GroupNorm(node("e", 4, 0), node("c", 0), node("c", 0), nil, 1, 0, op.ReLU) },
		"Columns(1, 4) wants a range within the columns, got x[4 3]":              func() { op.Columns(x, 1, 4) },
		"Pick wants x[M,U], a[M], got y[5 6] v[4]":                                func() { op.Pick(y, v) },
		"LogSoftmax wants x and mask of one shape, got x[4 3] y[5 6]":             func() { op.LogSoftmax(x, y) },
		"Attention(agents=3, heads=1) wants equal shapes":                         func() { op.Attention(x, x, x, 3, 1) },
		"AttentionPenalty(agents=2, heads=2) wants equal shapes":                  func() { op.AttentionPenalty(x, x, 2, 2, 1) },
		"OneHot wants a vector, got x[4 3]":                                       func() { op.OneHot(x, 3) },
		"ArgMax wants a matrix, got v[4]":                                         func() { op.ArgMax(v) },
		"GatherRows wants table[R,N], idx[M], got x[4 3] y[5 6]":                  func() { op.GatherRows(x, y) },
		"Reshape to [5 2] wants as many elements, got x[4 3]":                     func() { op.Reshape(x, 5, 2) },
		"mixes float32 and float64":                                               func() { op.Add(x, double) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if r, _ := recover().(string); !strings.Contains(r, want) {
					t.Errorf("panic %q, want %q in it", r, want)
				}
			}()
			f()
		})
	}
}

// Equal ops on equal nodes are one node. Ops that differ in a single attribute are two nodes.
func TestEqualOpsAreOneNode(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float32, G.WithName("x"), G.WithShape(4, 6))
	a := G.NewVector(g, G.Float32, G.WithName("a"), G.WithShape(4))
	image := G.NewTensor(g, G.Float32, 4, G.WithName("i"), G.WithShape(2, 4, 4, 3))
	weight := G.NewTensor(g, G.Float32, 4, G.WithName("k"), G.WithShape(3, 3, 3, 5))
	one, two := op.Window{Stride: 1}, op.Window{Stride: 2}
	makers := []func() *G.Node{
		func() *G.Node { return op.Apply(x, op.Tanh) },
		func() *G.Node { return op.Apply(x, op.LeakyReLU(0.1)) },
		func() *G.Node { return op.Apply(x, op.LeakyReLU(0.2)) },
		func() *G.Node { return op.Affine(x, 2, 1) },
		func() *G.Node { return op.Affine(x, 1, 2) },
		func() *G.Node { return op.MatMul(x, x, true, false) },
		func() *G.Node { return op.MatMul(x, x, false, true) },
		func() *G.Node { return op.Conv2D(image, weight, nil, one, op.ReLU) },
		func() *G.Node { return op.Conv2D(image, weight, nil, two, op.ReLU) },
		func() *G.Node { return op.Conv2D(image, weight, nil, one, op.Identity) },
		func() *G.Node { return op.Columns(x, 0, 2) },
		func() *G.Node { return op.Columns(x, 1, 3) },
		func() *G.Node { return op.Attention(x, x, x, 2, 1) },
		func() *G.Node { return op.Attention(x, x, x, 4, 1) },
		func() *G.Node { return op.Attention(x, x, x, 4, 2) },
		func() *G.Node { return op.AttentionPenalty(x, x, 4, 2, 1) },
		func() *G.Node { return op.AttentionPenalty(x, x, 4, 2, 2) },
		func() *G.Node { return op.OneHot(a, 2) },
		func() *G.Node { return op.OneHot(a, 3) },
		func() *G.Node { return op.ArgMax(x) },
		func() *G.Node { return op.Sum(x) },
		func() *G.Node { return op.Mean(x) },
		func() *G.Node { return op.SumRows(x) },
		func() *G.Node { return op.SumCols(x) },
		func() *G.Node { return op.StopGradient(x) },
		func() *G.Node { return op.Reshape(x, 6, 4) },
		func() *G.Node { return op.Reshape(x, 8, 3) },
	}
	seen := map[*G.Node]int{}
	for i, f := range makers {
		n := f()
		if n != f() {
			t.Errorf("maker %d gives two nodes of %v", i, n.Op())
		}
		if j, ok := seen[n]; ok {
			t.Errorf("makers %d and %d give one node of %v", i, j, n.Op())
		}
		seen[n] = i
	}
}

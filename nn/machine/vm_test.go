package machine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// A view shares the backing array of its parent. The machine must read the view, not that array.
func TestInputsMayBeViews(t *testing.T) {
	all := tensor.New(tensor.WithShape(3, 4), tensor.WithBacking([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}))
	columns, err := all.Slice(nil, tensor.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	turned := all.Clone().(*tensor.Dense)
	if err := turned.T(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		v    G.Value
		want []float64
	}{
		"columns":   {columns, []float64{1, 2, 5, 6, 9, 10}},
		"transpose": {turned, []float64{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}},
	} {
		g := G.NewGraph()
		x := G.NewMatrix(g, G.Float32, G.WithName("x"), G.WithShape(c.v.Shape()...), G.WithValue(c.v))
		y := op.Neg(op.Neg(x))
		m, err := machine.New(g, machine.On(open(t, "ref")))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, floats(t, y.Value())); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestMachineRunsAgainWithNewValues(t *testing.T) {
	g := G.NewGraph()
	x := G.NewScalar(g, G.Float32, G.WithName("x"))
	y := op.Square(x)
	m, err := machine.New(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "input x has no value") {
		t.Errorf("run without a value: %v", err)
	}
	for _, v := range []float32{3, -4} {
		if err := G.Let(x, v); err != nil {
			t.Fatal(err)
		}
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		if got := floats(t, y.Value())[0]; got != float64(v*v) {
			t.Errorf("square of %g is %g", v, got)
		}
		m.Reset()
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// A given node is not computed, even if it is not an input node.
func TestFragmentsMayBeginInsideAGraph(t *testing.T) {
	g := G.NewGraph()
	x := G.NewVector(g, G.Float32, G.WithName("x"), G.WithShape(3))
	exp := op.Exp(x)
	y := op.Affine(exp, 2, 0)
	l := machine.NewLayout()
	given, result := l.Add("given", 3), l.Add("result", 3)
	b := machine.NewBuilder("second half", l)
	b.Lower(map[*G.Node]machine.Tensor{exp: given}, map[*G.Node]machine.Tensor{y: result})
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	s := session(t, l, p)
	upload(t, s, given, 1, 2, 3)
	run(t, s, p)
	expect(t, s, result, 2, 4, 6)
}

// A constant has no memory until it is read or returned.
func TestConstantResults(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float32, G.WithName("x"), G.WithShape(2, 3))
	grads, err := G.Grad(op.Mean(x), x)
	if err != nil {
		t.Fatal(err)
	}
	l := machine.NewLayout()
	dx := l.Add("dx", 2, 3)
	b := machine.NewBuilder("constant", l)
	b.Lower(map[*G.Node]machine.Tensor{x: l.Add("x", 2, 3)}, map[*G.Node]machine.Tensor{grads[0]: dx})
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Descs) != 1 {
		t.Errorf("want one fill:\n%s", p)
	}
	s := session(t, l, p)
	run(t, s, p)
	const c = float32(1.0 / 6)
	expect(t, s, dx, c, c, c, c, c, c)
}

func BenchmarkBuildCritic(b *testing.B) {
	ref := open(b, "ref")
	for b.Loop() {
		build(b, critic(b, G.Float32), machine.On(ref))
	}
}

// BenchmarkBuildDeep compiles the gradients of 60 layers with skip connections.
func BenchmarkBuildDeep(b *testing.B) {
	ref := open(b, "ref")
	for b.Loop() {
		g := G.NewGraph()
		x := G.NewMatrix(g, G.Float32, G.WithName("x"), G.WithShape(8, 8))
		y, wrt := x, G.Nodes{}
		for range 60 {
			w := G.NewMatrix(g, G.Float32, G.WithName("w"+string(rune('0'+len(wrt)))), G.WithShape(8, 8))
			wrt = append(wrt, w)
			y = op.Add(y, op.Linear(y, w, nil, op.Tanh))
		}
		grads, err := G.Grad(op.Mean(op.Square(y)), wrt...)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := machine.New(g, machine.On(ref), machine.Outputs(grads...)); err != nil {
			b.Fatal(err)
		}
	}
}

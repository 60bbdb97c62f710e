package machine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// sprout grows a random graph of matrices whose values stay small.
type sprout struct {
	t      *rapid.T
	g      *G.ExprGraph
	dt     tensor.Dtype
	rng    *rand.Rand
	nodes  []*G.Node
	needs  map[*G.Node]map[*G.Node]bool // differentiable leaves below a node
	leaves int
}

func (s *sprout) leaf(shape ...int) *G.Node {
	s.leaves++
	n := input(s.g, s.dt, s.rng, fmt.Sprintf("leaf%d", s.leaves), shape...)
	s.needs[n] = map[*G.Node]bool{n: true}
	return n
}

func (s *sprout) add(y *G.Node, from ...*G.Node) {
	m := map[*G.Node]bool{}
	for _, x := range from {
		for l := range s.needs[x] {
			m[l] = true
		}
	}
	if old := s.needs[y]; old != nil { // gorgonia merged y with an equal node
		return
	}
	s.needs[y] = m
	s.nodes = append(s.nodes, y)
}

func (s *sprout) pick() *G.Node { return rapid.SampledFrom(s.nodes).Draw(s.t, "node") }

// like returns a node of the shape of x: an existing one if there is, else a leaf.
func (s *sprout) like(x *G.Node) *G.Node {
	var same []*G.Node
	for _, n := range s.nodes {
		if n.Shape().Eq(x.Shape()) {
			same = append(same, n)
		}
	}
	return rapid.SampledFrom(same).Draw(s.t, "like")
}

var acts = []op.Act{op.Identity, op.ReLU, op.LeakyReLU(0.125), op.Tanh, op.Sigmoid}

func (s *sprout) grow() {
	x := s.pick()
	m, n := x.Shape()[0], x.Shape()[1]
	act := func() op.Act { return rapid.SampledFrom(acts).Draw(s.t, "act") }
	width := func() int { return rapid.IntRange(2, 5).Draw(s.t, "width") }
	switch rapid.IntRange(0, 9).Draw(s.t, "op") {
	case 0, 1:
		w := s.leaf(n, width())
		if rapid.Bool().Draw(s.t, "bias") {
			b := s.leaf(w.Shape()[1])
			s.add(op.Linear(x, w, b, act()), x, w, b)
			return
		}
		s.add(op.Linear(x, w, nil, act()), x, w)
	case 2:
		s.add(op.Apply(x, act()), x)
	case 3:
		y := s.like(x)
		s.add(op.Affine(op.Add(x, y), 0.5, 0), x, y)
	case 4:
		y := s.like(x)
		s.add(op.Mul(x, y), x, y)
	case 5:
		row := s.leaf(n)
		s.add(op.Sub(x, row), x, row)
	case 6:
		if n > 8 {
			return
		}
		y := s.like(x)
		s.add(op.Concat(x, y), x, y)
	case 7:
		from := rapid.IntRange(0, n-2).Draw(s.t, "from")
		s.add(op.Columns(x, from, from+2), x)
	case 8:
		y, z := s.like(x), s.like(x)
		s.add(op.Attention(x, y, z, m/2, 1), x, y, z)
	case 9:
		y := s.like(x)
		s.add(op.Max(op.Square(x), op.Affine(y, -1, 0.25)), x, y)
	}
}

// random builds a random graph with a loss and its gradients.
func random(t *rapid.T, dt tensor.Dtype) *graph {
	s := &sprout{t: t, g: G.NewGraph(), dt: dt, needs: map[*G.Node]map[*G.Node]bool{}}
	s.rng = rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	x := s.leaf(4, 3)
	s.add(op.Apply(x, op.Tanh), x)
	for range rapid.IntRange(1, 10).Draw(t, "ops") {
		s.grow()
	}
	b := &graph{g: s.g}
	wrt := map[*G.Node]bool{}
	for i := range rapid.IntRange(1, 3).Draw(t, "terms") {
		y := s.nodes[max(0, len(s.nodes)-1-2*i)]
		term := op.Mean(op.Square(y))
		if b.loss == nil {
			b.loss = term
		} else {
			b.loss = op.Add(b.loss, term)
		}
		for l := range s.needs[y] {
			wrt[l] = true
		}
	}
	for _, n := range s.g.AllNodes() {
		if wrt[n] {
			b.wrt = append(b.wrt, n)
		}
	}
	var err error
	if b.grads, err = G.Grad(b.loss, b.wrt...); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRandomGraphs(t *testing.T) {
	ref := open(t, "ref")
	rapid.Check(t, func(rt *rapid.T) {
		b := random(rt, G.Float32)
		want := values(t, b, G.NewTapeMachine(b.g))
		fused := values(t, b, build(t, b, machine.On(ref), machine.Poison()))
		compare(rt, "fused against TapeMachine", fused, want, 2e-5)
		compare(rt, "unfolded", values(t, b, build(t, b, machine.On(ref), machine.Naive())), want, 2e-5)
		bits(rt, "unfused", values(t, b, build(t, b, machine.On(ref), machine.Unfused(), machine.Poison())), fused)
		for items := 1; items <= 3; items++ { // without Tile, such small work makes no loops
			tiled := values(t, b, build(t, b, machine.On(ref), machine.Tile(items), machine.Poison()))
			compare(rt, "tiled", tiled, want, 2e-5)
		}
	})
}

// bits wants equal bits; two NaN are equal.
func bits(t rapid.TB, what string, got, want [][]float64) {
	t.Helper()
	for i := range want {
		for j := range want[i] {
			if x, y := got[i][j], want[i][j]; x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
				t.Fatalf("%s: output %d[%d] = %v, want %v", what, i, j, x, y)
			}
		}
	}
}

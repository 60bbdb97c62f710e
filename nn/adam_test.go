package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// regression is a network that learns y = sin x. It is built through the exported API only.
type regression struct {
	net     *nn.Params
	placed  *nn.Placed
	adam    *nn.Adam
	x, y    machine.Tensor
	loss    machine.Tensor
	layout  *machine.Layout
	program *kernels.Program
}

func newRegression(t *testing.T, cfg nn.AdamConfig) *regression {
	t.Helper()
	return newRegressionOf(t, func(*nn.Params) nn.AdamConfig { return cfg })
}

func newRegressionOf(t *testing.T, cfg func(*nn.Params) nn.AdamConfig) *regression {
	t.Helper()
	r := &regression{net: nn.NewParams("net"), layout: machine.NewLayout()}
	first := nn.NewLinear(r.net, "first", 1, 16, op.Tanh, nn.KaimingUniform)
	second := nn.NewLinear(r.net, "second", 16, 1, op.Identity, nn.XavierUniform)
	r.placed = r.net.Place(r.layout, "net")
	r.adam = nn.NewAdam(r.layout, "adam", r.placed, cfg(r.net))
	r.x, r.y, r.loss = r.layout.Add("x", 32, 1), r.layout.Add("y", 32, 1), r.layout.Add("loss")

	f := nn.NewFragment()
	bd := f.Bind(r.net, r.placed)
	loss := op.Mean(op.Square(op.Sub(second.Apply(bd, first.Apply(bd, f.Input(r.x))), f.Input(r.y))))
	if err := f.Gradients(loss, bd, r.adam.Grads()); err != nil {
		t.Fatal(err)
	}
	f.Output(loss, r.loss)
	b := machine.NewBuilder("train", r.layout)
	f.Lower(b)
	r.adam.Step(b)
	var err error
	if r.program, err = b.Build(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *regression) start(t *testing.T) *machine.Session {
	t.Helper()
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := machine.NewSession(backend, r.layout, r.program)
	if err != nil {
		t.Fatal(err)
	}
	x, y, w := make([]float32, 32), make([]float32, 32), make([]float32, r.net.Len())
	for i := range x {
		x[i] = float32(i)/8 - 2
		y[i] = float32(math.Sin(float64(x[i])))
	}
	r.placed.Init(w, 7)
	for _, err := range []error{s.Poison(), s.Upload(r.x, x), s.Upload(r.y, y), s.Upload(r.placed.Flat, w), r.adam.InitState(s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func get(t *testing.T, s *machine.Session, from machine.Tensor) []float32 {
	t.Helper()
	x := make([]float32, from.Len())
	if err := s.Download(x, from); err != nil {
		t.Fatal(err)
	}
	return x
}

// A parameter that learns three times as fast takes the first step of three times the rate, and the others that of the rate, to the bit.
func TestFaster(t *testing.T) {
	first := func(of func(*nn.Params) nn.AdamConfig) (*regression, []float32) {
		r := newRegressionOf(t, of)
		s := r.start(t)
		if err := s.Run(r.program); err != nil {
			t.Fatal(err)
		}
		return r, get(t, s, r.placed.Flat)
	}
	plain := func(lr float32) func(*nn.Params) nn.AdamConfig {
		return func(*nn.Params) nn.AdamConfig { return nn.AdamConfig{LR: lr} }
	}
	_, slow := first(plain(0.25))
	_, fast := first(plain(0.75))
	for i := range 4 {
		r, got := first(func(p *nn.Params) nn.AdamConfig {
			return nn.AdamConfig{LR: 0.25, Faster: p.List()[i], Factor: 3}
		})
		for j, q := range r.net.List() {
			want := slow
			if j == i {
				want = fast
			}
			if !slices.Equal(q.Of(got), q.Of(want)) {
				t.Errorf("with %s faster, %s has another step", r.net.List()[i].Name(), q.Name())
			}
		}
	}
}

func TestNetworkLearns(t *testing.T) {
	r := newRegression(t, nn.AdamConfig{LR: 0.02})
	s := r.start(t)
	for range 300 {
		if err := s.Run(r.program); err != nil {
			t.Fatal(err)
		}
	}
	if loss := get(t, s, r.loss)[0]; !(loss < 1e-3) {
		t.Errorf("loss is %g after 300 steps", loss)
	}
}

// TestAdamStep compares one step with the formulas of Kingma & Ba in float64, with and without clipping.
func TestAdamStep(t *testing.T) {
	for _, limit := range []float32{0, 0.05} {
		r := newRegression(t, nn.AdamConfig{LR: 0.02, MaxNorm: limit})
		s := r.start(t)
		before := get(t, s, r.placed.Flat)
		if err := s.Run(r.program); err != nil {
			t.Fatal(err)
		}
		g, after := get(t, s, r.adam.Grads().Flat), get(t, s, r.placed.Flat)
		squares := 0.0
		for _, x := range g {
			squares += float64(x) * float64(x)
		}
		norm := math.Sqrt(squares)
		near(t, "norm", widen(get(t, s, r.adam.Norm())), []float64{norm}, 1e-5)
		scale := 1.0
		if limit > 0 {
			scale = min(1, float64(limit)/norm)
		}
		want := make([]float64, len(g))
		for i := range g {
			x := float64(g[i]) * scale // after one step m/(1-b1) = g and v/(1-b2) = g^2
			want[i] = float64(before[i]) - 0.02*x/(math.Abs(x)+1e-8)
		}
		near(t, "parameters", widen(after), want, 2e-5)
		if err := r.adam.SetLR(s, 0); err != nil {
			t.Fatal(err)
		}
		still := get(t, s, r.placed.Flat)
		if err := s.Run(r.program); err != nil {
			t.Fatal(err)
		}
		near(t, "parameters at learning rate 0", widen(get(t, s, r.placed.Flat)), widen(still), 0)
	}
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = float64(x[i])
	}
	return y
}

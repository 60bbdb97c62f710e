package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// weights places a network of one parameter or layer and returns its initial values by name.
func weights(add func(p *nn.Params), seed uint64) map[string][]float32 {
	p := nn.NewParams("net")
	add(p)
	pl := p.Place(machine.NewLayout(), "net")
	flat := make([]float32, p.Len())
	for i := range flat {
		flat[i] = float32(math.NaN()) // Init must not leave a gap
	}
	pl.Init(flat, seed)
	values := map[string][]float32{"": flat}
	for _, q := range p.List() {
		v := pl.Tensor(q)
		values[q.Name()] = flat[v.Offset() : v.Offset()+v.Len()]
	}
	return values
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range [][2]int{{5, 9}, {9, 5}, {6, 6}} {
		rows, cols := shape[0], shape[1]
		w := weights(func(p *nn.Params) { p.Matrix("w", rows, cols, nn.Orthogonal(2)) }, 1)["w"]
		at := func(i, j int) float64 { return float64(w[i*cols+j]) }
		if rows > cols {
			at = func(i, j int) float64 { return float64(w[j*cols+i]) }
		}
		few, long := min(rows, cols), max(rows, cols)
		for i := range few {
			for k := range few {
				dot, want := 0.0, 0.0
				for j := range long {
					dot += at(i, j) * at(k, j)
				}
				if i == k {
					want = 4
				}
				if math.Abs(dot-want) > 1e-5 {
					t.Errorf("%v: product of vectors %d and %d is %g, want %g", shape, i, k, dot, want)
				}
			}
		}
	}
}

func TestUniformInitialisersKeepTheirBounds(t *testing.T) {
	for name, c := range map[string]struct {
		init  nn.Init
		bound float64
		bias  float64
	}{
		"kaiming": {nn.KaimingUniform, 1 / math.Sqrt(20), 1 / math.Sqrt(20)},
		"xavier":  {nn.XavierUniform, math.Sqrt(6.0 / 120), 0},
		"zeros":   {nn.Zeros, 0, 0},
	} {
		w := weights(func(p *nn.Params) { nn.NewLinear(p, "l", 20, 100, op.ReLU, c.init) }, 3)
		for part, bound := range map[string]float64{"l.w": c.bound, "l.b": c.bias} {
			lo, hi := float64(slices.Min(w[part])), float64(slices.Max(w[part]))
			if lo < -bound || hi > bound || hi-lo < 1.8*bound {
				t.Errorf("%s %s lies in [%g, %g], want the range +-%g", name, part, lo, hi, bound)
			}
		}
	}
}

// A parameter's values depend on the seed and its name, not on the other parameters.
func TestInitialValuesFollowSeedAndName(t *testing.T) {
	add := func(names ...string) func(*nn.Params) {
		return func(p *nn.Params) {
			for _, n := range names {
				p.Matrix(n, 4, 4, nn.KaimingUniform)
			}
		}
	}
	a, b, c := weights(add("x", "y"), 1), weights(add("z", "y"), 1), weights(add("x", "y"), 2)
	if !slices.Equal(a["y"], b["y"]) {
		t.Error("y changed when another parameter got a new name")
	}
	if slices.Equal(a["y"], c["y"]) || slices.Equal(a["x"], a["y"]) {
		t.Error("seeds or names share numbers")
	}
	if slices.ContainsFunc(a[""], func(x float32) bool { return x != x }) {
		t.Error("Init left gaps")
	}
}

func TestPlacedNames(t *testing.T) {
	p := nn.NewParams("critic")
	nn.NewLinear(p, "enc", 3, 5, op.ReLU, nn.Zeros)
	l := machine.NewLayout()
	l.Add("first", 10)
	pl := p.Place(l, "critic")
	w, ok := l.Lookup("critic/enc.w")
	if !ok || !slices.Equal(w.Shape(), []int{3, 5}) || w.Offset() != pl.Flat.Offset() {
		t.Errorf("critic/enc.w is %v", w)
	}
	if bias, _ := l.Lookup("critic/enc.b"); !slices.Equal(bias.Shape(), []int{5}) || bias.Offset() != w.Offset()+16 {
		t.Errorf("critic/enc.b is %v at %d", bias, bias.Offset())
	}
}

// gorgonia would silently merge two tensors of one name into one input.
func TestFragmentRefusesTwoTensorsOfOneName(t *testing.T) {
	l, net := machine.NewLayout(), nn.NewParams("net")
	net.Matrix("w", 2, 3, nn.Zeros)
	online, target := net.Place(l, "online"), net.Place(l, "target")
	f := nn.NewFragment()
	f.Bind(net, online)
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, "net/w is bound to two tensors") {
			t.Errorf("panic %q", r)
		}
	}()
	f.Bind(net, target)
}

// Every agent has its own orthogonal matrix.
func TestGroupedLinearInit(t *testing.T) {
	const agents, in, out = 3, 4, 6
	w := weights(func(p *nn.Params) {
		nn.NewGroupedLinear(p, "l", [3]int{agents, in, out}, op.ReLU, nn.Orthogonal(1))
	}, 4)
	for a := range agents {
		m := w["l.w"][a*in*out : (a+1)*in*out]
		norm := 0.0
		for _, x := range m {
			norm += float64(x) * float64(x)
		}
		if math.Abs(norm-in) > 1e-5 || a > 0 && slices.Equal(m, w["l.w"][:in*out]) {
			t.Errorf("agent %d: squared norm %g, weights %v", a, norm, m[:3])
		}
	}
	if len(w["l.b"]) != agents*out {
		t.Errorf("%d biases", len(w["l.b"]))
	}
}

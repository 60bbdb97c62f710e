package machine_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// Node order, map iteration and addresses differ between builds; the Program must not.
func TestEqualGraphsMakeEqualPrograms(t *testing.T) {
	ref := open(t, "ref")
	for name, make := range graphs {
		var hash uint64
		for i := range 20 {
			p := build(t, make(t, G.Float32), machine.On(ref)).Program()
			if i > 0 && p.Hash() != hash {
				t.Fatalf("%s: build %d has hash %x, the first %x", name, i, p.Hash(), hash)
			}
			hash = p.Hash()
		}
	}
}

func TestProgramListing(t *testing.T) {
	got := build(t, mlp(t, G.Float32), machine.On(open(t, "ref"))).Program().String()
	const file = "testdata/mlp.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the listing changed; run with -update if that is meant (-want +got):\n%s", d)
	}
}

func count(p *kernels.Program, o kernels.Op) int {
	n := 0
	for _, d := range p.Descs {
		if d.Op == o {
			n++
		}
	}
	return n
}

func TestFusionLeavesOnlyTheWork(t *testing.T) {
	p := build(t, critic(t, G.Float32), machine.On(open(t, "ref"))).Program()
	for o, want := range map[kernels.Op]int{
		kernels.OpGemm:      7 + 6 + 7, // forward; gradients of operands (one is split in two, two are not needed); gradients of weights
		kernels.OpCopy:      4,         // two concatenations
		kernels.OpUnaryGrad: 1,         // the slope of the values, whose gradient comes from attention
		kernels.OpBinary:    1,         // Q - y
	} {
		if got := count(p, o); got != want {
			t.Errorf("%d %s, want %d in\n%s", got, o, want, p)
		}
	}
}

func TestEqualExpressionsAreMerged(t *testing.T) {
	g, rng := G.NewGraph(), rand.New(rand.NewPCG(1, 1))
	x, w := input(g, G.Float32, rng, "x", 4, 3), input(g, G.Float32, rng, "w", 3, 3)
	y := op.Add(op.Linear(x, w, nil, op.Tanh), op.Linear(x, w, nil, op.Tanh))
	z := op.Linear(x, w, nil, op.Sigmoid)
	m, err := machine.New(g, machine.On(open(t, "ref")), machine.Outputs(y, z))
	if err != nil {
		t.Fatal(err)
	}
	if got := count(m.Program(), kernels.OpGemm); got != 2 {
		t.Errorf("%d products, want 2: tanh once, sigmoid once\n%s", got, m.Program())
	}
}

func TestMemoryIsShared(t *testing.T) {
	l := machine.NewLayout()
	x, y := l.Add("x", 64, 64), l.Add("y", 64, 64)
	b := machine.NewBuilder("chain", l)
	from := x
	for range 10 {
		to := b.Temp("t", 64, 64)
		b.Op(kernels.Desc{Op: kernels.OpLogSoftmax, Dim: [kernels.MaxDims]int64{64, 64}}, from, machine.None, to)
		from = to
	}
	b.Copy(from, y)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if want := (kernels.Scratch{Planned: 2 * 64 * 64, Total: 9 * 64 * 64}); p.Scratch != want {
		t.Errorf("scratch memory %d, want two tensors of nine: %d", p.Scratch, want)
	}
}

func TestInputsAreReadBeforeOutputsAreWritten(t *testing.T) {
	l := machine.NewLayout()
	x, w, y, z := l.Add("x", 2, 2), l.Add("w", 2, 2), l.Add("y", 4), l.Add("z", 4)
	g := G.NewGraph()
	nx := G.NewMatrix(g, G.Float32, G.WithShape(2, 2), G.WithName("x"))
	ny := G.NewVector(g, G.Float32, G.WithShape(4), G.WithName("y"))
	nz := G.NewVector(g, G.Float32, G.WithShape(4), G.WithName("z"))
	b := machine.NewBuilder("step", l)
	square := op.MatMul(nx, nx, false, false)
	shifted := op.Sub(nx, square) // reads x after its new value has been computed
	b.Lower(map[*G.Node]machine.Tensor{nx: x, ny: y, nz: z}, map[*G.Node]machine.Tensor{square: x, shifted: w, ny: z, nz: y})
	u, v, t1, t2 := l.Add("u", 4), l.Add("v", 4), b.Temp("t1", 4), b.Temp("t2", 4)
	b.Copy(y, t1)
	b.Copy(z, t2)
	b.Lower(map[*G.Node]machine.Tensor{ny: t1, nz: t2}, map[*G.Node]machine.Tensor{ny: t2, nz: t1})
	b.Copy(t1, u)
	b.Copy(t2, v)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	s := session(t, l, p)
	upload(t, s, x, 1, 2, 3, 4)
	upload(t, s, y, 1, 2, 3, 4)
	upload(t, s, z, 5, 6, 7, 8)
	run(t, s, p)
	expect(t, s, x, 7, 10, 15, 22)
	expect(t, s, w, 1-7, 2-10, 3-15, 4-22)
	expect(t, s, y, 5, 6, 7, 8)
	expect(t, s, z, 1, 2, 3, 4)
	expect(t, s, u, 1, 2, 3, 4) // swapped twice
	expect(t, s, v, 5, 6, 7, 8)
}

func session(t *testing.T, l *machine.Layout, p ...*kernels.Program) *machine.Session {
	t.Helper()
	s, err := machine.NewSession(open(t, "ref"), l, p...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Poison(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func upload(t *testing.T, s *machine.Session, to machine.Tensor, x ...float32) {
	t.Helper()
	if err := s.Upload(to, x); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, s *machine.Session, p *kernels.Program) {
	t.Helper()
	if err := s.Run(p); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, s *machine.Session, from machine.Tensor, want ...float32) {
	t.Helper()
	got := make([]float32, len(want))
	if err := s.Download(got, from); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", from, d)
	}
}

// faulty runs f and returns the text of its panic.
func faulty(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		r := recover()
		if r == nil {
			t.Error("no panic")
			return
		}
		text = r.(string)
	}()
	f()
	return ""
}

func TestFaultsAreExplained(t *testing.T) {
	l := machine.NewLayout()
	x, y := l.Add("x", 4, 3), l.Add("y", 5)
	b := machine.NewBuilder("p", l)
	other := machine.NewLayout().Add("foreign", 4, 3)
	g := G.NewGraph()
	n := G.NewMatrix(g, G.Float32, G.WithShape(4, 3), G.WithName("n"))
	tanh := op.Apply(n, op.Tanh)
	nodes := func(n *G.Node, t machine.Tensor) map[*G.Node]machine.Tensor { return map[*G.Node]machine.Tensor{n: t} }
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"same name":    {func() { l.Add("x", 1) }, `"x" exists already`},
		"view":         {func() { l.View("v", x, 10, 3) }, "is outside x[4 3]"},
		"foreign":      {func() { b.Copy(other, x) }, "belongs to another layout or Builder"},
		"copy":         {func() { b.Copy(x, y) }, "should have 12 elements"},
		"binary":       {func() { b.Binary(kernels.BinAdd, y, x, x) }, "do not fit"},
		"argmax":       {func() { b.ArgMax(x, y) }, "should have 4 elements"},
		"missing":      {func() { b.Op(kernels.Desc{Op: kernels.OpFill}, machine.None) }, "argument y is missing"},
		"arguments":    {func() { b.Op(kernels.Desc{Op: kernels.OpFill}) }, "wants 1 arguments, got 0"},
		"too large":    {func() { b.Op(kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{13}}, x) }, "floats [0, 13) of x[4 3]"},
		"no input":     {func() { b.Lower(nil, nodes(tanh, x)) }, "input node n[4 3] has no tensor"},
		"input size":   {func() { b.Lower(nodes(n, y), nodes(tanh, x)) }, "differ in size"},
		"output size":  {func() { b.Lower(nodes(n, x), nodes(tanh, y)) }, "differ in size"},
		"foreign node": {func() { b.Lower(nodes(n, x), nodes(G.Must(G.Softplus(n)), x)) }, "does not know this op"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faulty(t, c.f); !strings.Contains(got, c.want) {
				t.Errorf("panic %q, want %q in it", got, c.want)
			}
		})
	}
}

func TestReadBeforeWriteIsAnError(t *testing.T) {
	l := machine.NewLayout()
	x := l.Add("x", 4)
	b := machine.NewBuilder("p", l)
	b.Copy(b.Temp("t", 4), x)
	if _, err := b.Build(); err == nil || !strings.Contains(err.Error(), "reads temporary t[4] before it is written") {
		t.Errorf("got %v", err)
	}
}

func TestBuildSealsTheLayout(t *testing.T) {
	l := machine.NewLayout()
	x := l.Add("x", 4)
	b := machine.NewBuilder("first", l)
	b.Fill(x, 1)
	if _, err := b.Build(); err != nil {
		t.Fatal(err)
	}
	if got := faulty(t, func() { l.Add("late", 1) }); !strings.Contains(got, `"first" was built`) {
		t.Errorf("panic %q", got)
	}
}

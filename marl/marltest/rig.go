package marltest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// Rig is a workshop for a Program that the test itself builds.
type Rig struct {
	*marl.Workshop
	Session *machine.Session
	t       testing.TB
}

// NewRig is a workshop of seed 3.
func NewRig(t testing.TB, c *marl.Config, n marl.Sizes) *Rig {
	return &Rig{Workshop: marl.NewWorkshop(c, n, 3), t: t}
}

// Add places a test's own tensor.
func (r *Rig) Add(name string, shape ...int) machine.Tensor {
	return r.Layout.Add("test/"+name, shape...)
}

// Open builds one Program and starts the session with initialised networks.
func (r *Rig) Open(build func(b *machine.Builder)) *kernels.Program {
	r.t.Helper()
	b := machine.NewBuilder("test", r.Layout)
	build(b)
	p, err := b.Build()
	r.Must(err)
	r.Session, err = machine.NewSession(OpenBackend(r.t, "auto", 1), r.Layout, p)
	r.Must(err)
	r.t.Cleanup(func() { r.Session.Close() })
	r.Must(r.Initialise(r.Session))
	return p
}

// Must ends the test after an error.
func (r *Rig) Must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// Put uploads v.
func (r *Rig) Put(x machine.Tensor, v []float32) {
	r.t.Helper()
	r.Must(r.Session.Upload(x, v))
}

// Get downloads x.
func (r *Rig) Get(x machine.Tensor) []float32 {
	r.t.Helper()
	v, err := marl.Read(r.Session, x)
	r.Must(err)
	return v
}

// Run executes the Program once.
func (r *Rig) Run(p *kernels.Program) {
	r.t.Helper()
	r.Must(r.Session.Run(p))
}

// GradientIs compares the gradient of a network's parameter with central differences of the reference's loss, which
// reads the parameters p.
func (r *Rig) GradientIs(net *marl.Net, name string, p Params, loss func() float64) {
	r.t.Helper()
	got, w := r.Get(r.Lookup(net.Adam.Grads().Flat.Name()+"/"+name)), p[name].V
	for i := 0; i < len(w); i += 7 {
		const h = 1e-6
		old := w[i]
		w[i] = old + h
		up := loss()
		w[i] = old - h
		down := loss()
		w[i] = old
		want := (up - down) / (2 * h)
		Near(r.t, "d loss / d "+name, float64(got[i]), want, 1e-4*(1+math.Abs(want)))
	}
}

// Lookup finds a tensor by its name.
func (r *Rig) Lookup(name string) machine.Tensor {
	r.t.Helper()
	x, ok := r.Layout.Lookup(name)
	if !ok {
		r.t.Fatalf("no tensor %q", name)
	}
	return x
}

// Params reads the tensors under a prefix in the form of the reference.
func (r *Rig) Params(prefix string) Params { return download(r.t, r.Layout, r.Session, prefix) }

// Source is a generator of a test's random numbers.
func Source(seed uint64) *rand.Rand { return rand.New(philox.NewSource(seed, 99)) }

// Normals are n normal numbers.
func Normals(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// ActionsOf are n uniform actions.
func ActionsOf(rng *rand.Rand, n, actions int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.IntN(actions))
	}
	return v
}

// Masks are random. Action 0 is always legal; in about every third row it is the only one.
func Masks(rng *rand.Rand, rows, actions int) []float32 {
	v := make([]float32, rows*actions)
	for i := range rows {
		v[i*actions] = 1
		idle := rng.IntN(3) == 0
		for u := 1; u < actions; u++ {
			if !idle && rng.IntN(4) > 0 {
				v[i*actions+u] = 1
			}
		}
	}
	return v
}

// Ones are n times 1.
func Ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }

// Doubles converts to float64.
func Doubles(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// Near compares numbers.
func Near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.4f, want %.4f +- %g", what, got, want, tolerance)
	}
}

// CloseTo compares scale*got with want at float32 accuracy of the largest number.
func CloseTo(t testing.TB, what string, got []float32, want []float64, scale float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	top := 1e-3
	for _, w := range want {
		top = max(top, math.Abs(w))
	}
	for i, w := range want {
		if d := math.Abs(scale*float64(got[i]) - w); !(d < 2e-5*top) {
			t.Errorf("%s[%d] is %g, want %g", what, i, scale*float64(got[i]), w)
			return
		}
	}
}

// EqualBits compares all bits.
func EqualBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

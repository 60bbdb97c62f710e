package marl

import (
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/machine"
)

// rig is a learner whose Programs a test writes itself.
type rig struct {
	*offPolicy
	t *testing.T
}

func newRig(t *testing.T, c *Config, n sizes) *rig {
	l := &offPolicy{learner: &learner{cfg: c, size: n, seed: 3, layout: machine.NewLayout()}}
	l.method = l
	l.networks()
	l.place()
	return &rig{l, t}
}

// offPolicyOf and onPolicyOf are what a trainer learns with.
func offPolicyOf(tr *Trainer) *offPolicy { return tr.learner.method.(*offPolicy) }
func onPolicyOf(tr *Trainer) *onPolicy   { return tr.learner.method.(*onPolicy) }

// add places a test's own tensor.
func (r *rig) add(name string, shape ...int) machine.Tensor {
	return r.layout.Add("test/"+name, shape...)
}

// open builds one Program and starts the session with initialised parameters.
func (r *rig) open(build func(b *machine.Builder)) *kernels.Program {
	r.t.Helper()
	b := machine.NewBuilder("test", r.layout)
	build(b)
	p, err := b.Build()
	r.must(err)
	r.session, err = machine.NewSession(openBackend(r.t, "auto", 1), r.layout, p)
	r.must(err)
	r.t.Cleanup(func() { r.session.Close() })
	r.must(r.initialise())
	return p
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) put(x machine.Tensor, v []float32) {
	r.t.Helper()
	r.must(r.session.Upload(x, v))
}

func (r *rig) get(x machine.Tensor) []float32 {
	r.t.Helper()
	v := make([]float32, x.Len())
	r.must(r.session.Download(v, x))
	return v
}

func (r *rig) run(p *kernels.Program) {
	r.t.Helper()
	r.must(r.session.Run(p))
}

// lookup finds a parameter.
func (r *rig) lookup(name string) machine.Tensor {
	r.t.Helper()
	x, ok := r.layout.Lookup(name)
	if !ok {
		r.t.Fatalf("no tensor %q", name)
	}
	return x
}

// params reads the parameters under a prefix as the reference wants them.
func (r *rig) params(prefix string) refParams {
	return download(r.t, &Trainer{learner: r.learner}, prefix)
}

// random numbers of the tests.
func source(seed uint64) *rand.Rand { return rand.New(philox.NewSource(seed, 99)) }

func normals(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func actionsOf(rng *rand.Rand, n, actions int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.IntN(actions))
	}
	return v
}

// masks are random with action 0 always legal; about every third row has nothing else.
func masks(rng *rand.Rand, rows, actions int) []float32 {
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

func doubles(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

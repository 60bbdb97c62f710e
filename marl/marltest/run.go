package marltest

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// OpenBackend opens a backend until the end of the test. It skips the test if this build lacks the backend.
func OpenBackend(t testing.TB, name string, threads int) kernels.Backend {
	t.Helper()
	if name != "auto" && !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err) // a backend that is built must open
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// Compiled skips a test that would take about 15 s on the plain Go backend.
func Compiled(t testing.TB) {
	t.Helper()
	if len(kernels.Backends()) < 2 {
		t.Skipf("no compiled backend on %s without cgo", runtime.GOARCH)
	}
}

// NewTrainer is a trainer until the end of the test, on one thread.
func NewTrainer(t testing.TB, c marl.Config, env marl.Env, seed uint64) *marl.Trainer {
	t.Helper()
	tr, err := marl.NewTrainer(c, env, OpenBackend(t, "auto", 1), seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// Solve trains on a toy game.
func Solve(t testing.TB, c marl.Config, r Rules) *marl.Trainer {
	t.Helper()
	tr := NewTrainer(t, c, NewToy(r, c.Worlds, 1), 1)
	Run(t, tr)
	return tr
}

// Run trains to the end.
func Run(t testing.TB, tr *marl.Trainer) {
	t.Helper()
	if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
		t.Fatal(err)
	}
}

// Download reads a trainer's tensors under a prefix, such as "actor".
func Download(t testing.TB, tr *marl.Trainer, prefix string) Params {
	t.Helper()
	return download(t, tr.Workshop().Layout, tr.Session(), prefix)
}

func download(t testing.TB, l *machine.Layout, s *machine.Session, prefix string) Params {
	t.Helper()
	out := Params{}
	for _, x := range l.Tensors() {
		name, ok := strings.CutPrefix(x.Name(), prefix+"/")
		if !ok {
			continue
		}
		v, err := marl.Read(s, x)
		if err != nil {
			t.Fatal(err)
		}
		shape := x.Shape()
		if len(shape) == 1 {
			shape = []int{1, shape[0]}
		}
		out[name] = Wrap(shape[0], shape[1], v)
	}
	return out
}

// Policy is pi(. | o) [rows, U] of a trained actor for obs [rows, O], computed by the reference; all actions are legal.
func Policy(t testing.TB, tr *marl.Trainer, obs ...float32) Matrix {
	t.Helper()
	n := tr.Workshop().Sizes
	mask := NewMatrix(len(obs)/n.Obs, n.Actions)
	for i := range mask.V {
		mask.V[i] = 1
	}
	_, logp := Actor(Download(t, tr, marl.ActorName), Wrap(mask.Rows, n.Obs, obs), mask)
	for i, l := range logp.V {
		logp.V[i] = math.Exp(l)
	}
	return logp
}

// Small is the preset with 8 IEDs and episodes of 25 slots.
func Small(t testing.TB) *sim.Scenario {
	t.Helper()
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	s.IEDs, s.Time.Slots = 8, 25
	return s
}

// Offloading is the game of Small in the worlds of a configuration.
func Offloading(t testing.TB, c *marl.Config, seed uint64) (marl.Env, *sim.Worlds) {
	t.Helper()
	w, err := sim.New(Small(t), c.Worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	return marl.OffloadingFor(c, w), w
}

// Get is a copy of a trainer's tensor.
func Get(t testing.TB, tr *marl.Trainer, x machine.Tensor) []float32 {
	t.Helper()
	v, err := marl.Read(tr.Session(), x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Evaluate plays a policy in the game of Small.
func Evaluate(t testing.TB, p sim.Policy) sim.Summary {
	t.Helper()
	s, err := marl.Evaluate(sim.SimulateOptions{Scenario: Small(t), Policy: p, Episodes: 32, Seed: 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// LastScalar runs the trainer to the end and returns a metric of its last report.
func LastScalar(t testing.TB, tr *marl.Trainer, name string) float32 {
	t.Helper()
	value, found := float32(0), false
	err := tr.Run(context.Background(), marl.Hooks{Metrics: func(m marl.Metrics) error {
		for _, s := range m.Scalars() {
			if s.Name == name {
				value, found = s.Value, true
			}
		}
		return nil
	}})
	if err != nil || !found {
		t.Fatalf("metric %q: found %t, error %v", name, found, err)
	}
	return value
}

package marltest

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// Busy is a game with all features: masks, idle agents, rewards of all kinds, servers, and episodes that end by a
// time limit.
func Busy() Rules {
	return Rules{
		Agents: 3, Obs: 4, Actions: 3, Length: 5, Limit: true, Start: Sign,
		Next: func(_ float32, _ int, word uint32) float32 { return float32(word>>24) / 128 },
		Observe: func(o []float32, agent int, s float32, step int) {
			o[0], o[1], o[2], o[3] = s, float32(agent)/3, float32(step)/5, 1
		},
		Legal:  func(s float32, agent, action int) bool { return action == 0 || int(s*10)%3 != agent },
		Active: func(s float32, agent int) bool { return int(s*10)%3 != agent },
		Reward: func(r []float32, s float32, _ int, a []int32) {
			for i := range r {
				r[i] = s*float32(a[i]) - float32(a[(i+1)%len(a)])
			}
		},
		Servers: 4, Candidates: 2, Task: 2, Positions: [][2]float32{{0, 0}, {30, 0}, {0, 40}, {30, 40}},
		Serve: func(to []float32, agent int, s float32, step int) {
			to[0], to[1] = float32(int(10+s*10)%4), float32((agent+step)%5)
		},
		Worth: func(decisions []float32, agent, action int) (own, value float32) {
			for j, a := range decisions {
				value += float32(j+action) * a
			}
			return float32(action - agent), value / 400
		},
	}
}

// learned runs a fresh trainer of the busy game and returns its state.
func learned(t *testing.T, backend kernels.Backend, c marl.Config) *checkpoint.State {
	t.Helper()
	tr, err := marl.NewTrainer(c, NewToy(Busy(), c.Worlds, 1), backend, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	Run(t, tr)
	return StateOf(t, tr)
}

// StateOf is the trainer's state.
func StateOf(t testing.TB, tr *marl.Trainer) *checkpoint.State {
	t.Helper()
	s, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// SameState reports the first difference of two states.
func SameState(t *testing.T, a, b *checkpoint.State) {
	t.Helper()
	if len(a.Tensors) != len(b.Tensors) || len(a.Tensors) == 0 {
		t.Fatalf("%d and %d tensors", len(a.Tensors), len(b.Tensors))
	}
	for i, x := range a.Tensors {
		if y := b.Tensors[i]; x.Name != y.Name || !EqualBits(x.Data, y.Data) {
			t.Errorf("tensors %s %v and %s %v differ", x.Name, x.Shape, y.Name, y.Shape)
			return
		}
	}
	if string(a.Blobs["worlds"]) != string(b.Blobs["worlds"]) {
		t.Error("worlds differ")
	}
	for k, v := range a.Meta {
		if b.Meta[k] != v {
			t.Errorf("meta %s: %q and %q", k, v, b.Meta[k])
		}
	}
}

// Conforms checks what every algorithm owes in the busy game: the same bits everywhere, also for the variants of the
// configuration, no stale memory, exact resuming. busy is a run of some updates, with checkpoints.
func Conforms(t *testing.T, busy func(updates int) marl.Config, variants ...func(*marl.Config)) {
	t.Helper()
	const updates = 24
	for _, change := range append([]func(*marl.Config){func(*marl.Config) {}}, variants...) {
		c := busy(updates)
		change(&c)
		SameEverywhere(t, c)
	}
	ReadsNoStaleMemory(t, busy(updates))
	c := busy(updates)
	c.Updates = 4 * c.CheckpointEvery
	ResumesExactly(t, c, c.CheckpointEvery, func(seed uint64) marl.Env { return NewToy(Busy(), c.Worlds, seed) })
}

// SameEverywhere checks that training ends with the bits of the reference on all backends, with any
// number of threads.
func SameEverywhere(t *testing.T, c marl.Config) {
	t.Helper()
	want := learned(t, OpenBackend(t, "ref", 1), c)
	for _, name := range kernels.Backends() {
		for _, threads := range []int{1, 2} {
			SameState(t, want, learned(t, OpenBackend(t, name, threads), c))
		}
	}
}

// ReadsNoStaleMemory checks that NaN in all scratch memory before every run changes nothing: no Program
// reads scratch memory before it has written it.
func ReadsNoStaleMemory(t *testing.T, c marl.Config) {
	t.Helper()
	want := learned(t, OpenBackend(t, "auto", 1), c)
	tr := NewTrainer(t, c, NewToy(Busy(), c.Worlds, 1), 5)
	if err := tr.Session().Poison(); err != nil {
		t.Fatal(err)
	}
	Run(t, tr)
	SameState(t, want, StateOf(t, tr))
}

// ResumesExactly checks that a run which is interrupted at its first checkpoint (at update `at`), saved and
// resumed in another trainer ends with the bits of an uninterrupted run. env makes its worlds.
func ResumesExactly(t *testing.T, c marl.Config, at int, env func(seed uint64) marl.Env) {
	t.Helper()
	var want, got []marl.Metrics
	whole := NewTrainer(t, c, env(1), 5)
	if err := whole.Run(context.Background(), marl.Hooks{Metrics: collect(&want)}); err != nil {
		t.Fatal(err)
	}
	kept := interrupted(t, c, env(1), collect(&got))
	second := NewTrainer(t, c, env(999), 5) // the worlds come from the checkpoint
	if err := second.Restore(kept); err != nil {
		t.Fatal(err)
	}
	if second.Update() != at {
		t.Errorf("resumed at update %d, want %d", second.Update(), at)
	}
	if err := second.Run(context.Background(), marl.Hooks{Metrics: collect(&got)}); err != nil {
		t.Fatal(err)
	}
	SameState(t, StateOf(t, whole), StateOf(t, second))
	sameMetrics(t, got, want)
}

// interrupted runs to the first checkpoint and returns it.
func interrupted(t *testing.T, c marl.Config, env marl.Env, metrics func(marl.Metrics) error) (kept *checkpoint.State) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr := NewTrainer(t, c, env, 5)
	err := tr.Run(ctx, marl.Hooks{
		Metrics:    metrics,
		Checkpoint: func() (err error) { kept, err = tr.State(); cancel(); return err },
	})
	if !errors.Is(err, train.ErrInterrupted) || kept == nil {
		t.Fatalf("error %v, want train.ErrInterrupted after a checkpoint", err)
	}
	return kept
}

func collect(to *[]marl.Metrics) func(marl.Metrics) error {
	return func(m marl.Metrics) error { *to = append(*to, m); return nil }
}

func sameMetrics(t *testing.T, got, want []marl.Metrics) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d reports, want %d", len(got), len(want))
	}
	for i := range want {
		for k, s := range want[i].Scalars() {
			if math.Float32bits(got[i].Scalars()[k].Value) != math.Float32bits(s.Value) {
				t.Errorf("update %d: %s is %g, want %g", want[i].Update, s.Name, got[i].Scalars()[k].Value, s.Value)
			}
		}
	}
}

// LearnsToOffload checks that the learned policy completes more tasks than a random one in the game of Small.
func LearnsToOffload(t *testing.T, c marl.Config) {
	t.Helper()
	Compiled(t)
	env, _ := Offloading(t, &c, marl.Split(1, marl.StreamWorld))
	tr := NewTrainer(t, c, env, 1)
	how := marl.Execution{Backend: OpenBackend(t, "auto", 1), Seed: 1}
	before := policy(t, tr, how)
	Run(t, tr)
	after := policy(t, tr, how)
	random, err := sim.NewPolicy("random", Small(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	r, x, y := Evaluate(t, random), Evaluate(t, before), Evaluate(t, after)
	t.Logf("completion: random %.3f, before %.3f, after %.3f; mean reward %.2f, %.2f, %.2f",
		r.CompletionRate, x.CompletionRate, y.CompletionRate, r.MeanReward, x.MeanReward, y.MeanReward)
	if y.CompletionRate < r.CompletionRate+0.1 || y.MeanReward < r.MeanReward {
		t.Error("learning does not beat random")
	}
}

func policy(t *testing.T, tr *marl.Trainer, how marl.Execution) *marl.Policy {
	t.Helper()
	p, err := tr.Policy(how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

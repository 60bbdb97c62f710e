package marl

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// busy is a game with everything in it: masks, idle agents, rewards of all kinds, episodes that
// end by a time limit.
func busy() rules {
	return rules{
		agents: 3, obs: 4, actions: 3, length: 5, limit: true, start: sign,
		next: func(_ float32, _ int, word uint32) float32 { return float32(word>>24) / 128 },
		observe: func(o []float32, agent int, s float32, step int) {
			o[0], o[1], o[2], o[3] = s, float32(agent)/3, float32(step)/5, 1
		},
		legal:  func(s float32, agent, action int) bool { return action == 0 || int(s*10)%3 != agent },
		active: func(s float32, agent int) bool { return int(s*10)%3 != agent },
		reward: func(r []float32, s float32, _ int, a []int32) {
			for i := range r {
				r[i] = s*float32(a[i]) - float32(a[(i+1)%len(a)])
			}
		},
	}
}

func busyConfig(updates int) Config {
	c := tiny(updates)
	c.NormaliseObs = true
	c.StandardiseReward, c.Omega, c.SlotsPerIteration, c.UpdatesPerIteration = true, 0.5, 2, 2
	c.AlphaFinal, c.LRFinal, c.LogitPenalty, c.AttentionPenalty, c.Replay = 0.001, 0.1, 1e-3, 1e-3, 100
	c.LogEvery, c.CheckpointEvery = 4, 6
	return c
}

// train runs a fresh trainer of the busy game and returns its state.
func learned(t *testing.T, backend kernels.Backend, c Config) *checkpoint.State {
	t.Helper()
	tr, err := NewTrainer(c, newToy(busy(), c.Worlds, 1), backend, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.Run(context.Background(), Hooks{}); err != nil {
		t.Fatal(err)
	}
	return stateOf(t, tr)
}

func stateOf(t *testing.T, tr *Trainer) *checkpoint.State {
	t.Helper()
	s, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sameState reports the first difference of two states.
func sameState(t *testing.T, a, b *checkpoint.State) {
	t.Helper()
	if len(a.Tensors) != len(b.Tensors) || len(a.Tensors) == 0 {
		t.Fatalf("%d and %d tensors", len(a.Tensors), len(b.Tensors))
	}
	for i, x := range a.Tensors {
		if y := b.Tensors[i]; x.Name != y.Name || !equalBits(x.Data, y.Data) {
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

// Every backend gives the same bits, whatever its threads, for every variant of the update.
func TestBackendsAgreeToTheBit(t *testing.T) {
	for _, variant := range []func(*Config){
		func(*Config) {},
		func(c *Config) {
			c.ActorLoss, c.TargetValue, c.ActorActions = ActorSampled, TargetExpected, ActionsResampled
		},
		func(c *Config) { c.Attention, c.CriticIdle, c.ActorActions = false, false, ActionsResampled },
	} {
		c := busyConfig(20)
		variant(&c)
		sameEverywhere(t, c)
	}
}

// With scratch memory full of NaN before every run nothing changes: no Program reads what it
// has not written.
func TestProgramsReadNoStaleMemory(t *testing.T) { readsNoStaleMemory(t, busyConfig(20)) }

func readsNoStaleMemory(t *testing.T, c Config) {
	t.Helper()
	want := learned(t, openBackend(t, "auto", 1), c)
	tr := newTrainer(t, c, newToy(busy(), c.Worlds, 1), 5)
	if err := tr.learner.session.Poison(); err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	sameState(t, want, stateOf(t, tr))
}

// sameEverywhere: all backends end with the bits of the reference, with any number of threads.
func sameEverywhere(t *testing.T, c Config) {
	t.Helper()
	want := learned(t, openBackend(t, "ref", 1), c)
	for _, name := range kernels.Backends() {
		for _, threads := range []int{1, 2} {
			sameState(t, want, learned(t, openBackend(t, name, threads), c))
		}
	}
}

// A run that is interrupted, kept and continued elsewhere ends with the bits of one that is not.
func TestResumeIsExact(t *testing.T) {
	c := busyConfig(24)
	resumeIsExact(t, c, 6, func(seed uint64) Env { return newToy(busy(), c.Worlds, seed) })
}

// resumeIsExact interrupts a run of worlds that env makes at the first checkpoint, which is at update `at`.
func resumeIsExact(t *testing.T, c Config, at int, env func(seed uint64) Env) {
	t.Helper()
	var want []Metrics
	whole := newTrainer(t, c, env(1), 5)
	if err := whole.Run(context.Background(), Hooks{Metrics: collect(&want)}); err != nil {
		t.Fatal(err)
	}

	var got []Metrics
	var kept *checkpoint.State
	ctx, cancel := context.WithCancel(context.Background())
	first := newTrainer(t, c, env(1), 5)
	err := first.Run(ctx, Hooks{
		Metrics:    collect(&got),
		Checkpoint: func() (err error) { kept, err = first.State(); cancel(); return err },
	})
	if !errors.Is(err, train.ErrInterrupted) || kept == nil {
		t.Fatalf("error %v, want train.ErrInterrupted after a checkpoint", err)
	}
	second := newTrainer(t, c, env(999), 5) // the worlds come from the checkpoint
	if err := second.Restore(kept); err != nil {
		t.Fatal(err)
	}
	if second.Update() != at {
		t.Errorf("resumed at update %d, want %d", second.Update(), at)
	}
	if err := second.Run(context.Background(), Hooks{Metrics: collect(&got)}); err != nil {
		t.Fatal(err)
	}
	sameState(t, stateOf(t, whole), stateOf(t, second))
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

func collect(to *[]Metrics) func(Metrics) error {
	return func(m Metrics) error { *to = append(*to, m); return nil }
}

func TestRestoreRefusesAnotherRun(t *testing.T) {
	c := busyConfig(4)
	a := newTrainer(t, c, newToy(busy(), c.Worlds, 1), 5)
	b := newTrainer(t, c, newToy(busy(), c.Worlds, 1), 6)
	if err := b.Restore(stateOf(t, a)); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Errorf("error %v, want one about the seed", err)
	}
}

// A bad number stops the run, names its origin, and nothing of that iteration is kept.
func TestNonFiniteStopsTheRun(t *testing.T) {
	c := busyConfig(40)
	r := busy()
	good, calls := r.reward, 0
	r.reward = func(r []float32, s float32, step int, a []int32) {
		good(r, s, step, a)
		if calls++; calls > 200 {
			r[1] = float32(math.NaN())
		}
	}
	kept := 0
	tr := newTrainer(t, c, newToy(r, c.Worlds, 1), 5)
	err := tr.Run(context.Background(), Hooks{Checkpoint: func() error { kept = tr.Update(); return nil }})
	var bad *NonFiniteError
	if !errors.As(err, &bad) {
		t.Fatalf("error %v, want NonFiniteError", err)
	}
	if bad.Tensor != "replay/reward" || kept == 0 || kept >= bad.Update {
		t.Errorf("%v; last checkpoint at update %d", err, kept)
	}
}

// After 4 pieces the ring holds the youngest transitions, at the places that next says.
func TestReplayRing(t *testing.T) {
	c := tiny(1)
	c.Replay, c.Worlds, c.WarmupSlots = 10, 4, 0
	r := newRig(t, &c, sizes{4, 3, 4, 3})
	var x transition
	for i, to := range []*machine.Tensor{&x.obs, &x.mask, &x.act, &x.reward, &x.nextObs, &x.nextMask, &x.terminated} {
		*to = r.add(fmt.Sprint("column", i), 4, 3*[]int{4, 3, 1, 1, 4, 3, 1}[i])
	}
	n := r.replay
	p := r.open(func(b *machine.Builder) { n.insert(b, x.columns(), 4) })
	r.put(n.rows, n.places())
	for piece := range 4 {
		rewards := make([]float32, 12)
		for i := range rewards {
			rewards[i] = float32(10*piece + i/3) // row number in the tens and ones
		}
		r.put(x.reward, rewards)
		r.run(p)
		n.advance(4)
		if got, want := r.get(n.rows), n.places(); !slices.Equal(got, want) || r.get(n.size)[0] != float32(n.count) {
			t.Errorf("after piece %d the device goes on at %g of %g, the host at %g of %d", piece, got, r.get(n.size), want, n.count)
		}
	}
	if n.count != 10 || n.next != 6 {
		t.Errorf("count %d, next %d, want 10, 6", n.count, n.next)
	}
	got := r.get(n.reward)
	for row, want := range []float32{22, 23, 30, 31, 32, 33, 12, 13, 20, 21} {
		if got[3*row] != want {
			t.Errorf("row %d is %g, want %g", row, got[3*row], want)
		}
	}
}

// The successor of a slot that ended an episode is the end of it, not the next beginning; a time
// limit is no termination.
func TestOutcomeAtTheEndOfAnEpisode(t *testing.T) {
	for _, limit := range []bool{true, false} {
		r := busy()
		r.limit = limit
		c := tiny(1)
		env := newToy(r, c.Worlds, 1)
		tr := newTrainer(t, c, env, 5)
		rig := &rig{offPolicyOf(tr), t}
		for step := range r.length {
			if err := tr.rollout(1); err != nil {
				t.Fatal(err)
			}
			row := step * c.Worlds // of the first world
			want := float32(0)
			if step == r.length-1 && !limit {
				want = 1
			}
			if got := rig.get(offPolicyOf(tr).replay.terminated)[row*r.agents]; got != want {
				t.Errorf("slot %d, limit %t: terminated is %g, want %g", step, limit, got, want)
			}
			if got := rig.get(offPolicyOf(tr).replay.nextObs)[row*r.agents*r.obs+2]; got != float32(step+1)/5 {
				t.Errorf("slot %d: the successor shows time %g", step, got)
			}
		}
		if env.Obs()[2] != 0 {
			t.Error("the next episode has not begun")
		}
	}
}

func TestDegenerate(t *testing.T) {
	s := sim.Summary{Policy: "x", ActionShares: []float64{0.01, 0.99}}
	if d := Degenerate(s); !strings.Contains(d, "candidate 1") {
		t.Errorf("%q", d)
	}
	s.ActionShares = []float64{1, 0}
	if d := Degenerate(s); !strings.Contains(d, "local") {
		t.Errorf("%q", d)
	}
	s.ActionShares = []float64{0.5, 0.5}
	if d := Degenerate(s); d != "" {
		t.Errorf("%q", d)
	}
}

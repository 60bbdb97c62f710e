package marl

import (
	"context"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// small is the preset with few IEDs and short episodes.
func small(t testing.TB) *sim.Scenario {
	t.Helper()
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	s.IEDs, s.Time.Slots = 8, 25
	return s
}

func smallConfig(updates int) Config {
	c := Default()
	c.Updates, c.Worlds, c.Batch, c.Replay, c.WarmupSlots = updates, 8, 16, 4000, 25
	c.Hidden, c.ActorHidden = 32, 32
	return c
}

func smallTrainer(t testing.TB, c Config, seed uint64) *Trainer {
	t.Helper()
	w, err := sim.New(small(t), c.Worlds, Split(seed, StreamWorld))
	if err != nil {
		t.Fatal(err)
	}
	return newTrainer(t, c, Offloading(w), seed)
}

// evaluate returns the completion rate and the hash of a policy.
func evaluate(t *testing.T, p sim.Policy) sim.Summary {
	t.Helper()
	s, err := Evaluate(small(t), p, 32, 1, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The learned policy completes more tasks than a random one, and than before learning.
func TestLearningBeatsRandom(t *testing.T) {
	compiled(t)
	tr := smallTrainer(t, smallConfig(400), 1)
	b := openBackend(t, "auto", 1)
	before, err := tr.Policy(b, false, tr.seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), Hooks{}); err != nil {
		t.Fatal(err)
	}
	after, err := tr.Policy(b, false, tr.seed)
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	defer after.Close()
	random, err := sim.NewPolicy("random", small(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	r, x, y := evaluate(t, random), evaluate(t, before), evaluate(t, after)
	t.Logf("completion: random %.3f, before %.3f, after %.3f; mean reward %.2f, %.2f, %.2f",
		r.CompletionRate, x.CompletionRate, y.CompletionRate, r.MeanReward, x.MeanReward, y.MeanReward)
	if y.CompletionRate < r.CompletionRate+0.1 || y.MeanReward < r.MeanReward {
		t.Error("learning does not beat random")
	}
}

// A policy read from a checkpoint is the trainer's; evaluating twice gives the same actions,
// sampled ones included; greedy and sampled differ.
func TestPolicyIsReproducible(t *testing.T) {
	tr := smallTrainer(t, smallConfig(2), 1)
	if err := tr.Run(context.Background(), Hooks{}); err != nil {
		t.Fatal(err)
	}
	b := openBackend(t, "auto", 1)
	hashes := map[bool]string{}
	for _, sampled := range []bool{false, true} {
		mine, err := tr.Policy(b, sampled, tr.seed)
		if err != nil {
			t.Fatal(err)
		}
		defer mine.Close()
		n := tr.learner.size
		kept, err := NewPolicy(stateOf(t, tr), n.obs, n.actions, b, sampled, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		first, second, other := evaluate(t, mine).Hash, evaluate(t, mine).Hash, evaluate(t, kept).Hash
		if first != second || first != other {
			t.Errorf("sampled %t: hashes %s, %s, %s", sampled, first, second, other)
		}
		hashes[sampled] = first
	}
	if hashes[false] == hashes[true] {
		t.Error("greedy and sampled do the same")
	}
}

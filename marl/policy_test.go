package marl_test

import (
	"context"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// A policy read from a checkpoint is the trainer's; evaluating twice gives the same actions,
// sampled ones included; greedy and sampled differ.
func TestPolicyIsReproducible(t *testing.T) {
	for _, turns := range []int{0, 2} {
		c := smallConfig(2)
		c.Turns = turns
		testReproducible(t, c)
	}
}

func testReproducible(t *testing.T, c marl.Config) {
	t.Helper()
	tr, world := smallTrainer(t, c, 1), marl.SizesOf(marltest.Small(t))
	if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
		t.Fatal(err)
	}
	b := marltest.OpenBackend(t, "auto", 1)
	hashes := map[bool]string{}
	for _, sampled := range []bool{false, true} {
		how := marl.Execution{Backend: b, Sampled: sampled, Seed: 1}
		mine, err := tr.Policy(how)
		if err != nil {
			t.Fatal(err)
		}
		defer mine.Close()
		kept, err := marl.NewPolicy(tr.Workshop().Config, marltest.StateOf(t, tr), world, how)
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		first, second, other := marltest.Evaluate(t, mine).Hash, marltest.Evaluate(t, mine).Hash, marltest.Evaluate(t, kept).Hash
		if first != second || first != other {
			t.Errorf("sampled %t: hashes %s, %s, %s", sampled, first, second, other)
		}
		hashes[sampled] = first
	}
	if hashes[false] == hashes[true] {
		t.Error("greedy and sampled do the same")
	}
}

package run

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref" // the backend of the ranks
	"github.com/gmel-go/gmel/nn/train"
)

// shortRun is the configuration of a run with two updates, which ranks divide.
func shortRun(t *testing.T) *Config {
	return load(t, Sources{Algo: "amarl-ppo", Scenario: "population:20", Backend: "ref", Sets: []string{
		"table_episodes=2", "scenario.time.slots=10", "train.updates=2", "train.worlds=4", "train.slots_per_iteration=4", "train.warmup_slots=4",
		"train.eval_every=0", "train.eval_episodes=2", "amarl-ppo.epochs=1", "amarl-ppo.minibatches=2", "amarl-ppo.hidden=32", "amarl-ppo.actor_hidden=16",
	}})
}

// sameFolders compares what two folders hold of a run.
func sameFolders(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range []string{"config.yaml", "metrics.jsonl", "table.json", "checkpoints/latest.safetensors"} {
		one, err := os.ReadFile(a + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := os.ReadFile(b + "/" + name); err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s differs, %v", name, err)
		}
	}
}

// The folder of a run on three ranks has the bytes of one on a single rank. With the race detector this also shows that
// trainers share nothing.
func TestRanksWriteTheFolderOfOne(t *testing.T) {
	c := shortRun(t)
	t.Chdir(t.TempDir())
	var said []string
	for _, o := range []train.Options{{Out: "one"}, {Out: "three", Ranks: 3, RanksTimeout: time.Minute, Notice: func(s string) { said = append(said, s) }}} {
		if _, err := Train(t.Context(), c, o); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Contains(said, "3 ranks divide the worlds and every update; numbers do not depend on them") {
		t.Errorf("%q", said)
	}
	sameFolders(t, "one", "three")
}

// What works for one rank only is refused before anything is allocated.
func TestRanksAreRefused(t *testing.T) {
	c := load(t, Sources{})
	if _, err := openCrew(c, train.Options{Ranks: 2, Profile: true}); !train.IsUsage(err) {
		t.Errorf("a profile: %v", err)
	}
	c.Train.Precision = kernels.TF32
	if _, err := openCrew(c, train.Options{Ranks: 2}); !train.IsUsage(err) {
		t.Errorf("tf32: %v", err)
	}
}

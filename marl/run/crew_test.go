package run

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	_ "github.com/gmel-go/gmel/kernels/ref" // the backend of the ranks
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
)

// newCrew is a crew without backends.
func newCrew(ranks int, patience time.Duration) *crew {
	c := &crew{group: comm.NewGroup(ranks, patience)}
	for range ranks {
		c.ranks = append(c.ranks, &rank{Trainer: &marl.Trainer{}})
	}
	return c
}

// number is the number of a rank.
func (c *crew) number(r *rank) int { return slices.Index(c.ranks, r) }

// The run ends with the error of the rank that failed, not with those of the ranks that waited for it.
func TestCrewReportsTheRankThatFailed(t *testing.T) {
	c, failure := newCrew(5, time.Minute), errors.New("the device is lost")
	err := c.each(func(r *rank) error {
		if c.number(r) == 3 {
			return failure
		}
		return c.group.Rank(c.number(r)).Barrier()
	})
	if !errors.Is(err, failure) || errors.Is(err, comm.ErrAborted) {
		t.Errorf("%v", err)
	}
}

// A rank that hangs is named, and is not waited for.
func TestCrewLeavesARankThatHangs(t *testing.T) {
	c, never := newCrew(3, 2*time.Second), make(chan struct{})
	defer close(never)
	err := c.each(func(r *rank) error {
		if c.number(r) == 1 {
			<-never
		}
		return c.group.Rank(c.number(r)).Barrier()
	})
	var silent *comm.SilentError
	if !errors.As(err, &silent) || err.Error() != "comm: rank 1 of 3 has not answered for 2s" {
		t.Errorf("%v", err)
	}
	if !c.ranks[1].silent || c.ranks[0].silent || c.ranks[2].silent {
		t.Error("the rank that hangs is not marked")
	}
}

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

package run

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// The policy that is opened plays what the table of its run says: the hash is of all actions and rewards.
func TestOpenPolicyPlaysAsTheTableSays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := load(t, Sources{File: "../../cmd/gmel/testdata/tiny.yaml", Sets: []string{"train.updates=4", "train.backend=ref"}})
	r, err := Train(context.Background(), c, train.Options{Out: dir})
	if err != nil {
		t.Fatal(err)
	}
	own, err := TrainedScenario(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenPolicy(dir, own, EvalOptions{Seed: c.EvalSeed})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, err := marl.Evaluate(sim.SimulateOptions{Scenario: p.Scenario, Policy: p, Episodes: c.TableEpisodes, Seed: c.EvalSeed})
	if err != nil {
		t.Fatal(err)
	}
	if want := r.Table.Greedy(); s.Hash != want.Hash || s.Policy != want.Policy {
		t.Errorf("%s plays %s, %s of the table %s", s.Policy, s.Hash, want.Policy, want.Hash)
	}
	other := *own
	other.Servers = 3
	if _, err := OpenPolicy(dir, &other, EvalOptions{}); !train.IsUsage(err) {
		t.Errorf("a scenario with other candidates: %v", err)
	}
}

package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
)

// EvalOptions says how to evaluate a run.
type EvalOptions struct {
	Scenario string   // preset or scenario file; "": that of the run
	Sets     []string // path=value, such as scenario.ieds=50
	Episodes int
	Seed     uint64
	Threads  int    // 0: all cores
	Backend  string // "": that of the run
	Device   string // with Backend

	References bool // play the policies that know more than an agent can, too

	Progress func(done, total int)
	Notice   func(string)
}

// Eval compares the actor in the latest checkpoint of a run with all heuristics, on the scenario of the run or on another
// one that fits the policy, see sim.Scenario.InUnitsOf. It writes nothing to the folder, so the run may be training
// meanwhile.
func Eval(ctx context.Context, dir string, o EvalOptions) (t *Table, err error) {
	if o.Episodes < 2 {
		return nil, train.Usagef("--episodes is %d; at least 2 are needed for an interval", o.Episodes)
	}
	f := train.Folder(dir)
	c, err := folderConfig(f)
	if err != nil {
		return nil, err
	}
	training, game, err := o.played(f, c)
	if err != nil {
		return nil, err
	}
	memory := game.evaluationMemory(o.Episodes, "--episodes")
	if o.References {
		memory.Parts = append(memory.Parts, referenceMemory(o.Episodes))
	}
	if err := memory.Fit(train.FreeMemory(nil)); err != nil {
		return nil, err
	}
	from, err := o.checkpoint(f, c)
	if err != nil {
		return nil, err
	}
	as := o.train(c)
	backend, err := openBackend(as, false, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	var learned []*marl.Policy
	for _, sampled := range []bool{true, false} {
		how := marl.Execution{Backend: backend, Sampled: sampled, Seed: o.Seed}
		p, err := marl.NewPolicy(as, from.State, game.sizes(), how)
		if err != nil {
			return nil, train.Usagef("%s: %w", from.Path, err)
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		learned = append(learned, p)
	}
	update, err := from.Update()
	if err != nil {
		return nil, err
	}
	compare := comparison{game, training, learned, update, o.Episodes, o.Seed, threads(o.Threads), o.Progress, o.References}
	return compare.table(ctx)
}

// checkpoint returns the latest checkpoint of the run with configuration c.
func (o *EvalOptions) checkpoint(f train.Folder, c *Config) (*train.Saved, error) {
	from, damage, err := f.Latest()
	if err != nil {
		return nil, err
	}
	if from == nil {
		return nil, train.Usagef("%s has no checkpoint yet", f)
	}
	if damage != nil && o.Notice != nil {
		o.Notice(fmt.Sprintf("WARNING: %v; the previous checkpoint is used", damage))
	}
	if text := from.Warning(); text != "" && o.Notice != nil {
		o.Notice(text)
	}
	return from, newRun(c, c).SameRun(from)
}

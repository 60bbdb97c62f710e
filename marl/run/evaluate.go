package run

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
)

// learned returns the current actor, sampled and greedy.
func (r *runner) learned() ([]sim.Policy, func() error, error) {
	sampled, err := r.trainer.Policy(r.backend, true, r.config.EvalSeed)
	if err != nil {
		return nil, nil, err
	}
	greedy, err := r.trainer.Policy(r.backend, false, r.config.EvalSeed)
	if err != nil {
		return nil, nil, err
	}
	return []sim.Policy{sampled, greedy}, func() error { return errors.Join(sampled.Close(), greedy.Close()) }, nil
}

// evaluate plays the current actor on the fixed evaluation seeds, unless ctx ends
// between two policies.
func (r *runner) evaluate(ctx context.Context, update int) (err error) {
	policies, done, err := r.learned()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	c := &r.config.Train
	for _, p := range policies {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := marl.Evaluate(r.config.Scenario, p, c.EvalEpisodes, r.config.EvalSeed, threads(c.Threads), nil)
		if err = errors.Join(err, release(p)); err != nil {
			return err
		}
		if err := r.records.evaluation(update, s); err != nil {
			return err
		}
		r.status.Completion = s.CompletionRate
	}
	r.status.Update = update
	r.report()
	return nil
}

// draw makes the picture; training goes on without one.
func (r *runner) draw(t *Table) {
	if err := drawCurve(r.folder, t); err != nil {
		r.notice("WARNING: the learning curve cannot be drawn: %v", err)
	}
}

// finish compares the result with all heuristics.
func (r *runner) finish(ctx context.Context) (t *Table, err error) {
	policies, done, err := r.learned()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	c := comparison{
		scenario: r.config.Scenario, learned: policies, update: r.trainer.Update(),
		episodes: r.config.TableEpisodes, seed: r.config.EvalSeed, threads: threads(r.config.Train.Threads),
	}
	if t, err = c.table(ctx); err != nil {
		return nil, err
	}
	r.draw(t)
	return t, r.folder.writeTable(t)
}

// writeTable writes the table for programs last: a run with it is complete.
func (f Folder) writeTable(t *Table) error {
	if err := record.WriteFile(f.tableText(), []byte(t.Markdown())); err != nil {
		return err
	}
	return writeJSON(f.tableJSON(), t)
}

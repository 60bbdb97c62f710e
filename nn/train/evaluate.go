package train

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/nn/train/record"
)

// evaluate records what the job says of itself.
func (r *runner) evaluate(ctx context.Context) error {
	report, err := r.job.Evaluate(ctx)
	if err != nil {
		return err
	}
	for _, x := range report.Records {
		if r.due && r.recorded(x.Kind) { // killed before the checkpoint of catchUp
			continue
		}
		if err := r.write(x); err != nil {
			return err
		}
	}
	if err := r.keepFiles(report.Files); err != nil {
		return err
	}
	r.status.Update = r.job.Update()
	r.report()
	return nil
}

// keepFiles writes files of the job, with their pictures among the events first: the last file may make the run complete.
func (r *runner) keepFiles(files []File) error {
	if err := r.records.show(r.job.Update(), files); err != nil {
		return err
	}
	return r.folder.writeFiles(files)
}

// evaluateStep evaluates after a step. An interrupt ends it, with a checkpoint that says what is still due.
func (r *runner) evaluateStep(ctx context.Context) error {
	err := r.evaluate(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	r.due = true
	return errors.Join(r.checkpoint(), ErrInterrupted)
}

// catchUp makes the evaluation that an interrupt has left due.
func (r *runner) catchUp(ctx context.Context) error {
	if err := r.evaluate(ctx); err != nil {
		return err
	}
	r.due, r.saved = false, -1 // a checkpoint without it is due
	return r.checkpoint()
}

// recorded reports whether the last records are of this update and hold the kind.
func (r *runner) recorded(kind string) bool {
	lines, err := record.ReadJSONL(r.folder.Metrics())
	for i := len(lines) - 1; err == nil && i >= 0 && lines[i].Update == r.job.Update(); i-- {
		if lines[i].Kind == kind {
			return true
		}
	}
	return false
}

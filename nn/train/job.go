// Package train is what every training run needs and that does not depend on what is trained: a loop with
// its intervals, a run folder that is never overwritten and has one writer, checkpoints from which a run that was
// killed at any instant goes on to the same bits, records, a learning curve, progress, and advice in errors.
//
// What is trained is a Job. Start makes a folder and trains in it, Resume goes on in one.
package train

import (
	"context"
	"errors"
	"io"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Job is something that is trained in steps. Its numbers follow from its configuration and its state alone, never from
// the clock, the number of calls of State, or the process: then a resumed run ends at the same bits. A Job is used by
// one goroutine at a time.
type Job interface {
	// Update is the number of updates done. Records and checkpoints carry it.
	Update() int
	// Step does the next one or more updates, all or none of which a checkpoint contains. A step that has begun
	// ends, also when ctx is cancelled, unless that takes too long: then it returns ErrAbandoned. It returns an error for numbers that are not finite, see Repeated.
	Step(ctx context.Context) error
	// Scalars returns what training reports, in always the same order: most often means of the updates since the
	// last call. It is called before State where both are due, so that sums begin anew in a resumed run, too.
	Scalars() ([]record.Scalar, error)
	// State is everything that Restore needs to go on with the same bits, such as parameters, optimisers, the state of
	// generators and the place in a data set. The blob "config" and the text "update" are the runner's.
	State() (*checkpoint.State, error)
	// Restore continues from a State of the same configuration. After an error only Close is called.
	Restore(*checkpoint.State) error
	// Close frees what the job holds.
	Close() error

	Extras
}

// Extras are the parts of a Job that not every job has. A job embeds Plain and defines those that it has.
type Extras interface {
	// Device tells where the job computes, for versions.json and the gauges.
	Device() Device
	// WarmUp prepares a new run for its first Step. It is not called after Restore. When ctx is cancelled it may
	// return ErrInterrupted; nothing is kept then.
	WarmUp(ctx context.Context) error
	// Evaluate judges what has been learned so far, before the first step and at intervals. It changes nothing that
	// later numbers depend on. When ctx is cancelled it may return ctx.Err().
	Evaluate(ctx context.Context) (Report, error)
	// Headline is the part of a record that a line of progress shows, such as "loss 0.123"; "" for a record that has none.
	Headline(record.Line) string
	// Curve turns all records into the panels of curve.png; no panels: no picture.
	Curve([]record.Line) []record.Panel
	// Finish is called after the last update and returns the results of the run. They are written in this order.
	Finish(ctx context.Context) ([]File, error)
	// Stopping decides after a step whether the run ends before its last update. A job on several machines
	// makes all of them give the same answer here.
	Stopping(ctx context.Context) bool
	// WriteProfile tells where the time went. It fails at once where nothing was measured.
	WriteProfile(io.Writer) error
}

// Device is where a job computes; the zero value is a job without a backend.
type Device struct {
	Backend string // name of an opened backend
	Options kernels.Options
}

// Report is what an evaluation leaves in the run folder.
type Report struct {
	Records []Record
	Files   []File // such as pictures; an evaluation replaces those of the same name
}

// Record is one line of metrics.jsonl, and one event.
type Record struct {
	Kind    string // such as "train" or the name of what was evaluated
	Scalars []record.Scalar
}

// File is a file of the run folder, replaced as a whole or not at all.
type File struct {
	Name string // below the folder; not a name of the runner's own
	Data []byte
}

// Plain is the Extras of a job that has none of them.
type Plain struct{}

// Device is none.
func (Plain) Device() Device { return Device{} }

// WarmUp does nothing.
func (Plain) WarmUp(context.Context) error { return nil }

// Evaluate reports nothing.
func (Plain) Evaluate(context.Context) (Report, error) { return Report{}, nil }

// Headline shows nothing.
func (Plain) Headline(record.Line) string { return "" }

// Curve has no panels.
func (Plain) Curve([]record.Line) []record.Panel { return nil }

// Finish has no results.
func (Plain) Finish(context.Context) ([]File, error) { return nil, nil }

// Stopping is true once ctx is cancelled.
func (Plain) Stopping(ctx context.Context) bool { return ctx.Err() != nil }

// WriteProfile fails.
func (Plain) WriteProfile(io.Writer) error { return errors.New("train: this job has no profile") }

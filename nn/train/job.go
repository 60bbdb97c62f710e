// Package train has the parts of a training run that do not depend on what is trained: a loop with intervals, a run
// folder that is never overwritten and has one writer, records, a learning curve, progress, advice in errors, and
// checkpoints. A run that was killed at any instant resumes from its checkpoint and ends with the same bits.
//
// A Job is the thing that is trained. Start makes a folder and trains in it, Resume continues in one.
package train

import (
	"context"
	"errors"
	"io"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Job is something that is trained in steps. Its numbers must depend on its configuration and its state alone, never on
// the clock, the number of calls of State, or the process: then a resumed run ends with the same bits. A Job is used by
// one goroutine at a time.
type Job interface {
	// Update is the number of updates done. Records and checkpoints carry it.
	Update() int
	// Step does the next one or more updates, all or none of which a checkpoint contains. A step that has begun
	// ends, also when ctx is cancelled, unless that takes too long: then it returns ErrAbandoned. It returns an error for numbers that are not finite, see Repeated.
	Step(ctx context.Context) error
	// Scalars returns the metrics of training, always in the same order: most often means over the updates since
	// the last call. If both are due, it is called before State, so that sums also begin anew in a resumed run.
	Scalars() ([]record.Scalar, error)
	// State is everything that Restore needs to continue with the same bits, such as parameters, optimisers, the state of
	// generators and the position in a data set. The names "config" (a blob) and "update" (a text) belong to the runner.
	State() (*checkpoint.State, error)
	// Restore continues from a State with the same configuration. After an error only Close is called.
	Restore(*checkpoint.State) error
	// Close frees the resources of the job.
	Close() error

	Extras
}

// Extras are the optional parts of a Job. A job embeds Plain and defines those that it has.
type Extras interface {
	// Device says where the job computes, for versions.json and the gauges.
	Device() Device
	// WarmUp prepares a new run for its first Step. It is not called after Restore. If ctx is cancelled it may
	// return ErrInterrupted; then nothing is saved.
	WarmUp(ctx context.Context) error
	// Evaluate evaluates the job before the first step and at intervals. It must not change anything that later
	// numbers depend on. If ctx is cancelled it may return ctx.Err().
	Evaluate(ctx context.Context) (Report, error)
	// Snapshot returns files that stay as they are now, such as parameters in the course of the run. It is called at
	// intervals from the first step on, and after the last step.
	Snapshot() ([]File, error)
	// SnapshotSize is what the files of one Snapshot take on the disk.
	SnapshotSize() int64
	// Headline is the part of a record that the progress line shows, such as "loss 0.123"; "" for a record without one.
	Headline(record.Line) string
	// Curve turns all records into the panels of curve.png; without panels there is no picture.
	Curve([]record.Line) []record.Panel
	// Finish is called after the last update and returns the results of the run. They are written in this order.
	Finish(ctx context.Context) ([]File, error)
	// CheckpointSize is what the largest State of the run takes on the disk, and the setting to lower; zero if that is
	// not known.
	CheckpointSize() MemoryPart
	// Stopping decides after a step whether the run ends before its last update. A job on several machines
	// must return the same answer on all of them.
	Stopping(ctx context.Context) bool
	// WriteProfile writes how much time each part took. It fails at once if nothing is measured.
	WriteProfile(io.Writer) error
}

// Device is where a job computes; the zero value is a job without a backend.
type Device struct {
	Backend string // name of an opened backend
	Options kernels.Options
}

// Report is the result of an evaluation, for the run folder.
type Report struct {
	Records []Record
	Files   []File // such as pictures; an evaluation replaces those of the same name
}

// Record is one line of metrics.jsonl, and one event.
type Record struct {
	Kind    string // such as "train" or the name of the evaluated policy
	Scalars []record.Scalar
}

// File is a file of the run folder. It is replaced as a whole or not at all.
type File struct {
	Name string // path in the folder; not a file of the runner
	Data []byte
	Tag  string // under which TensorBoard shows a PNG file, such as "samples"; "": it does not
}

// Plain is the Extras of a job that has none of them.
type Plain struct{}

// Device is none.
func (Plain) Device() Device { return Device{} }

// WarmUp does nothing.
func (Plain) WarmUp(context.Context) error { return nil }

// Evaluate reports nothing.
func (Plain) Evaluate(context.Context) (Report, error) { return Report{}, nil }

// Snapshot keeps nothing.
func (Plain) Snapshot() ([]File, error) { return nil, nil }

// SnapshotSize is 0.
func (Plain) SnapshotSize() int64 { return 0 }

// Headline shows nothing.
func (Plain) Headline(record.Line) string { return "" }

// Curve has no panels.
func (Plain) Curve([]record.Line) []record.Panel { return nil }

// Finish has no results.
func (Plain) Finish(context.Context) ([]File, error) { return nil, nil }

// CheckpointSize is not known.
func (Plain) CheckpointSize() MemoryPart { return MemoryPart{} }

// Stopping is true once ctx is cancelled.
func (Plain) Stopping(ctx context.Context) bool { return ctx.Err() != nil }

// WriteProfile fails.
func (Plain) WriteProfile(io.Writer) error { return errors.New("train: this job has no profile") }

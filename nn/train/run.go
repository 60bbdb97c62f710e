package train

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Run describes a training run, new or resumed.
type Run struct {
	Name   string // part of the folder name of a new run, runs/NAME-SEED-N
	Seed   uint64
	Config []byte // config.yaml of a new run. A run to resume is described from this file

	// Inputs are files that the run reads, see AddInput. A new run keeps copies, in which Config has their names. Began
	// is called once it has them, for a job that reads them later; nil: nothing is to be done.
	Inputs []Input
	Began  func(Folder)

	// Numbers is the part of the configuration that determines numbers. Every checkpoint contains it.
	Numbers []byte
	// Same compares the Numbers of a checkpoint with those of the run and returns an error that names the first
	// difference. If Same is nil, the bytes must be equal.
	Same func(from *Saved, numbers []byte) error

	Schedule Schedule
	// Result is the last of the files that Finish returns; a run with it, and a checkpoint at its last update, is
	// complete. "": only the checkpoint counts.
	Result string

	// Spare takes what only training needs out of the state of a complete run, and reports whether there was anything. The state must
	// remain one that the job can restore, because results that were deleted are made again. nil: everything is kept.
	Spare func(*checkpoint.State) bool

	// Resume is the command that resumes a run, without its folder, such as "gmel train --resume".
	// ResumeFlags follow the folder.
	Resume, ResumeFlags string

	// Open makes the job and allocates all of its memory. It is called before a new folder is made, so that a
	// job that cannot be trained leaves no folder.
	Open func(Options) (Job, error)
}

// Options do not change any number.
type Options struct {
	Out     string // folder of a new run; "": the next free runs/NAME-SEED-N
	Profile bool   // measure every op and write the profile into the run folder
	Debug   bool   // check the results of every op, on a device
	// StealLock takes a folder whose lock names a live process of another host.
	StealLock bool
	// Ranks is the number of ranks of a job that can be divided, all in this process; 0: one. A rank that does not answer for
	// RanksTimeout ends the run; 0: never.
	Ranks        int
	RanksTimeout time.Duration
	// Team has this process as its rank 0, and another process for each other rank; nil: there is one process. Only the job
	// knows of the others.
	Team     comm.Member
	Progress func(Status) // called from time to time; nil: never
	Notice   func(string) // one sentence for the user, such as where the run is; nil: dropped
}

// Say gives the user a sentence.
func (o Options) Say(format string, args ...any) {
	if o.Notice != nil {
		o.Notice(fmt.Sprintf(format, args...))
	}
}

// Status is the progress of a run.
type Status struct {
	Update, Updates int
	Earlier         int    // of Update, those that earlier processes computed; 0: those of the first status
	Headline        string // of the last record that has one
	Device          string // gauges of the device, "" if it has none
}

// Result is how a run ended.
type Result struct {
	Folder      Folder
	Interrupted bool   // by the context
	Resume      string // the command that resumes the run
}

// Start makes a new run folder and trains in it to the end, or until ctx is cancelled: then the running step is
// finished and saved.
func Start(ctx context.Context, run *Run, o Options) (result Result, err error) {
	r := &runner{run: run, options: o, saved: -1}
	defer func() { err = errors.Join(err, r.close()) }()
	if o.Out != "" {
		if err := vacant(o.Out, run); err != nil { // before the memory of a large job is taken
			return Result{}, err
		}
	}
	if err := r.openJob(); err != nil {
		return Result{}, err
	}
	if err := r.room(cmp.Or(o.Out, defaultParent), nil); err != nil {
		return Result{}, err
	}
	if err := r.begin(ctx); err != nil {
		return Result{}, err
	}
	o.Say("training in %s", r.folder)
	return r.train(ctx, nil)
}

// begin makes, locks and fills the folder of a new run. If that fails nothing of it remains.
func (r *runner) begin(ctx context.Context) (err error) {
	var made []string
	defer func() {
		for i := len(made) - 1; err != nil && i >= 0; i-- {
			os.Remove(made[i]) // folders only if they are empty
		}
	}()
	if r.folder, made, err = create(r.options.Out, r.run); err != nil {
		return err
	}
	locked := exists(r.folder.lock()) // by a process that has ended since
	r.lock, err = r.folder.acquire(r.options)
	var full *disk.FullError
	if !locked && (err == nil || errors.As(err, &full)) { // else it is another process's
		made = append(made, r.folder.lock())
	}
	if err != nil {
		return err
	}
	more, err := r.folder.begin(ctx, r.run.Config, r.run.Inputs)
	made = append(made, more...)
	if err == nil && r.run.Began != nil {
		r.run.Began(r.folder)
	}
	return err
}

// Resume continues the run in a folder from its newest valid checkpoint, or from the beginning if there is none yet.
// If the run is complete, it does nothing.
func Resume(ctx context.Context, f Folder, run *Run, o Options) (result Result, err error) {
	if _, err := f.Config(); err != nil {
		return Result{}, err
	}
	r := &runner{run: run, folder: f, options: o, saved: -1}
	defer func() { err = errors.Join(err, r.close()) }()
	if r.lock, err = f.acquire(o); err != nil {
		return r.unlocked(err)
	}
	from, err := r.latest()
	if err != nil {
		return Result{}, err
	}
	if err := r.check(from); err != nil {
		return Result{}, err
	}
	if done, err := r.complete(from); done || err != nil {
		if done {
			r.spare(from.State) // the process may have been killed before it did
		}
		return Result{Folder: f}, err
	}
	if from == nil {
		o.Say("%s has no checkpoint yet: training starts at the beginning", f)
	} else {
		o.Say("training in %s goes on from update %s", f, from.State.Meta[metaUpdate])
	}
	if err := r.openJob(); err != nil {
		return Result{}, err
	}
	if err := r.room(string(f), from); err != nil {
		return Result{}, err
	}
	return r.train(ctx, from)
}

// unlocked is the end of a run whose folder cannot be locked. A complete run needs no lock, so it may lie on a disk that
// cannot be written or is full.
func (r *runner) unlocked(failure error) (Result, error) {
	var full *disk.FullError
	readOnly := errors.Is(failure, fs.ErrPermission) || errors.Is(failure, syscall.EROFS)
	if !readOnly && !errors.As(failure, &full) {
		return Result{}, failure
	}
	from, damage, err := r.folder.Latest()
	if err != nil || damage != nil || from == nil {
		return Result{}, failure
	}
	if err := r.run.SameRun(from); err != nil {
		return Result{}, err
	}
	if done, err := r.complete(from); done || err != nil {
		return Result{Folder: r.folder}, err
	}
	if !readOnly {
		return Result{}, failure
	}
	return Result{}, fmt.Errorf("%w; to go on with the run, copy its folder to where you can write", failure)
}

// SameRun returns an error if a checkpoint does not belong to the run.
func (run *Run) SameRun(from *Saved) error {
	numbers, err := from.State.Blob(blobConfig)
	if err != nil {
		return fmt.Errorf("%s: %w", from.Path, err)
	}
	if run.Same != nil {
		return run.Same(from, numbers)
	}
	if !bytes.Equal(numbers, run.Numbers) {
		return Usagef("%s is of a run with another configuration; a run goes on only as it began", from.Path)
	}
	return nil
}

// state is the state of the job, with the entries of the runner.
func (run *Run) state(job Job) (*checkpoint.State, error) {
	s, err := job.State()
	if err != nil {
		return nil, err
	}
	if s.Blobs == nil {
		s.Blobs = map[string][]byte{}
	}
	if s.Meta == nil {
		s.Meta = map[string]string{}
	}
	s.Blobs[blobConfig] = run.Numbers
	s.Meta[metaUpdate] = fmt.Sprint(job.Update())
	return s, nil
}

// Entries of the runner in a job's state.
const (
	blobConfig = "config"
	metaUpdate = "update"
	metaDue    = "due" // only where an evaluation is
)

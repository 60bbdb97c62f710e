package train

import (
	"context"
	"errors"
	"fmt"
)

// ErrInterrupted is returned by a run that was stopped before its last update.
var ErrInterrupted = errors.New("train: training interrupted; the checkpoint continues it")

// ErrAbandoned is returned by a step that is too long to be waited for when its run is interrupted. Nothing of the
// step is kept.
var ErrAbandoned = fmt.Errorf("%w; the running step is not kept", ErrInterrupted)

// Schedule is the length of a run and its intervals, in updates. An interval of 0 means at the end only.
type Schedule struct {
	Updates         int // the last step may exceed it
	PerStep         int // updates of one step; 0: one
	LogEvery        int
	SnapshotEvery   int
	EvaluateEvery   int
	CheckpointEvery int
}

// Stepper is what Loop drives; every Job is one.
type Stepper interface {
	Update() int
	Step(ctx context.Context) error
}

// Loop calls the Hooks that are due, in this order; it skips nil ones.
type Hooks struct {
	Log, Snapshot, Evaluate, Checkpoint func() error
	Stopping                            func(ctx context.Context) bool // nil: once ctx is cancelled
}

// Loop runs steps until the last update of the schedule. A hook is due when a step has reached or crossed a multiple of
// its interval, and after the last step. If Stopping returns true after a step, Loop makes a checkpoint and returns
// ErrInterrupted. An error ends Loop without a checkpoint.
func Loop(ctx context.Context, s Schedule, job Stepper, h Hooks) error {
	if h.Stopping == nil {
		h.Stopping = Plain{}.Stopping
	}
	for job.Update() < s.Updates {
		before := job.Update()
		if err := job.Step(ctx); err != nil {
			return err
		}
		if err := s.call(before, job.Update(), h); err != nil {
			return err
		}
		if job.Update() < s.Updates && h.Stopping(ctx) {
			return errors.Join(skipNil(h.Checkpoint), ErrInterrupted)
		}
	}
	return nil
}

// call runs the hooks that are due after a step. Log comes before Checkpoint, because it resets sums that are in the state, and
// Snapshot before Evaluate, which an interrupt may end.
func (s Schedule) call(before, after int, h Hooks) error {
	for _, hook := range []struct {
		every int
		run   func() error
	}{{s.LogEvery, h.Log}, {s.SnapshotEvery, h.Snapshot}, {s.EvaluateEvery, h.Evaluate}, {s.CheckpointEvery, h.Checkpoint}} {
		crossed := hook.every > 0 && before/hook.every != after/hook.every
		if !crossed && after < s.Updates {
			continue
		}
		if err := skipNil(hook.run); err != nil {
			return err
		}
	}
	return nil
}

func skipNil(hook func() error) error {
	if hook == nil {
		return nil
	}
	return hook()
}

// firstCheckpoint is the update up to which a run may have no checkpoint.
func (s Schedule) firstCheckpoint() int {
	every, step := s.CheckpointEvery, max(1, s.PerStep)
	if every == 0 || every > s.Updates {
		every = s.Updates
	}
	return (every + step - 1) / step * step
}

package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Train trains trials that are not complete, Options.Jobs at a time: those with the numbers, or all if there are none. A trial that
// another process works on is left to it.
func (s *Search) Train(ctx context.Context, o Options, numbers ...int) (Outcome, error) {
	a, err := s.ask(o.Python)
	switch {
	case err != nil && ctx.Err() != nil: // it began too late to ignore the signal
		return Outcome{Interrupted: true}, nil
	case err != nil:
		return Outcome{}, err
	}
	w := &searcher{search: s, asker: a}
	if numbers == nil {
		for n := range s.Trials {
			numbers = append(numbers, n)
		}
	}
	w.trainer = newTrainer(o, train.Counted(int64(len(numbers)), "trial"), s.Trials*len(s.seeds))
	w.total = len(numbers) * len(s.seeds) * s.base.Config.Train.Updates
	w.all(ctx, numbers)
	w.all(ctx, w.left()) // which other processes may have brought to their end meanwhile
	return w.outcome, errors.Join(w.broken, a.close())
}

// searcher is the state of Search.Train, which its jobs share.
type searcher struct {
	*trainer
	search *Search
	asker  *asker
	broken error // the sampler does not answer
}

// all trains trials, the first first.
func (w *searcher) all(ctx context.Context, numbers []int) {
	next := make(chan int)
	var done sync.WaitGroup
	for range min(w.options.Jobs, len(numbers)) {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := range next {
				if !w.ended(ctx) { // the sampler is not asked about a trial before the earlier ones have their values
					w.account(n, w.work(ctx, n))
				}
			}
		}()
	}
	for _, n := range numbers {
		next <- n
	}
	close(next)
	done.Wait()
}

// left takes the trials of other processes out of the outcome.
func (w *searcher) left() (numbers []int) {
	for _, f := range w.outcome.Held {
		numbers = append(numbers, f.Trial)
	}
	w.outcome.Held = nil
	return numbers
}

// ended reports whether no other trial is to be begun.
func (w *searcher) ended(ctx context.Context) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		w.outcome.Interrupted = true
	}
	return ctx.Err() != nil || w.broken != nil
}

// errInterrupted ends the work on a trial that goes on later.
var errInterrupted = errors.New("interrupted")

// brokenError is that of a sampler that does not answer.
type brokenError struct{ error }

// account counts what became of a trial.
func (w *searcher) account(number int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	broken := brokenError{}
	switch {
	case err == nil:
		w.outcome.Finished++
	case errors.Is(err, errInterrupted):
		w.outcome.Interrupted = true
	case errors.As(err, &broken):
		w.broken = broken.error
	case errors.As(err, new(*train.LockedError)):
		w.outcome.Held = append(w.outcome.Held, Failure{Trial: number, Err: err})
	default:
		w.outcome.Failures = append(w.outcome.Failures, Failure{Trial: number, Err: err})
		w.say(fmt.Sprintf("trial %d failed: %s", number, oneLine(err)))
	}
}

// work brings a trial to its end. Only the process that holds its lock asks and tells.
func (w *searcher) work(ctx context.Context, number int) (err error) {
	s := w.search
	release, err := s.folder(number).Hold(train.Options{StealLock: w.options.StealLock, Notice: w.options.Notice})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	got, err := w.asker.settings(number)
	if err != nil {
		return brokenError{err}
	}
	if got.State == complete || got.State == failed {
		w.skip(number)
		return nil
	}
	t, err := s.newTrial(number, got.Settings)
	if err != nil {
		return brokenError{err}
	}
	if err := s.load(t); err != nil {
		return w.refuse(t, err)
	}
	if err := s.save(t); err != nil {
		return err
	}
	freed, err := w.wait(ctx, t)
	if err != nil {
		return err
	}
	return errors.Join(w.trainTrial(ctx, t), freed())
}

// wait waits for trials with the same settings: they have the same runs, and one of them trains them.
func (w *searcher) wait(ctx context.Context, t *Trial) (freed func() error, err error) {
	folder := train.Folder(filepath.Join(w.search.Folder, "settings-"+filepath.Base(t.Runs[0].Folder)))
	for {
		freed, err = folder.Hold(train.Options{StealLock: w.options.StealLock, Notice: w.options.Notice})
		if !errors.As(err, new(*train.LockedError)) {
			return freed, err
		}
		select {
		case <-ctx.Done():
			return nil, errInterrupted
		case <-time.After(time.Second):
		}
	}
}

// trainTrial trains the runs of a trial and tells its value.
func (w *searcher) trainTrial(ctx context.Context, t *Trial) error {
	var tables []*run.Table
	for _, r := range t.Runs {
		result, err := w.run(ctx, r)
		repeated := (*train.Repeated)(nil)
		switch {
		case errors.As(err, &repeated): // not a number: another start of the run comes to the same
			return w.refuse(t, err)
		case err != nil:
			return err
		case result.Interrupted:
			return errInterrupted
		}
		w.show(r, r.Config.Train.Updates)
		tables = append(tables, result.Table)
	}
	value, ok := w.search.value(tables)
	if !ok {
		return w.refuse(t, fmt.Errorf("its %s is no number", w.search.goal.Name))
	}
	return w.tell(t.Number, &value)
}

// refuse tells that settings cannot be trained, and keeps the reason.
func (w *searcher) refuse(t *Trial, fault error) error {
	t.Fault = oneLine(fault)
	w.say(fmt.Sprintf("trial %d (%s) counts as a failure: %s", t.Number, strings.Join(t.Settings, " "), t.Fault))
	if err := w.search.save(t); err != nil {
		return err
	}
	w.skip(t.Number)
	return w.tell(t.Number, nil)
}

func (w *searcher) tell(number int, value *float64) error {
	if err := w.asker.tell(number, value); err != nil {
		return brokenError{err}
	}
	return nil
}

// skip counts the updates of a trial that needs no training.
func (w *searcher) skip(number int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seeds := len(w.search.seeds)
	for i := range seeds {
		n := w.search.base.Config.Train.Updates
		w.updates[number*seeds+i], w.earlier[number*seeds+i] = n, n
	}
}

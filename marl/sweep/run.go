package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Failure is a run that could not be trained, or a trial.
type Failure struct {
	Run   *Run // nil: a trial
	Trial int
	Err   error
}

func (f *Failure) what() string {
	if f.Run == nil {
		return fmt.Sprintf("trial %d", f.Trial)
	}
	return fmt.Sprintf("run %d (%s)", f.Run.Index, f.Run.Label())
}

// Outcome is what became of the runs or the trials of a plan.
type Outcome struct {
	Finished    int
	Failures    []Failure
	Held        []Failure // other processes train in their folders
	Interrupted bool
}

// Options of Train.
type Options struct {
	Jobs      int    // runs or trials at a time
	Python    string // a program that has Optuna; for a search
	StealLock bool   // see train.Options
	Progress  func(train.Status)
	Notice    func(string)
}

// Train trains the runs of the plan that are not complete, several at a time. One that fails does not stop the others, and one
// that another process trains is left to it, so several processes can share a plan. Runs share the cores unless the plan sets
// train.threads, on which no number depends.
func (p *Plan) Train(ctx context.Context, o Options) Outcome {
	o.Jobs = min(o.Jobs, len(p.Runs))
	t := newTrainer(o, train.Counted(int64(len(p.Runs)), "run"), len(p.Runs))
	for _, r := range p.Runs {
		t.total += r.Config.Train.Updates
	}
	t.pass(ctx, p.Runs)
	t.pass(ctx, t.held()) // which other processes may have completed or left meanwhile
	return t.outcome
}

// pass trains runs, several at a time.
func (t *trainer) pass(ctx context.Context, runs []*Run) {
	next := make(chan *Run)
	var done sync.WaitGroup
	for range t.options.Jobs {
		done.Go(func() {
			for r := range next {
				t.train(ctx, r)
			}
		})
	}
	whole := handOut(ctx, next, runs)
	done.Wait()
	t.outcome.Interrupted = t.outcome.Interrupted || !whole
}

// held takes the runs of other processes out of the outcome.
func (t *trainer) held() (runs []*Run) {
	for _, f := range t.outcome.Held {
		runs = append(runs, f.Run)
	}
	t.outcome.Held = nil
	return runs
}

// handOut gives each run to a job that is free, then closes the channel. It stops if ctx is cancelled, and returns false.
func handOut(ctx context.Context, to chan<- *Run, runs []*Run) bool {
	defer close(to)
	for _, r := range runs {
		if ctx.Err() != nil {
			return false
		}
		select {
		case to <- r:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// trainer is the state of Train, which its jobs share.
type trainer struct {
	options Options
	counted string // what is trained, such as "12 runs"
	total   int    // updates

	mu      sync.Mutex
	updates []int // by run
	earlier []int // by run: updates of earlier processes, or unknown
	outcome Outcome
}

// unknown is the number of earlier updates of a run that has not shown any.
const unknown = -1

func newTrainer(o Options, counted string, runs int) *trainer {
	t := &trainer{options: o, counted: counted, updates: make([]int, runs), earlier: make([]int, runs)}
	for i := range t.earlier {
		t.earlier[i] = unknown
	}
	return t
}

// run trains one run with its share of the cores.
func (t *trainer) run(ctx context.Context, r *Run) (run.Result, error) {
	src := r.Sources()
	if r.Config.Train.Threads == 0 && t.options.Jobs > 1 {
		src.Sets = slices.Concat(src.Sets, []string{fmt.Sprintf("train.threads=%d", max(1, runtime.GOMAXPROCS(0)/t.options.Jobs))})
	}
	return run.TrainOrResume(ctx, src, train.Options{
		Out: r.Folder, StealLock: t.options.StealLock, Progress: func(s train.Status) { t.show(r, s.Update) }, Notice: func(text string) { t.warn(r, text) },
	})
}

func (t *trainer) train(ctx context.Context, r *Run) {
	result, err := t.run(ctx, r)
	t.mu.Lock()
	held := errors.As(err, new(*train.LockedError))
	switch {
	case held:
		t.outcome.Held = append(t.outcome.Held, Failure{Run: r, Err: err})
	case err != nil:
		t.outcome.Failures = append(t.outcome.Failures, Failure{Run: r, Err: err})
	case result.Interrupted:
		t.outcome.Interrupted = true
	default:
		t.outcome.Finished++
	}
	t.mu.Unlock()
	switch {
	case held: // named at the end, if it is held then
	case err != nil:
		t.say(fmt.Sprintf("run %d failed: %s", r.Index, oneLine(err)))
	case !result.Interrupted:
		t.show(r, r.Config.Train.Updates)
	}
}

// show adds a run's progress to that of all.
func (t *trainer) show(r *Run, update int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.updates[r.Index] = min(update, r.Config.Train.Updates)
	if t.earlier[r.Index] == unknown {
		t.earlier[r.Index] = t.updates[r.Index]
	}
	done, earlier := 0, 0
	for i, n := range t.updates {
		done, earlier = done+n, earlier+max(0, t.earlier[i])
	}
	headline := fmt.Sprintf("%d of %s finished", t.outcome.Finished, t.counted)
	if n := len(t.outcome.Failures); n > 0 {
		headline += fmt.Sprintf(", %d failed", n)
	}
	if t.options.Progress != nil {
		t.options.Progress(train.Status{Update: done, Updates: t.total, Earlier: earlier, Headline: headline})
	}
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// warn passes warnings on. What every run says when it begins would drown the progress of many.
func (t *trainer) warn(r *Run, text string) {
	if strings.HasPrefix(text, "WARNING") {
		t.say(fmt.Sprintf("run %d: %s", r.Index, text))
	}
}

func (t *trainer) say(text string) {
	if t.options.Notice != nil {
		t.options.Notice(text)
	}
}

// Err is the error of all runs or trials that failed or are held, each with its name; nil without any. It is a usage error only if
// each of them is: the same command may succeed in the others.
func (o *Outcome) Err() error {
	all := slices.Concat(o.Failures, o.Held)
	usage := !slices.ContainsFunc(all, func(f Failure) bool { return !train.IsUsage(f.Err) })
	var errs []error
	for _, f := range all {
		err := f.Err
		if !usage && train.IsUsage(err) {
			err = errors.New(err.Error())
		}
		errs = append(errs, fmt.Errorf("%s: %w", f.what(), err))
	}
	return errors.Join(errs...)
}

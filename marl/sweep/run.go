package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Failure is a run that could not be trained.
type Failure struct {
	Run *Run
	Err error
}

// Outcome is what became of the runs of a plan.
type Outcome struct {
	Finished    int
	Failures    []Failure
	Interrupted bool
}

// Options of Train.
type Options struct {
	Jobs      int  // runs at a time
	StealLock bool // see train.Options
	Progress  func(train.Status)
	Notice    func(string)
}

// Train trains the runs of the plan that are not complete, several at a time. One that fails does not stop the others. Runs share the
// cores unless the plan sets train.threads, on which no number depends.
func (p *Plan) Train(ctx context.Context, o Options) Outcome {
	t := &trainer{plan: p, options: o, updates: make([]int, len(p.Runs))}
	for _, r := range p.Runs {
		t.total += r.Config.Train.Updates
	}
	next := make(chan *Run)
	var done sync.WaitGroup
	for range min(o.Jobs, len(p.Runs)) {
		done.Add(1)
		go func() {
			defer done.Done()
			for r := range next {
				t.train(ctx, r)
			}
		}()
	}
	for _, r := range p.Runs {
		if ctx.Err() != nil {
			t.outcome.Interrupted = true
			break
		}
		next <- r
	}
	close(next)
	done.Wait()
	return t.outcome
}

// trainer is the state of Train, which its jobs share.
type trainer struct {
	plan    *Plan
	options Options
	total   int

	mu      sync.Mutex
	updates []int // by run
	outcome Outcome
}

func (t *trainer) train(ctx context.Context, r *Run) {
	src := r.Sources()
	if r.Config.Train.Threads == 0 && t.options.Jobs > 1 {
		src.Sets = append(src.Sets, fmt.Sprintf("train.threads=%d", max(1, runtime.GOMAXPROCS(0)/t.options.Jobs)))
	}
	result, err := run.TrainOrResume(ctx, src, train.Options{
		Out: r.Folder, StealLock: t.options.StealLock, Progress: func(s train.Status) { t.show(r, s.Update) }, Notice: func(text string) { t.warn(r, text) },
	})
	t.mu.Lock()
	switch {
	case err != nil:
		t.outcome.Failures = append(t.outcome.Failures, Failure{r, err})
	case result.Interrupted:
		t.outcome.Interrupted = true
	default:
		t.outcome.Finished++
	}
	t.mu.Unlock()
	if err != nil {
		t.say(fmt.Sprintf("run %d failed: %s", r.Index, strings.ReplaceAll(err.Error(), "\n", "; ")))
	} else if !result.Interrupted {
		t.show(r, r.Config.Train.Updates)
	}
}

// show adds a run's progress to that of all.
func (t *trainer) show(r *Run, update int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.updates[r.Index] = min(update, r.Config.Train.Updates)
	done := 0
	for _, n := range t.updates {
		done += n
	}
	headline := fmt.Sprintf("%d of %s finished", t.outcome.Finished, train.Counted(int64(len(t.plan.Runs)), "run"))
	if n := len(t.outcome.Failures); n > 0 {
		headline += fmt.Sprintf(", %d failed", n)
	}
	if t.options.Progress != nil {
		t.options.Progress(train.Status{Update: done, Updates: t.total, Headline: headline})
	}
}

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

// Err is the error of all failures, each with its run; nil without any.
func (o *Outcome) Err() error {
	var errs []error
	for _, f := range o.Failures {
		errs = append(errs, fmt.Errorf("run %d (%s): %w", f.Run.Index, f.Run.Label(), f.Err))
	}
	return errors.Join(errs...)
}

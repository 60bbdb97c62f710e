package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/marl/sweep"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func planSearch(c *cli.Context, s *sweep.Search) error {
	all, err := s.Status()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, all)
	}
	return printText(c.App.Writer, s.Markdown(all))
}

func tableSearch(c *cli.Context, s *sweep.Search) error {
	for _, flag := range []string{"csv", "latex", "plot"} {
		if c.IsSet(flag) {
			return train.Usagef("--%s is for runs, and this plan is a search; `gmel compare --%s` of the runs of its trials has it", flag, flag)
		}
	}
	all, err := s.Best()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, all)
	}
	return printText(c.App.Writer, s.BestMarkdown(all))
}

// runSearch trains the trials with the numbers, or all without one.
func runSearch(c *cli.Context, p *sweep.Plan, numbers ...int) error {
	n := p.Len()
	if len(numbers) > 0 {
		n = len(numbers)
	}
	return runAll(c, n, p.Noun(), func(ctx context.Context, o sweep.Options) (sweep.Outcome, error) {
		o.Python = c.String("python")
		return p.Search.Train(ctx, o, numbers...)
	})
}

// runAll shows the progress of all runs or trials and says what became of them. A signal stops them in good order.
func runAll(c *cli.Context, n int, noun string, do func(context.Context, sweep.Options) (sweep.Outcome, error)) error {
	progress := progress(c)
	ctx, stop := untilSignal(progress.Line, "update")
	defer stop()
	o, err := do(ctx, sweep.Options{Jobs: c.Int("jobs"), StealLock: c.Bool("steal-lock"), Progress: progress.Train, Notice: progress.Line})
	progress.Done()
	if err != nil {
		return errors.Join(o.Err(), err)
	}
	text := fmt.Sprintf("%d of %s finished, %d failed", o.Finished, train.Counted(int64(n), noun), len(o.Failures))
	if n := len(o.Held); n > 0 {
		text += fmt.Sprintf(", %d held by other processes", n)
	}
	if left := n - o.Finished - len(o.Failures) - len(o.Held); left > 0 {
		text += fmt.Sprintf(", %d to go on with: give the same command again", left)
	}
	if err := printText(c.App.Writer, text+"\n"); err != nil && !errors.Is(err, errNoReader) {
		return err
	}
	if o.Interrupted {
		return errors.Join(o.Err(), errStopped)
	}
	return o.Err()
}

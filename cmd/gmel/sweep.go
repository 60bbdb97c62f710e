package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/marl/sweep"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func sweepCommand() *cli.Command {
	return &cli.Command{
		Name:   "sweep",
		Action: noSubcommand,
		Usage:  "train the runs of a plan: algorithms, scenarios, a grid of settings and seeds",
		Subcommands: []*cli.Command{
			planned("plan", "list every run with its state, and check every configuration", planSweep, jsonFlag()),
			planned("run", "train one run of the plan, or all that are not complete", runSweep,
				&cli.IntFlag{Name: "index", Usage: "train run `N` alone (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, else all)"},
				&cli.IntFlag{Name: "jobs", Usage: "`J` runs at a time", Value: 1},
				stealFlag()),
			planned("table", "compare the finished runs, as gmel compare does", tableSweep, compareFlags()...),
		},
	}
}

// planned is a subcommand with a plan.
func planned(name, usage string, action func(*cli.Context, *sweep.Plan) error, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "PLAN.yaml (flags come first)", Flags: flags, OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if err := operands(c); err != nil {
				return err
			}
			if c.NArg() != 1 {
				return usagef("one plan is wanted, such as `gmel sweep %s plan.yaml`; %d are given", name, c.NArg())
			}
			p, err := sweep.Read(c.Args().First())
			if err != nil {
				return err
			}
			return action(c, p)
		},
	}
}

func planSweep(c *cli.Context, p *sweep.Plan) error {
	all, err := p.Status()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, all)
	}
	return printText(c.App.Writer, sweep.Markdown(all))
}

func tableSweep(c *cli.Context, p *sweep.Plan) error {
	runs, err := p.Compare()
	if err != nil {
		return err
	}
	return printComparison(c, runs)
}

func runSweep(c *cli.Context, p *sweep.Plan) error {
	index, alone, err := indexOf(c)
	switch {
	case err != nil:
		return err
	case alone && (index < 0 || index >= len(p.Runs)):
		return usagef("run %d is not in %s; allowed: 0 to %d", index, p.Name, len(p.Runs)-1)
	case alone:
		return runOne(c, p.Runs[index])
	case c.Int("jobs") < 1:
		return usagef("--jobs is %d; allowed: at least 1", c.Int("jobs"))
	}
	return runAll(c, p)
}

// indexOf is the run of this process: that of the flag or of a scheduler's array.
func indexOf(c *cli.Context) (index int, alone bool, err error) {
	if c.IsSet("index") {
		return c.Int("index"), true, nil
	}
	for _, name := range []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		if index, err = strconv.Atoi(text); err != nil {
			return 0, false, usagef("%s is %q, which is not the index of a run", name, text)
		}
		return index, true, nil
	}
	return 0, false, nil
}

func runOne(c *cli.Context, r *sweep.Run) error {
	return trainedPolicy(c, func(ctx context.Context, o train.Options) (run.Result, error) {
		o.Out = r.Folder
		return run.TrainOrResume(ctx, r.Sources(), o)
	})
}

func runAll(c *cli.Context, p *sweep.Plan) error {
	progress := progress(c)
	ctx, stop := untilSignal(progress.Line)
	defer stop()
	o := p.Train(ctx, sweep.Options{Jobs: c.Int("jobs"), StealLock: c.Bool("steal-lock"), Progress: progress.Train, Notice: progress.Line})
	progress.Done()
	left := len(p.Runs) - o.Finished - len(o.Failures) - len(o.Held)
	text := fmt.Sprintf("%d of %s finished, %d failed", o.Finished, train.Counted(int64(len(p.Runs)), "run"), len(o.Failures))
	if n := len(o.Held); n > 0 {
		text += fmt.Sprintf(", %d held by other processes", n)
	}
	if left > 0 {
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

package main

import (
	"context"
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
		Usage:  "train the runs of a plan: algorithms, scenarios, a grid of settings or a search, and seeds",
		Subcommands: []*cli.Command{
			planned("plan", "list every run with its state, and check every configuration", planSweep, jsonFlag()),
			planned("run", "train one run or trial of the plan, or all that are not complete", runSweep,
				&cli.IntFlag{Name: "index", Usage: "train run or trial `N` alone (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, else all)"},
				&cli.IntFlag{Name: "jobs", Usage: "`J` runs or trials at a time", Value: 1},
				&cli.StringFlag{Name: "python", Usage: "`PROGRAM` that runs Python with Optuna, for a plan with search", Value: "python3"},
				stealFlag()),
			planned("table", "compare the finished runs, as gmel compare does, or list the best trials of a search", tableSweep, compareFlags()...),
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
				return train.Usagef("one plan is wanted, such as `gmel sweep %s plan.yaml`; %d are given", name, c.NArg())
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
	if p.Search != nil {
		return planSearch(c, p.Search)
	}
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
	if p.Search != nil {
		return tableSearch(c, p.Search)
	}
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
	case alone && (index < 0 || index >= p.Len()):
		return train.Usagef("%s %d is not in %s; allowed: 0 to %d", p.Noun(), index, p.Name, p.Len()-1)
	case alone && c.IsSet("jobs"):
		return train.Usagef("--jobs is for all %ss of a plan, and this process has %s %d alone; give one of them", p.Noun(), p.Noun(), index)
	case c.Int("jobs") < 1:
		return train.Usagef("--jobs is %d; allowed: at least 1", c.Int("jobs"))
	case p.Search != nil && alone:
		return runSearch(c, p, index)
	case p.Search != nil:
		return runSearch(c, p)
	case alone:
		return runOne(c, p.Runs[index])
	}
	return runAll(c, p.Len(), p.Noun(), func(ctx context.Context, o sweep.Options) (sweep.Outcome, error) { return p.Train(ctx, o), nil })
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
			return 0, false, train.Usagef("%s is %q, which is not the index of a run", name, text)
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

package main

import (
	"context"
	"strings"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

func evalCommand() *cli.Command {
	return &cli.Command{
		Name:  "eval",
		Usage: "compare a run's policy with all heuristics",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run folder `DIR`"},
			&cli.StringFlag{Name: "scenario", Usage: "another scenario that fits the policy, as in training: `NAME|NAME:N|FILE`"},
			&cli.StringSliceFlag{Name: "set", Usage: "change a setting of the scenario, such as scenario.ieds=50: `PATH=VALUE`; may be repeated"},
			&cli.IntFlag{Name: "episodes", Usage: "`K` episodes for every policy", Value: 100},
			&cli.Uint64Flag{Name: "seed", Usage: "evaluation seed `S`", Value: 1},
			&cli.BoolFlag{Name: "references", Usage: "add policies that know more than an IED can: " + strings.Join(sim.References(), ", ")},
			threadsFlag(), jsonFlag(), backendFlag(), deviceFlag(),
		},
		Action: eval,
	}
}

func threadsFlag() cli.Flag {
	return &cli.IntFlag{Name: "threads", Usage: "`N` threads; 0: all cores; results do not depend on it"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print one JSON object"}
}

func eval(c *cli.Context) error {
	if c.String("run") == "" {
		return train.Usagef("--run DIR is missing: which run should be evaluated?")
	}
	p := progress(c)
	t, err := run.Eval(context.Background(), c.String("run"), run.EvalOptions{
		Scenario: c.String("scenario"), Sets: c.StringSlice("set"), Episodes: c.Int("episodes"), Seed: c.Uint64("seed"), Threads: c.Int("threads"), Backend: c.String("backend"), Device: c.String("device"),
		References: c.Bool("references"), Progress: p.Count("policy", "policies"), Notice: p.Line,
	})
	p.Done()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, t)
	}
	return printText(c.App.Writer, t.Markdown())
}

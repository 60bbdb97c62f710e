package main

import (
	"encoding/json"
	"strings"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func diffusionEvalCommand() *cli.Command {
	o := run.DefaultEval()
	return &cli.Command{
		Name:  "eval",
		Usage: "measure samples of a run beside held-out images and cheap generators",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run folder `DIR`"},
			&cli.StringFlag{Name: "data", Usage: "folder or file of the set `PATH`, if it is not where the run began"},
			&cli.StringFlag{Name: "sampler", Usage: "sampler `NAME`: " + strings.Join(diffusion.Samplers(), ", ") + " (default: that of the run)"},
			intsFlag("steps", "steps of the sampler, a row for each of `N,N,...` (default: those of the run)"),
			&cli.Float64Flag{Name: "guidance", Usage: "weight `W` of guidance, as in sample; 1: none", Value: o.Guidance},
			&cli.IntFlag{Name: "guide-by", Usage: "guide by the network of a snapshot, that after `UPDATE` (autoguidance)"},
			emaFlag(),
			&cli.IntFlag{Name: "count", Usage: "`N` samples of a row; 0: as many as the run is trained on", Value: o.Count},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of the noise", Value: o.Seed},
			&cli.IntFlag{Name: "seeds", Usage: "draw `N` times, by the seeds S, S+1, ..., for means with intervals", Value: o.Seeds},
			&cli.IntFlag{Name: "classifiers", Usage: "train `N` classifiers on the samples of each draw; 0: none, which is faster", Value: o.Classifiers},
			threadsFlag(), backendFlag(), deviceFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "csv", Usage: "print CSV"},
			&cli.BoolFlag{Name: "latex", Usage: "print a table for LaTeX"},
			&cli.StringFlag{Name: "out", Usage: "write what is printed into the new `FILE`, too"},
		},
		Action: diffusionEval, OnUsageError: usageError, Before: noArguments,
	}
}

func diffusionEval(c *cli.Context) error {
	if c.String("run") == "" {
		return train.Usagef("--run DIR is missing: which run should be measured?")
	}
	format, err := oneOf(c, "json", "csv", "latex")
	if err != nil {
		return err
	}
	path := c.String("out")
	if path != "" {
		if err := newPicture(path, "out"); err != nil {
			return err
		}
	}
	p := progress(c)
	e, err := run.Evaluate(c.Context, c.String("run"), run.EvalOptions{
		Weights: run.Weights{EMA: c.Float64("ema"), GuideBy: c.Int("guide-by")},
		Sampler: c.String("sampler"), Steps: c.IntSlice("steps"), Guidance: c.Float64("guidance"),
		Count: c.Int("count"), Seed: c.Uint64("seed"), Seeds: c.Int("seeds"), Classifiers: c.Int("classifiers"), Data: c.String("data"),
		Threads: c.Int("threads"), Backend: c.String("backend"), Device: c.String("device"),
		Progress: p.Count("part", "parts"), Notice: p.Line,
	})
	p.Done()
	if err != nil {
		return err
	}
	text, err := evaluationText(e, format)
	if err == nil && path != "" {
		err = writeNew(path, []byte(text), "--out")
	}
	if err != nil {
		return err
	}
	return printText(c.App.Writer, text)
}

// evaluationText is an evaluation in a format.
func evaluationText(e *run.Evaluation, format string) (string, error) {
	switch format {
	case "json":
		data, err := json.MarshalIndent(e, "", "  ")
		return string(data) + "\n", err
	case "csv":
		return e.CSV(), nil
	case "latex":
		return e.LaTeX(), nil
	}
	return e.Markdown(), nil
}

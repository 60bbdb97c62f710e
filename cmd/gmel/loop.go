package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/gmel-go/gmel/marl/loop"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func loopCommand() *cli.Command {
	return &cli.Command{
		Name:  "loop",
		Usage: "close the loop: stations learn to classify what they lack from samples that policies serve in time",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (YAML; --print-config prints one)"},
			&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as stations.rare=7; may be repeated"},
			&cli.StringFlag{Name: "data", Usage: "folder or file of a set of images `PATH`, short for --set data.source=PATH"},
			&cli.Uint64Flag{Name: "seed", Usage: "first seed `S`", DefaultText: "that of the configuration"},
			&cli.StringSliceFlag{Name: "policy", Usage: "run folder `DIR` whose policy plays, too; may be repeated"},
			&cli.StringFlag{Name: "out", Usage: "folder `DIR`, new or of a loop that goes on", Value: filepath.Join("runs", "loop")},
			&cli.BoolFlag{Name: "print-config", Usage: "print the configuration in effect with comments, and do nothing else"},
			threadsFlag(), backendFlag(), deviceFlag(), stealFlag(), jsonFlag(),
		},
		Action: runLoop,
	}
}

func runLoop(c *cli.Context) error {
	src := loop.Sources{File: c.String("config"), Sets: c.StringSlice("set"), Data: c.String("data"), Policies: c.StringSlice("policy")}
	if c.IsSet("seed") {
		seed := c.Uint64("seed")
		src.Seed = &seed
	}
	config, err := loop.Load(src)
	if err != nil {
		return err
	}
	if c.Bool("print-config") {
		return printText(c.App.Writer, string(config.Commented()))
	}
	p := progress(c)
	ctx, stop := untilSignal(p.Line, "step")
	defer stop()
	r, err := loop.Run(ctx, config, loop.Options{
		Out: c.String("out"), Threads: c.Int("threads"), Backend: c.String("backend"), Device: c.String("device"), StealLock: c.Bool("steal-lock"),
		Progress: p.Count("stage", "stages"), Notice: p.Line,
	})
	p.Done()
	if errors.Is(err, train.ErrInterrupted) || errors.Is(err, context.Canceled) {
		p.Line("stopped; the same command goes on")
		return errStopped
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, r)
	}
	return printText(c.App.Writer, r.Markdown()+"\nThe folder is "+c.String("out")+"; loop.png shows F1 over time.\n")
}

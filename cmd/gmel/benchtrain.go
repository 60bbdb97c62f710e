package main

import (
	"encoding/json"
	"fmt"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func benchTrainCommand() *cli.Command {
	return &cli.Command{
		Name: "train", Usage: "training: step, step + inference, step + inference + update in agent-steps a second, with memory",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object for each row"},
			&cli.StringSliceFlag{Name: "algo", Usage: "algorithm `NAME`; may be repeated", Value: cli.NewStringSlice(marl.Algorithms()...)},
			&cli.IntSliceFlag{Name: "ieds", Usage: "`N` IEDs a world; may be repeated", Value: cli.NewIntSlice(30)},
			&cli.IntSliceFlag{Name: "worlds", Usage: "`W` worlds; may be repeated; 0: the algorithm's default", Value: cli.NewIntSlice(0)},
			&cli.StringFlag{Name: "scenario", Usage: "preset or file `NAME|FILE`, grown to N at constant density", Value: "paper"},
			&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as amarl-ppo.neighbours=10; may be repeated"},
			backendFlag(), deviceFlag(),
			&cli.IntFlag{Name: "threads", Usage: "`N` threads; 0: all cores"},
			&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for each figure", Value: 3},
		},
		Action: benchTrain, Before: noArguments, OnUsageError: usageError,
	}
}

func benchTrain(c *cli.Context) error {
	length, err := secondsOf(c, "seconds", 0, 3600)
	if err != nil {
		return err
	}
	first := true
	for _, algo := range c.StringSlice("algo") {
		for _, n := range c.IntSlice("ieds") {
			for _, w := range c.IntSlice("worlds") {
				o, err := trainOptions(c, algo, n, w)
				if err != nil {
					return err
				}
				o.Length = length
				row, err := bench.Train(o)
				if err != nil {
					return train.Usagef("%w", err)
				}
				if err := printTrain(c, row, first); err != nil {
					return err
				}
				first = false
			}
		}
	}
	return nil
}

// trainOptions is a configuration as gmel train would load it, with N IEDs in W worlds.
func trainOptions(c *cli.Context, algo string, ieds, worlds int) (o bench.TrainOptions, err error) {
	sets := []string{fmt.Sprintf("train.threads=%d", c.Int("threads"))}
	sets = append(sets, c.StringSlice("set")...)
	if worlds != 0 {
		sets = append(sets, fmt.Sprintf("train.worlds=%d", worlds))
	}
	config, err := run.Load(run.Sources{
		Scenario: c.String("scenario"), Algo: algo, Sets: sets, Backend: c.String("backend"), Device: c.String("device"),
	})
	if err != nil {
		return o, err
	}
	if ieds < 1 || ieds > 1_000_000 {
		return o, train.Usagef("--ieds is %d; allowed are 1 to 1000000", ieds)
	}
	if config.Scenario == nil {
		return o, train.Usagef("--scenario %s is another game; bench train measures the edge game", c.String("scenario"))
	}
	o.Config, o.Scenario = config.Train, config.Scenario
	if ieds != o.Scenario.IEDs {
		o.Scenario = o.Scenario.Population(ieds)
	}
	if err := o.Scenario.Validate(); err != nil {
		return o, train.Usagef("--ieds %d: %w", ieds, err)
	}
	return o, nil
}

func printTrain(c *cli.Context, row bench.TrainRow, first bool) error {
	if c.Bool("json") {
		return written(json.NewEncoder(c.App.Writer).Encode(row))
	}
	text := row.Text()
	if first {
		text = bench.TrainTitle(row) + text
	}
	return printText(c.App.Writer, text)
}

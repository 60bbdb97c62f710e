package main

import (
	"encoding/json"
	"os"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/nn/train/crew"
	"github.com/urfave/cli/v2"
)

func benchRanksCommand() *cli.Command {
	return &cli.Command{
		Name: "ranks", Usage: "what ranks would save of a rollout and of an update: their shares, the exchange, and the network from which on they pay",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object for each row"},
			&cli.StringSliceFlag{Name: "algo", Usage: "algorithm `NAME`; may be repeated (default: that of gmel train)"},
			&cli.IntSliceFlag{Name: "ieds", Usage: "`N` IEDs a world; may be repeated", Value: cli.NewIntSlice(30)},
			&cli.IntSliceFlag{Name: "ranks", Usage: "`R` ranks; may be repeated", Value: cli.NewIntSlice(2, 4, 8, crew.MaxRanks)},
			&cli.StringFlag{Name: "scenario", Usage: "preset or file `NAME|FILE`, grown to N at constant density", Value: "paper"},
			&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as amarl-ppo.minibatches=4; may be repeated"},
			backendFlag(), deviceFlag(),
			&cli.IntFlag{Name: "threads", Usage: "`N` threads of a rank; 0: all cores"},
			&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for each figure", Value: 3},
			ranksTimeoutFlag(),
		},
		Action: benchRanks, Before: noArguments, OnUsageError: usageError,
	}
}

// benchRanks measures exchanges among goroutines or, if a launcher has started several processes, among them.
func benchRanks(c *cli.Context) error {
	if err := joinLaunched(c); err != nil {
		return err
	}
	if follows() {
		return follow(bench.FollowRanks)
	}
	if err := refuseLauncher(os.LookupEnv); joined == nil && err != nil {
		return err
	}
	length, err := secondsOf(c, "seconds", 0, 3600)
	if err != nil {
		return err
	}
	ranks, err := ranksToMeasure(c)
	if err != nil {
		return err
	}
	algorithms := c.StringSlice("algo")
	if len(algorithms) == 0 {
		algorithms = []string{""}
	}
	first := true
	for _, algo := range algorithms {
		for _, n := range c.IntSlice("ieds") {
			o, err := trainOptions(c, algo, n, 0)
			if err != nil {
				return err
			}
			o.Length = length
			rows, err := bench.Ranks(bench.RanksOptions{TrainOptions: o, Ranks: ranks, Team: team(), Processes: library()})
			if err != nil {
				return usagef("%w", err)
			}
			for _, row := range rows {
				if err := printRanks(c, row, first); err != nil {
					return err
				}
				first = false
			}
		}
	}
	return nil
}

// ranksToMeasure are the numbers of ranks: those that are asked for or, among processes, theirs.
func ranksToMeasure(c *cli.Context) ([]int, error) {
	if joined != nil {
		if c.IsSet("ranks") {
			return nil, usagef("--ranks is for ranks in one process, and a launcher has started %d processes, which are measured", joined.Size())
		}
		return []int{joined.Size()}, nil
	}
	for _, n := range c.IntSlice("ranks") {
		if n < 2 || n > crew.MaxRanks {
			return nil, usagef("--ranks is %d; allowed are 2 to %d", n, crew.MaxRanks)
		}
	}
	return c.IntSlice("ranks"), nil
}

func printRanks(c *cli.Context, row bench.RanksRow, first bool) error {
	if c.Bool("json") {
		return written(json.NewEncoder(c.App.Writer).Encode(row))
	}
	text := row.Text()
	if first {
		text = bench.RanksTitle(row) + text
	}
	return printText(c.App.Writer, text)
}

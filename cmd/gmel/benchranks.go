package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
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
			&cli.StringSliceFlag{Name: "model", Usage: "the update of a diffusion model in place of an algorithm: size `NAME` of the network; may be repeated"},
			&cli.IntSliceFlag{Name: "batch", Usage: "batch of `N` images, for --model; may be repeated", Value: cli.NewIntSlice(32)},
			&cli.IntFlag{Name: "side", Usage: "images of `N` by N pixels, for --model", Value: 32},
			&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as amarl-ppo.minibatches=4; may be repeated"},
			backendFlag(), deviceFlag(),
			&cli.IntFlag{Name: "threads", Usage: "`N` threads of a rank; 0: all cores"},
			&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for each figure", Value: 3},
			ranksTimeoutFlag(),
		},
		Action: shares(bench.FollowRanks, benchRanks), Before: noArguments, OnUsageError: usageError,
	}
}

// benchRanks measures exchanges among goroutines or, if a launcher has started several processes, among them.
func benchRanks(c *cli.Context) error {
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
	links := bench.Links{Ranks: ranks, Team: team(), Processes: library()}
	if c.IsSet("model") {
		return benchModelRanks(c, length, links)
	}
	for _, name := range modelFlags {
		if c.IsSet(name) {
			return train.Usagef("--%s is for --model; algorithms have --ieds and --set", name)
		}
	}
	return benchAgentRanks(c, length, links)
}

// Flags of diffusion models, and of algorithms.
var (
	modelFlags = []string{"batch", "side"}
	agentFlags = []string{"algo", "ieds", "scenario", "set"}
)

func benchAgentRanks(c *cli.Context, length time.Duration, links bench.Links) error {
	algorithms := c.StringSlice("algo")
	if len(algorithms) == 0 {
		algorithms = []string{""}
	}
	var p rowPrinter
	for _, algo := range algorithms {
		for _, n := range c.IntSlice("ieds") {
			o, err := trainOptions(c, algo, n, 0)
			if err != nil {
				return err
			}
			o.Length = length
			rows, err := bench.Ranks(bench.RanksOptions{TrainOptions: o, Links: links})
			if err != nil {
				return train.Usagef("%w", err)
			}
			for _, r := range rows {
				if err := p.print(c, r, bench.RanksTitle(r), r.Text()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func benchModelRanks(c *cli.Context, length time.Duration, links bench.Links) error {
	for _, name := range agentFlags {
		if c.IsSet(name) {
			return train.Usagef("--%s is for algorithms; a diffusion model has --model, --batch and --side", name)
		}
	}
	if n := c.Int("side"); n < 1 {
		return train.Usagef("--side is %d; allowed: 1 or more", n)
	}
	var p rowPrinter
	for _, size := range c.StringSlice("model") {
		for _, batch := range c.IntSlice("batch") {
			if batch < 2 || batch > maxBatch {
				return train.Usagef("--batch is %d; allowed are 2 to %d", batch, maxBatch)
			}
			rows, err := bench.ModelRanks(bench.ModelRanksOptions{
				Model: size, Side: c.Int("side"), Batch: batch, Backend: c.String("backend"),
				Kernels: kernels.Options{Threads: c.Int("threads"), Device: c.String("device")}, Length: length, Links: links,
			})
			if err != nil {
				return train.Usagef("%w", err)
			}
			for _, r := range rows {
				if err := p.print(c, r, bench.ModelRanksTitle(r), r.Text()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ranksToMeasure are the numbers of ranks: those that are asked for or, among processes, theirs.
func ranksToMeasure(c *cli.Context) ([]int, error) {
	if joined != nil {
		if c.IsSet("ranks") {
			return nil, train.Usagef("--ranks is for ranks in one process, and a launcher has started %d processes, which are measured", joined.Size())
		}
		return []int{joined.Size()}, nil
	}
	for _, n := range c.IntSlice("ranks") {
		if n < 2 || n > crew.MaxRanks {
			return nil, train.Usagef("--ranks is %d; allowed are 2 to %d", n, crew.MaxRanks)
		}
	}
	return c.IntSlice("ranks"), nil
}

// rowPrinter prints rows, the first one under its title.
type rowPrinter struct{ begun bool }

func (p *rowPrinter) print(c *cli.Context, row any, title, text string) error {
	if c.Bool("json") {
		return written(json.NewEncoder(c.App.Writer).Encode(row))
	}
	if !p.begun {
		text = title + text
	}
	p.begun = true
	return printText(c.App.Writer, text)
}

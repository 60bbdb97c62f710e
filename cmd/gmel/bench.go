package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func benchCommand() *cli.Command {
	c := &cli.Command{
		Name:  "bench",
		Usage: "measure the engine on this machine, alone or side by side with a peer",
		Description: "Every row is the median of many runs after a warm-up, with its share of the floor: the\n" +
			"arithmetic over the peak of fused multiply-adds, measured in the same run.",
		Action: noWork,
	}
	all := &cli.Command{Name: "all", Usage: "all of them"}
	for _, w := range bench.Works() {
		c.Subcommands = append(c.Subcommands, &cli.Command{Name: w.Name, Usage: w.Usage})
	}
	c.Subcommands = append(c.Subcommands, all)
	for _, s := range c.Subcommands {
		s.Flags, s.Action, s.Before, s.OnUsageError = benchFlags(), benchWork, noArguments, usageError
	}
	c.Subcommands = append(c.Subcommands, benchSimCommand(), benchTrainCommand(), benchRanksCommand(), &cli.Command{
		Name: "report", Usage: "write peers.json, peers.md and peers.png from the rows that --json printed",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "rows", Usage: "read the rows from `FILE`"},
			&cli.StringFlag{Name: "out", Usage: "write into the folder `DIR`"},
		},
		Action: benchReport, Before: noArguments, OnUsageError: usageError,
	}, &cli.Command{
		Name: "show", Usage: "print as text the rows of any benchmark that --json printed",
		Flags:  []cli.Flag{&cli.StringFlag{Name: "rows", Usage: "read the rows from `FILE`"}},
		Action: benchShow, Before: noArguments, OnUsageError: usageError,
	})
	return c
}

func benchFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "json", Usage: "print one JSON object for each row"},
		&cli.IntFlag{Name: "threads", Usage: "`N` threads; 0: all cores"},
		&cli.StringFlag{Name: "isa", Usage: "instruction set `NAME`; gmel info lists them (default: the best)"},
		&cli.StringFlag{Name: "backend", Usage: "backend `NAME`: gpu, cpu, or ref, which is slow", Value: "auto"},
		deviceFlag(),
		&cli.StringFlag{Name: "precision", Usage: "precision `NAME` of the factors of products: fp32, and on a GPU tf32 or bf16", Value: kernels.FP32},
		&cli.StringSliceFlag{Name: "shapes", Usage: "only sizes that contain `TEXT`, such as N32 or 7680x64; may be repeated"},
		&cli.IntFlag{Name: "batch", Usage: "batches of `N` in place of those of the sizes; 0: those of the sizes"},
		&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for a row, and twice that for each peer", Value: 2},
		&cli.BoolFlag{Name: "profile", Usage: "list the most expensive ops of each row"},
		&cli.StringSliceFlag{Name: "peer", Usage: "compare with `COMMAND`, which speaks the protocol of scripts/peer, or with gorgonia; may be repeated"},
		&cli.Float64Flag{Name: "patience", Usage: "`S` seconds at most for one way of a peer, compilation included; then the peer is started again for the next way", Value: bench.DefaultPatience.Seconds()},
		&cli.Float64Flag{Name: "search", Usage: "end the search for the best way of a peer after `S` seconds, and take the best so far; 0: try all"},
	}
}

// maxBatch is far above what any device holds of the smallest work.
const maxBatch = 1 << 24

// noWork handles everything that names no work.
func noWork(c *cli.Context) error {
	var names []string
	for _, s := range c.Command.Subcommands {
		names = append(names, s.Name)
	}
	if word := c.Args().First(); word != "" {
		return train.Usagef("there is no benchmark %q%s", word, suggest(word, names, "", "gmel bench --help"))
	}
	return train.Usagef("what is to be measured? There are: %s", strings.Join(names, ", "))
}

func benchWork(c *cli.Context) error {
	cases, err := benchCases(c)
	if err != nil {
		return err
	}
	p := progress(c)
	defer p.Done()
	o, err := benchOptions(c)
	if err != nil {
		return err
	}
	o.Notice = p.Line
	if o.Peers, err = bench.StartPeers(c.StringSlice("peer")); err != nil {
		return train.Usagef("%w", err)
	}
	rows, err := benchRows(c, cases, o)
	for _, peer := range o.Peers {
		if ended := peer.Close(); ended != nil {
			o.Notice(ended.Error()) // its rows are complete
		}
	}
	if err != nil {
		return err
	}
	for _, r := range bench.Summaries(cases, rows) {
		if err := printRow(c, r); err != nil {
			return err
		}
	}
	return nil
}

// benchCases are the cases that the command and --shapes ask for.
func benchCases(c *cli.Context) (cases []bench.Case, err error) {
	for _, w := range bench.Works() {
		if c.Command.Name == w.Name || c.Command.Name == "all" {
			cases = append(cases, bench.Select(w.Cases(onGPU(c)), c.StringSlice("shapes"))...)
		}
	}
	if len(cases) == 0 && len(c.StringSlice("shapes")) == 0 {
		return nil, train.Usagef("%s is for a GPU: --backend gpu", c.Command.Name)
	}
	if len(cases) == 0 {
		return nil, train.Usagef("no size of %s contains %s", c.Command.Name, strings.Join(c.StringSlice("shapes"), " or "))
	}
	return batchedCases(c, cases)
}

// batchedCases are the cases on batches as long as --batch asks for.
func batchedCases(c *cli.Context, cases []bench.Case) ([]bench.Case, error) {
	n := c.Int("batch")
	switch {
	case n == 0:
		return cases, nil
	case n < 0 || n > maxBatch:
		return nil, train.Usagef("--batch is %d; allowed are 1 to %d, or 0 for the batch of each size", n, maxBatch)
	}
	batched := bench.Batched(cases, n)
	if len(batched) == 0 {
		return nil, train.Usagef("%s has no batch: leave out --batch", c.Command.Name)
	}
	return batched, nil
}

// onGPU reports whether the GPU is asked for, or taken by auto.
func onGPU(c *cli.Context) bool {
	i, err := kernels.Describe(c.String("backend"))
	return err == nil && i.Name == "gpu" || c.String("device") != ""
}

func benchOptions(c *cli.Context) (bench.Options, error) {
	length, err := secondsOf(c, "seconds", 0, 3600)
	if err != nil {
		return bench.Options{}, err
	}
	o := bench.Options{
		Backend: c.String("backend"),
		Kernels: kernels.Options{Threads: c.Int("threads"), ISA: c.String("isa"), Device: c.String("device"), Precision: c.String("precision")},
		Length:  length, Profile: c.Bool("profile"),
	}
	if o.Patience, err = secondsOf(c, "patience", 1, 86400); err != nil {
		return o, err
	}
	if o.Search, err = secondsOf(c, "search", 0, 86400); err != nil {
		return o, err
	}
	backend, err := kernels.Open(o.Backend, o.Kernels)
	if err != nil {
		return o, train.Usagef("%w", err)
	}
	return o, backend.Close()
}

// secondsOf is a flag in seconds, which must be in a range.
func secondsOf(c *cli.Context, name string, least, most float64) (time.Duration, error) {
	seconds := c.Float64(name)
	if !(seconds >= least && seconds <= most) {
		return 0, train.Usagef("--%s is %g; allowed are %g to %g", name, seconds, least, most)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// benchRows measures the cases. A row is printed before its peers begin, and what they add after it: in JSON the row again,
// with its peers.
func benchRows(c *cli.Context, cases []bench.Case, o bench.Options) (rows []bench.Row, err error) {
	o.Measured = func(row bench.Row) error {
		if len(rows) == 0 && !c.Bool("json") {
			if err := printText(c.App.Writer, row.Title()); err != nil {
				return err
			}
		}
		return printRow(c, row)
	}
	for _, work := range cases {
		row, err := bench.Run(work, o)
		if err != nil {
			return nil, err
		}
		if !c.Bool("json") {
			err = printText(c.App.Writer, row.PeerText())
		} else if len(row.Peers) > 0 {
			err = printRow(c, row)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func printRow(c *cli.Context, r bench.Row) error {
	if !c.Bool("json") {
		return printText(c.App.Writer, r.Text())
	}
	return written(json.NewEncoder(c.App.Writer).Encode(r))
}

func benchShow(c *cli.Context) error {
	f, err := openRows(c)
	if err != nil {
		return err
	}
	defer f.Close()
	return bench.Show(c.App.Writer, f)
}

func openRows(c *cli.Context) (*os.File, error) {
	if c.String("rows") == "" {
		return nil, train.Usagef("--rows is missing")
	}
	f, err := os.Open(c.String("rows"))
	if err != nil {
		return nil, train.Usage(err)
	}
	return f, nil
}

func benchReport(c *cli.Context) error {
	f, err := openRows(c)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.String("out") == "" {
		return train.Usagef("--out is missing")
	}
	rows, err := bench.ReadRows(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.String("rows"), err)
	}
	rows = slices.DeleteFunc(rows, func(r bench.Row) bool { return len(r.Peers) == 0 }) // were measured alone
	if err := bench.Report(c.String("out"), rows); err != nil {
		return err
	}
	return printText(c.App.Writer, bench.Markdown(rows))
}

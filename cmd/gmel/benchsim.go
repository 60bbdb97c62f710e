package main

import (
	"cmp"
	"encoding/json"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

func benchSimCommand() *cli.Command {
	return &cli.Command{
		Name: "sim", Usage: "the step of the worlds: agent-steps a second over the number of IEDs",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object for each row"},
			&cli.IntSliceFlag{Name: "ieds", Usage: "`N` IEDs a world; may be repeated", Value: cli.NewIntSlice(10, 30, 100, 1000, 10000)},
			&cli.IntSliceFlag{Name: "worlds", Usage: "`W` worlds; may be repeated; 0: about 100,000 IEDs in all", Value: cli.NewIntSlice(0)},
			&cli.StringFlag{Name: "scenario", Usage: "preset or file `NAME|FILE`, grown to N at constant density", Value: "population"},
			&cli.StringFlag{Name: "engine", Usage: "engine `NAME` of the worlds (default: the fastest)"},
			&cli.IntFlag{Name: "threads", Usage: "`N` threads; 0: all cores"},
			&cli.StringFlag{Name: "backend", Usage: "who plays, `NAME`: cpu, the engines of the worlds, or gpu, whose device plays them for a Program", Value: "cpu"},
			deviceFlag(),
			&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for a row", Value: 2},
		},
		Action: benchSim, Before: noArguments, OnUsageError: usageError,
	}
}

func benchSim(c *cli.Context) error {
	o, err := simOptions(c)
	if err != nil {
		return err
	}
	p := progress(c)
	defer p.Done()
	list := c.IntSlice("ieds")
	count := p.Count("size", "sizes")
	for i, n := range list {
		s := o.Scenario.Population(n)
		for _, worlds := range c.IntSlice("worlds") {
			row := o
			row.Scenario, row.Worlds = s, worlds
			if err := printSim(c, row); err != nil {
				return err
			}
		}
		count(i+1, len(list))
	}
	return nil
}

func simOptions(c *cli.Context) (o bench.SimOptions, err error) {
	o = bench.SimOptions{Engine: c.String("engine"), Threads: c.Int("threads")}
	if o.Length, err = secondsOf(c, "seconds", 0, 3600); err != nil {
		return o, err
	}
	switch {
	case o.Threads < 0 || o.Threads > 1024:
		return o, train.Usagef("--threads is %d; allowed are 1 to 1024, or 0 for all cores", o.Threads)
	case o.Threads == 0:
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if err := simBackend(c, &o); err != nil {
		return o, err
	}
	if o.Scenario, err = sim.Load(c.String("scenario")); err != nil {
		return o, train.Usagef("--scenario: %w", err)
	}
	for _, n := range c.IntSlice("ieds") {
		if n < 1 || n > 1_000_000 {
			return o, train.Usagef("--ieds is %d; allowed are 1 to 1000000", n)
		}
		if err := o.Scenario.Population(n).Validate(); err != nil {
			return o, train.Usagef("--ieds %d: %w", n, err)
		}
	}
	for _, w := range c.IntSlice("worlds") {
		if w < 0 {
			return o, train.Usagef("--worlds is %d; allowed are whole numbers from 1, or 0", w)
		}
	}
	return o, nil
}

// simBackend asks for a device where --backend or --device do.
func simBackend(c *cli.Context, o *bench.SimOptions) error {
	name, device := c.String("backend"), c.String("device")
	if name == "auto" || device != "" && !c.IsSet("backend") {
		info, err := kernels.Describe(cmp.Or(strings.Split(device, ":")[0], "auto"))
		if err != nil {
			return train.Usagef("%w", err)
		}
		name = info.Name
	}
	if name == "cpu" && device == "" {
		return nil
	}
	for _, flag := range []string{"engine", "threads"} {
		if c.IsSet(flag) {
			return train.Usagef("--%s is for worlds that the processor plays, not for --backend %s", flag, name)
		}
	}
	o.Backend, o.Kernels = name, kernels.Options{Device: device}
	return nil
}

func printSim(c *cli.Context, o bench.SimOptions) error {
	rows, err := bench.Sim(o)
	if err != nil {
		return train.Usagef("%w", err)
	}
	for _, r := range rows {
		if !c.Bool("json") {
			err = printText(c.App.Writer, r.Text())
		} else {
			err = written(json.NewEncoder(c.App.Writer).Encode(r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim/dataset"
	"github.com/urfave/cli/v2"
)

func importCommand() *cli.Command {
	c := &cli.Command{
		Name:  "import",
		Usage: "turn a public data set into a scenario, with a trace or positions",
		Description: "Each key of the scenario says whether the data or an assumption gives its value; flags replace\n" +
			"assumptions. docs/data.md leads from each data set to a trained policy.",
		Action: noFormat,
	}
	for _, f := range []struct {
		name, files, usage string
		flags              []cli.Flag
	}{
		{"eua", "SITES.csv [USERS.csv]", "sites and users of Melbourne", townFlags()},
		{"telecom", "STATIONS.csv", "base stations of Shanghai Telecom, or sessions of its users", townFlags()},
		{"alibaba", "lora_request_trace.csv", "requests to diffusion models (GenTD26)",
			append(traceFlags("10", "120", "23, the median in the data set"), real("image", "size of an image in `MBIT`", "4"))},
		{"azure", "SERVICE.csv...", "requests to language models, a file for each service",
			append(traceFlags("1", "30", "5"), real("prefill", "context `TOKENS` a second that a server reads", "8000"),
				real("decode", "`TOKENS` a second that a server generates", "40"))},
		{"edgecloudsim", "edge_devices.xml applications.xml [default_config.properties]", "the configuration of a scenario of EdgeCloudSim",
			append(placeFlags("4 mean lengths of the task", "that of the data"), real("unit", "length of a unit of x_pos and y_pos in `METRES`", "100"))},
	} {
		c.Subcommands = append(c.Subcommands, &cli.Command{
			Name: f.name, Usage: f.usage, UsageText: "gmel import " + f.name + " " + f.files + " --out DIR [flags]",
			Flags: f.flags, Action: importData, OnUsageError: usageError,
		})
	}
	return c
}

// whole and real are flags that replace an assumption. Left out, they are 0, which stands for the default.
func whole(name, usage, otherwise string) cli.Flag {
	return &cli.IntFlag{Name: name, Usage: usage, DefaultText: otherwise}
}

func real(name, usage, otherwise string) cli.Flag {
	return &cli.Float64Flag{Name: name, Usage: usage, DefaultText: otherwise}
}

// outFlags are those of every format.
func outFlags(ieds, slot, slots, deadline, speed string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Usage: "new folder `DIR`, which must not exist"},
		whole("ieds", "`N` IEDs", ieds),
		real("slot", "length of a slot in `SECONDS`", slot),
		whole("slots", "`T` slots per episode", slots),
		real("deadline", "deadline of every task in `SECONDS`", deadline),
		real("speed", "speed of every server in `GCYCLES` a second", speed),
	}
}

func placeFlags(deadline, speed string) []cli.Flag {
	return append(outFlags("those of the data, or 100", "1", "100", deadline, speed),
		whole("servers", "keep the `M` servers in the middle", "all"),
		real("coverage", "a server serves IEDs within `METRES` only", "the radius in the data, or no limit"),
	)
}

func townFlags() []cli.Flag {
	return append(placeFlags("1 to 4, as in the preset paper", "10 to 25, as in the preset paper"),
		&cli.BoolFlag{Name: "keep-outliers", Usage: "keep places that are far from all others"})
}

func traceFlags(slot, deadline, load string) []cli.Flag {
	return append(outFlags("30", slot, "200, a random window of the trace", deadline, "10, that of the machines in the data"),
		whole("servers", "`M` servers", "twice as many as the requests keep busy, at least 4"),
		whole("models", "keep the `K` most frequent models and merge the others", "16"),
		real("load", "time to load a model in `SECONDS`", load),
		real("faster", "requests come `X` times as fast as in the data", "1"),
	)
}

// noFormat handles what is no format.
func noFormat(c *cli.Context) error {
	names := dataset.Formats()
	if name := c.Args().First(); name != "" {
		return train.Usagef("unknown data set %q%s", name, suggest(name, names, "", "gmel import --help"))
	}
	return train.Usagef("name a data set: %s; see `gmel import --help`", strings.Join(names, ", "))
}

func importData(c *cli.Context) error {
	dir, err := importUsage(c)
	if err != nil {
		return err
	}
	im, err := dataset.Import(c.Command.Name, c.Args().Slice(), importOptions(c))
	if err != nil {
		return train.Usage(err) // of the data, or of a flag
	}
	if err := writeWhole(im, dir); err != nil {
		return err
	}
	text := im.Report.String() + "wrote:\n"
	for _, f := range im.Files() {
		text += fmt.Sprintf("  %s\n", filepath.Join(dir, f.Name))
	}
	return printText(c.App.Writer, text)
}

// importUsage checks what does not need the data, and returns the folder.
func importUsage(c *cli.Context) (dir string, err error) {
	dir = c.String("out")
	switch {
	case dir == "":
		return "", train.Usagef("--out DIR is missing")
	case !c.Args().Present():
		return "", train.Usagef("name the files: %s", c.Command.UsageText)
	}
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		switch f.(type) {
		case *cli.Float64Flag:
			if v := c.Float64(name); c.IsSet(name) && !(v > 0) {
				return "", train.Usagef("--%s is %g; allowed: above 0", name, v)
			}
		case *cli.IntFlag:
			if v := c.Int(name); c.IsSet(name) && v < 1 {
				return "", train.Usagef("--%s is %d; allowed: at least 1", name, v)
			}
		}
	}
	if err := disk.Dangling(dir); err != nil {
		return "", train.Usagef("%w: make that folder or choose another --out", err)
	}
	if _, err := os.Lstat(dir); err == nil {
		return "", train.Usagef("%s exists and is not overwritten; choose another --out", dir)
	}
	return dir, nil
}

func importOptions(c *cli.Context) dataset.Options {
	return dataset.Options{
		IEDs: c.Int("ieds"), Servers: c.Int("servers"), Models: c.Int("models"), Slots: c.Int("slots"),
		SlotS: c.Float64("slot"), DeadlineS: c.Float64("deadline"), Speed: c.Float64("speed"), CoverageM: c.Float64("coverage"),
		LoadS: c.Float64("load"), Faster: c.Float64("faster"), ImageMbit: c.Float64("image"), Prefill: c.Float64("prefill"), Decode: c.Float64("decode"),
		UnitM: c.Float64("unit"), KeepOutliers: c.Bool("keep-outliers"),
	}
}

// writeWhole writes the folder. A signal waits until it is whole.
func writeWhole(im *dataset.Imported, dir string) error {
	done := make(chan struct{})
	defer onSignal(func(first, _ func() os.Signal) {
		if s := first(); s != nil {
			<-done
			endBy(s)
		}
	})()
	err := im.Write(dir)
	close(done)
	var unplayable *dataset.UnplayableError
	if errors.Is(err, fs.ErrExist) || errors.As(err, &unplayable) {
		return train.Usage(err)
	}
	return err
}

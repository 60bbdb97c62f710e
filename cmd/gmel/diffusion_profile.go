package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/urfave/cli/v2"
)

func diffusionProfileCommand() *cli.Command {
	return &cli.Command{
		Name:   "profile",
		Usage:  "measure time, memory and quality of a run's network by batch and steps",
		Flags:  diffusionProfileFlags(),
		Action: diffusionProfile, OnUsageError: usageError, Before: noArguments,
	}
}

func diffusionProfileFlags() []cli.Flag {
	d := run.DefaultProfile()
	return []cli.Flag{
		&cli.StringFlag{Name: "run", Usage: "run folder `DIR`"},
		intsFlag("batches", "samples of a call `N,N,...`", d.Batches...),
		intsFlag("steps", "steps of the sampler `N,N,...`", d.Steps...),
		&cli.StringSliceFlag{Name: "sampler", Usage: "sampler `NAME`: " + strings.Join(diffusion.Samplers(), ", ") + "; may be repeated, then the first is timed and --quality scores all (default: that of the run)"},
		&cli.Float64Flag{Name: "guidance", Usage: "weight `W` of classifier-free guidance; 1: none", Value: d.Guidance},
		&cli.IntFlag{Name: "repeats", Usage: "at most `N` calls for each time", Value: d.Repeats},
		&cli.Float64Flag{Name: "seconds", Usage: "about `S` seconds for all times together; what would take longer than its share is computed", Value: d.Length.Seconds()},
		&cli.StringFlag{Name: "data", Usage: "folder or file of the set `PATH` for --quality, if it is not where the run began"},
		&cli.BoolFlag{Name: "quality", Usage: "compare samples with held-out images for each number of steps, which takes minutes"},
		jsonFlag(),
		&cli.StringFlag{Name: "plot", Usage: "draw times and quality by evaluations into `FILE` (PNG or SVG)"},
		&cli.StringFlag{Name: "service", Usage: "write the table of times, with --quality also of quality, into `FILE`: a model of a scenario names it as its service"},
		&cli.StringFlag{Name: "yaml", Usage: "write a scenario for the simulator into `FILE`, with this model as its service"},
		threadsFlag(), backendFlag(), deviceFlag(),
	}
}

// intsFlag is a flag for a list N,N,.... The app takes no comma for a separator, which holds for flags that have no Value; so
// this one has a Value, even an empty one.
func intsFlag(name, usage string, value ...int) cli.Flag {
	return &cli.IntSliceFlag{Name: name, Usage: usage, Value: cli.NewIntSlice(value...)}
}

func diffusionProfile(c *cli.Context) error {
	o, err := profileOptions(c)
	if err != nil {
		return err
	}
	pictures, err := plots(c.String("plot"), 1)
	if err != nil {
		return err
	}
	p, times, scores := progress(c), progress(c), progress(c)
	ctx, stop := untilSignal(p.Line, "measurement")
	defer stop()
	o.Timed, o.Scored, o.Notice = times.Count("time", "times"), scores.Count("evaluation", "evaluations"), p.Line
	result, err := run.TakeProfile(ctx, c.String("run"), o)
	times.Done()
	scores.Done()
	if ctx.Err() != nil {
		p.Line("stopped; no result is written")
		return errStopped
	}
	if err != nil {
		return err
	}
	for _, path := range pictures {
		if err := record.Curve(path, result.Panels()); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		flag string
		text func() []byte
	}{{"yaml", result.Scenario}, {"service", result.Service}} {
		if path := c.String(f.flag); path != "" {
			if err := writeNew(path, f.text(), "--"+f.flag); err != nil {
				return err
			}
		}
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, result)
	}
	return printText(c.App.Writer, result.Markdown())
}

func profileOptions(c *cli.Context) (o run.ProfileOptions, err error) {
	if c.String("run") == "" {
		return o, train.Usagef("--run DIR is missing: which run should be measured?")
	}
	o = run.ProfileOptions{
		Batches: c.IntSlice("batches"), Steps: c.IntSlice("steps"), Samplers: c.StringSlice("sampler"), Guidance: c.Float64("guidance"), Repeats: c.Int("repeats"), Quality: c.Bool("quality"), Data: c.String("data"),
		Threads: c.Int("threads"), Backend: c.String("backend"), Device: c.String("device"),
	}
	if o.Length, err = secondsOf(c, "seconds", 0.001, 86400); err != nil {
		return o, err
	}
	return o, errors.Join(canWrite(c, "yaml", o.CanScenario), canWrite(c, "service", o.CanService))
}

// canWrite says before minutes of measuring why a file cannot be written.
func canWrite(c *cli.Context, flag string, can func() error) error {
	path := c.String(flag)
	if path == "" {
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return notCreated(fs.ErrExist, path, "--"+flag)
	}
	return can()
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
	"github.com/urfave/cli/v2"
)

func diffusionCommand() *cli.Command {
	return &cli.Command{
		Name:  "diffusion",
		Usage: "train a diffusion model on images or windows of sensors, or draw samples from one",
		Subcommands: []*cli.Command{
			{
				Name:   "train",
				Usage:  "train a model, or resume a run; without flags on drawn steel defects",
				Flags:  append(append(diffusionSourceFlags(), diffusionRunFlags()...), &cli.BoolFlag{Name: "json", Usage: "print one JSON object at the end: the folder and the quality, or how to go on"}),
				Action: shares(run.Follow, diffusionTrain), OnUsageError: usageError, Before: noArguments,
			},
			{
				Name:   "config",
				Usage:  "print the configuration in effect with comments; --config reads it back",
				Flags:  diffusionSourceFlags(),
				Action: diffusionConfig, OnUsageError: usageError, Before: noArguments,
			},
			{
				Name:   "sample",
				Usage:  "draw samples from the latest checkpoint of a run",
				Flags:  append(diffusionSampleFlags(), diffusionEditFlags()...),
				Action: diffusionSample, OnUsageError: usageError, Before: noArguments,
			},
			diffusionExportCommand(),
			diffusionEvalCommand(),
			diffusionProfileCommand(),
			{
				Name:        "cluster",
				Usage:       "print files for Slurm and Kubernetes that train a model; starts nothing",
				Subcommands: model.commands("one model"),
				Action:      noSubcommand, OnUsageError: usageError,
			},
		},
		Action: noSubcommand,
	}
}

func diffusionSourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "data", Usage: "folder with a subfolder of images for each class, array FILE.npy, table of sensors FILE.csv, or drawn steel defects `SOURCE|builtin:steel`"},
		&cli.StringFlag{Name: "model", Usage: "size `NAME` of the network: " + strings.Join(unet.Presets, ", ") + " (1d for windows of sensors)"},
		&cli.StringFlag{Name: "from", Usage: "start from the network of the run in `DIR`, with its settings, and tune it for samples by 1 to 4 evaluations (train.objective consistency)"},
		&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (YAML; gmel diffusion config prints one)"},
		&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as train.updates=500; may be repeated"},
		&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of every random stream", DefaultText: "that of the configuration"},
		backendFlag(), deviceFlag(),
	}
}

func diffusionRunFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Usage: "folder of the new run `DIR` (default: the next free runs/diffusion-MODEL-SEED-N)"},
		&cli.StringFlag{Name: "resume", Usage: "resume the run in `DIR`"},
		&cli.BoolFlag{Name: "auto-resume", Usage: "with --out: begin the run, go on with it, or do nothing if it is complete; for schedulers, which give a command again"},
		stealFlag(),
		&cli.IntFlag{Name: "ranks", Value: 1, Usage: "`N` ranks in this process divide the batch of every update: the same numbers with any N, for tests of what several machines would do"},
		ranksTimeoutFlag(),
	}
}

func diffusionSampleFlags() []cli.Flag {
	s := run.DefaultSample()
	return []cli.Flag{
		&cli.StringFlag{Name: "run", Usage: "run folder `DIR`"},
		&cli.StringFlag{Name: "class", Usage: "class `NAME` (default: every class)"},
		&cli.IntFlag{Name: "count", Usage: "`N` samples of each class", Value: s.Count},
		&cli.IntFlag{Name: "steps", Usage: "`N` steps of the sampler; heun evaluates the network twice in a step", DefaultText: "those of the run"},
		&cli.StringFlag{Name: "sampler", Usage: "sampler `NAME`: " + strings.Join(diffusion.Samplers(), ", "), DefaultText: "that of the run"},
		&cli.Float64Flag{Name: "highest", Usage: "noise level `SIGMA` of the first step", DefaultText: "that of the run; with another sampler than its own 80, with consistency 10"},
		&cli.Float64Flag{Name: "lowest", Usage: "noise level `SIGMA` of the last step", DefaultText: "that of the run; with another sampler than its own 0.002, with consistency 0.4"},
		&cli.Float64Flag{Name: "guidance", Usage: "weight `W` of guidance by the network without a class (classifier-free), or by --guide-by; 1: none", Value: s.Guidance},
		&cli.IntFlag{Name: "guide-by", Usage: "guide by the network of a snapshot, that after `UPDATE` (autoguidance)"},
		emaFlag(),
		&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of the noise", Value: 1},
		&cli.StringFlag{Name: "out", Usage: "write the samples into the new folder `DIR`: images as PNG, a subfolder for each class; windows as a table or an array"},
		&cli.StringFlag{Name: "grid", Usage: "write all samples into the picture `FILE`.png, a class in each row"},
		threadsFlag(), backendFlag(), deviceFlag(),
	}
}

func emaFlag() cli.Flag {
	return &cli.Float64Flag{Name: "ema", Usage: "average the parameters over a share `LENGTH` of the run, such as 0.05 (default: as train.ema did)"}
}

func diffusionSources(c *cli.Context) run.Sources {
	src := run.Sources{
		File: c.String("config"), Sets: c.StringSlice("set"), Data: c.String("data"), Model: c.String("model"), Backend: c.String("backend"), Device: c.String("device"), From: c.String("from"),
	}
	if c.IsSet("seed") {
		seed := c.Uint64("seed")
		src.Seed = &seed
	}
	return src
}

func diffusionConfig(c *cli.Context) error {
	config, err := run.Load(diffusionSources(c))
	if err != nil {
		return err
	}
	return printText(c.App.Writer, string(config.Commented()))
}

func diffusionTrain(c *cli.Context) error {
	if err := checkRanks(c); err != nil {
		return err
	}
	src := diffusionSources(c)
	return trained(c, func(ctx context.Context, o train.Options) (train.Result, error) {
		o.Ranks, o.RanksTimeout, o.Team = c.Int("ranks"), c.Duration("ranks-timeout"), team()
		o.Out = c.String("out")
		again, err := resumes(c)
		switch {
		case err != nil:
			return train.Result{}, err
		case again && o.Out != "":
			return run.TrainOrResume(ctx, src, o)
		case again:
			return run.Resume(ctx, c.String("resume"), src, o)
		}
		config, err := run.Load(src)
		if err != nil {
			return train.Result{}, err
		}
		return run.Start(ctx, config, o)
	}, func(r train.Result) error {
		if !c.Bool("json") {
			return printResult(c, r, func() string { return qualityOf(r.Folder) })
		}
		quality, err := os.ReadFile(r.Folder.File(run.QualityJSON))
		if err != nil || r.Interrupted {
			quality = []byte("null") // a run without held-out images, or one that goes on
		}
		return printJSON(c.App.Writer, endedModel{folderOf(r), quality})
	})
}

// endedModel is what has become of a run: it has its quality, or the command that goes on.
type endedModel struct {
	endedFolder
	Quality json.RawMessage `json:"quality"`
}

// qualityOf is the table of a run that has one.
func qualityOf(f train.Folder) string {
	text, err := os.ReadFile(f.File(run.QualityText))
	if err != nil {
		return "" // a run without held-out images
	}
	return string(text) + "\n"
}

func diffusionSample(c *cli.Context) error {
	path := c.String("grid")
	switch {
	case c.String("run") == "":
		return train.Usagef("--run DIR is missing: from which run should be drawn?")
	case path == "" && c.String("out") == "" && c.String("gif") == "":
		return train.Usagef("--out DIR, --grid FILE or --gif FILE is missing: where should the samples go?")
	case c.IsSet("steps") && c.Int("steps") < 1:
		return train.Usagef("--steps %d is not allowed; allowed: from 1", c.Int("steps"))
	case path != "" && !strings.EqualFold(filepath.Ext(path), ".png"):
		return train.Usagef("--grid %s: the name must end in .png", path)
	}
	if path != "" {
		if err := newPicture(path, "grid"); err != nil {
			return err
		}
	}
	edit, err := diffusionEdit(c)
	if err != nil {
		return err
	}
	p := progress(c)
	d, err := run.Draw(c.Context, c.String("run"), run.SampleOptions{
		Sample: run.Sample{
			Sampler: c.String("sampler"), Steps: c.Int("steps"), Highest: c.Float64("highest"), Lowest: c.Float64("lowest"),
			Count: c.Int("count"), Guidance: c.Float64("guidance"),
		},
		Weights: run.Weights{EMA: c.Float64("ema"), GuideBy: c.Int("guide-by")},
		Class:   c.String("class"), Seed: c.Uint64("seed"), Out: c.String("out"), Threads: c.Int("threads"), Backend: c.String("backend"), Device: c.String("device"),
		Edit: edit, GIF: c.String("gif") != "", Progress: p.Count("sample", "samples"), Notice: p.Line,
	})
	p.Done()
	if err != nil {
		return err
	}
	if path != "" {
		if err := writeNew(path, d.Grid, "--grid"); err != nil {
			return err
		}
	}
	if d.GIF != nil {
		if err := writeNew(c.String("gif"), d.GIF, "--gif"); err != nil {
			return err
		}
	}
	return printText(c.App.Writer, fmt.Sprintf("%s of %s, by %s.\n",
		train.Counted(int64(d.Set.N()), "sample"), strings.Join(d.Classes, ", "), d.By))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func trainCommand() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "train a policy, or resume a run; without flags the whole default job",
		Flags: append(sourceFlags(),
			&cli.StringFlag{Name: "out", Usage: "folder of the new run `DIR` (default: the next free runs/SCENARIO-SEED-N)"},
			&cli.BoolFlag{Name: "profile", Usage: "measure every op and write profile.txt: time, share, GFLOP/s, share of the peak"},
			&cli.BoolFlag{Name: "debug", Usage: "on a gpu: wait for every op and name the first number that is not finite; slow"},
			&cli.StringFlag{Name: "resume", Usage: "resume the run in `DIR`"},
			&cli.BoolFlag{Name: "auto-resume", Usage: "with --out: begin the run, go on with it, or do nothing if it is complete; for schedulers, which give a command again"},
			stealFlag(),
			&cli.IntFlag{Name: "ranks", Value: 1, Usage: "`N` ranks in this process divide every update, and with an on-policy algorithm the worlds: the same numbers with any N, for tests of what several machines would do"},
			ranksTimeoutFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object at the end: the folder and the final table, or how to go on"},
		),
		Action: shares(run.Follow, runTrain),
	}
}

// sourceFlags are the flags for the sources of the configuration.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "algo", Usage: "algorithm `NAME`: " + strings.Join(marl.Algorithms(), ", ")},
		&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (YAML; gmel config prints one)"},
		&cli.StringFlag{Name: "scenario", Usage: "preset, preset with a number of IEDs, or scenario file `NAME|NAME:N|FILE`; spread or spread:N is another game, simple_spread"},
		&cli.StringSliceFlag{Name: "set", Usage: "one setting `PATH=VALUE`, such as train.updates=500; may be repeated"},
		&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of every random stream", DefaultText: "that of the configuration"},
		backendFlag(), deviceFlag(),
		&cli.StringFlag{Name: "precision", Usage: "precision `NAME` of the factors of products, short for --set train.precision=NAME: fp32, and on a GPU tf32 or bf16"},
	}
}

func stealFlag() cli.Flag {
	return &cli.BoolFlag{Name: "steal-lock", Usage: "take a run folder though a process of another host seems to train in it"}
}

func backendFlag() cli.Flag {
	return &cli.StringFlag{Name: "backend", Usage: "backend `NAME`, as train.backend: auto, gpu, cpu or ref"}
}

func deviceFlag() cli.Flag {
	return &cli.StringFlag{Name: "device", Usage: "`DEVICE` of the backend gpu, as train.device, such as gpu:1; gmel info lists them (default: the first)"}
}

func sources(c *cli.Context) run.Sources {
	src := run.Sources{
		File: c.String("config"), Algo: c.String("algo"), Scenario: c.String("scenario"), Sets: c.StringSlice("set"),
		Backend: c.String("backend"), Device: c.String("device"), Precision: c.String("precision"),
	}
	if c.IsSet("seed") {
		seed := c.Uint64("seed")
		src.Seed = &seed
	}
	return src
}

func runTrain(c *cli.Context) error {
	if err := checkRanks(c); err != nil {
		return err
	}
	return trainedPolicy(c, func(ctx context.Context, o train.Options) (run.Result, error) {
		o.Ranks, o.RanksTimeout, o.Team = c.Int("ranks"), c.Duration("ranks-timeout"), team()
		o.Out, o.Profile, o.Debug = c.String("out"), c.Bool("profile"), c.Bool("debug")
		return trainOrResume(ctx, c, o)
	})
}

// trainedPolicy is trained for a run that ends with a table.
func trainedPolicy(c *cli.Context, do func(context.Context, train.Options) (run.Result, error)) error {
	var table *run.Table
	return trained(c, func(ctx context.Context, o train.Options) (train.Result, error) {
		r, err := do(ctx, o)
		table = r.Table
		return r.Result, err
	}, func(r train.Result) error {
		if c.Bool("json") {
			return printJSON(c.App.Writer, ended{folderOf(r), table})
		}
		return printResult(c, r, func() string { return table.Markdown() + "\n" })
	})
}

// ended is what has become of a run: it has a table, or the command that goes on.
type ended struct {
	endedFolder
	Table *run.Table `json:"table"`
}

// endedFolder is what runs of all kinds have at their end.
type endedFolder struct {
	Folder string `json:"folder"`
	Resume string `json:"resume,omitempty"` // of an interrupted run
}

func folderOf(r train.Result) endedFolder {
	e := endedFolder{Folder: string(r.Folder)}
	if r.Interrupted {
		e.Resume = r.Resume
	}
	return e
}

// trained shows the progress and the result of a run, which a signal stops in good order. show prints what has become of it.
func trained(c *cli.Context, do func(context.Context, train.Options) (train.Result, error), show func(train.Result) error) error {
	if err := refuseLauncher(os.LookupEnv); joined == nil && err != nil {
		return err
	}
	p := progress(c)
	ctx, stop := untilSignal(p.Line, "update")
	defer stop()
	ctx, forget := untilAsked(ctx, p.Line)
	defer forget()
	result, err := do(ctx, train.Options{StealLock: c.Bool("steal-lock"), Progress: p.Train, Notice: p.Line})
	p.Done()
	if err != nil {
		return err
	}
	if err := show(result); err != nil && !errors.Is(err, errNoReader) { // the folder has it all
		return err
	}
	if result.Interrupted {
		return errStopped
	}
	return nil
}

// resumes reports whether the flags ask for a run that has begun, or may have.
func resumes(c *cli.Context) (bool, error) {
	dir, again, out := c.String("resume"), c.Bool("auto-resume"), c.String("out")
	switch {
	case dir != "" && again:
		return false, train.Usagef("--resume is for a run that has begun and --auto-resume for one that may have; give one of them")
	case dir != "" && out != "":
		return false, train.Usagef("--out is for a new run and --resume for an old one; give one of them")
	case again && out == "":
		return false, train.Usagef("--auto-resume needs --out DIR, the folder of the run")
	}
	return dir != "" || again, nil
}

// trainOrResume does what the flags ask for.
func trainOrResume(ctx context.Context, c *cli.Context, o train.Options) (run.Result, error) {
	again, err := resumes(c)
	switch {
	case err != nil:
		return run.Result{}, err
	case again && o.Out == "":
		return run.Resume(ctx, c.String("resume"), sources(c), o)
	case again:
		return run.TrainOrResume(ctx, sources(c), o)
	}
	config, err := run.Load(sources(c))
	if err != nil {
		return run.Result{}, err
	}
	return run.Train(ctx, config, o)
}

func printResult(c *cli.Context, r train.Result, text func() string) error {
	if r.Interrupted {
		return printText(c.App.Writer, fmt.Sprintf("stopped; go on with: %s\n", r.Resume))
	}
	return printText(c.App.Writer, fmt.Sprintf("%sThe run is in %s.\n", text(), r.Folder))
}

package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl/export"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

// exportTarget is a form in which what was trained leaves the program.
type exportTarget struct {
	usage string
	// suffix is what the default of --out adds to the name of the run.
	suffix string
	// write writes it and says what it wrote, such as "the policy of amarl, update 100".
	write func(context.Context, export.Options) (string, error)
}

var exportTargets = map[string]exportTarget{
	"c":      {"a C99 header without dependencies", ".h", exportHeader},
	"folder": {"a folder with ONNX, safetensors, contract and model card; of a diffusion run, a folder for diffusers and ONNX", "-export", exportFolder},
}

// exportFolder writes the policy or the diffusion model of a run.
func exportFolder(ctx context.Context, o export.Options) (string, error) {
	if run.IsRun(o.Run) {
		return run.Export(run.ExportOptions{Run: o.Run, Out: o.Out, Notice: o.Notice})
	}
	return export.Folder(ctx, o)
}

// exportHeader writes the policy of a run for C.
func exportHeader(ctx context.Context, o export.Options) (string, error) {
	if run.IsRun(o.Run) {
		return "", train.Usagef("%s is a run of diffusion; for C there are only policies, --to folder writes its network", o.Run)
	}
	return export.Header(ctx, o)
}

func exportCommand() *cli.Command {
	var usages []string
	for _, name := range slices.Sorted(maps.Keys(exportTargets)) {
		usages = append(usages, name+": "+exportTargets[name].usage)
	}
	return &cli.Command{
		Name: "export", Usage: "write what a run has trained for other programs", ArgsUsage: "RUN",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "`TARGET`; " + strings.Join(usages, "; ")},
			&cli.StringFlag{Name: "out", Usage: "what is written, new `PATH` (default: the name of the run with a suffix, in the current folder)"},
			&cli.IntFlag{Name: "film-slots", Usage: fmt.Sprintf("with --to folder, of a policy in the edge game: a film of the first `N` slots of an episode, 1 to %d", export.MostFilm)},
		},
		Action: exportRun,
	}
}

func exportRun(c *cli.Context) error {
	if c.NArg() != 1 {
		return train.Usagef("%d run folders are given, 1 is needed, such as `gmel export runs/paper-1-1 --to folder`", c.NArg())
	}
	names := slices.Sorted(maps.Keys(exportTargets))
	target, known := exportTargets[c.String("to")]
	switch {
	case !c.IsSet("to"):
		return train.Usagef("--to is missing: what should be written? allowed: %s", strings.Join(names, ", "))
	case !known:
		return train.Usagef("--to is %q; allowed: %s", c.String("to"), strings.Join(names, ", "))
	}
	o := export.Options{Run: c.Args().First(), Out: c.String("out"), Film: c.Int("film-slots"), Notice: progress(c).Line}
	if c.IsSet("film-slots") && (c.String("to") != "folder" || run.IsRun(o.Run)) {
		return train.Usagef("--film-slots is for a policy and --to folder only")
	}
	if c.IsSet("film-slots") && (o.Film < 1 || o.Film > export.MostFilm) {
		return train.Usagef("--film-slots is %d; allowed: 1 to %d", o.Film, export.MostFilm)
	}
	if o.Out == "" {
		full, err := filepath.Abs(o.Run)
		if err != nil {
			return err
		}
		o.Out = filepath.Base(full) + target.suffix
	}
	what, err := target.write(c.Context, o)
	if err != nil {
		return err
	}
	return printText(c.App.Writer, fmt.Sprintf("%s has %s.\n", o.Out, what))
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

func compareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "compare finished runs: interquartile means, intervals, probability of improvement",
		ArgsUsage: "RUN... (flags come first)",
		Flags:     compareFlags(),
		Action:    compareRuns,
	}
}

func compareFlags() []cli.Flag {
	return []cli.Flag{
		jsonFlag(),
		&cli.BoolFlag{Name: "csv", Usage: "print CSV"},
		&cli.BoolFlag{Name: "latex", Usage: "print tables for LaTeX"},
		&cli.BoolFlag{Name: "references", Usage: "play policies that know more than an IED can on the same episodes: " + strings.Join(sim.References(), ", ")},
		&cli.StringFlag{Name: "plot", Usage: "draw learning curves with bands and performance profiles, a `FILE` (PNG or SVG) for each scenario"},
	}
}

// operands refuses flags after the words that a command takes: they would be taken for such words.
func operands(c *cli.Context) error {
	for _, word := range c.Args().Slice() {
		if strings.HasPrefix(word, "-") {
			return train.Usagef("%s: flags come first, before the names of files and folders; a name that begins so is ./%s", word, word)
		}
	}
	return nil
}

func compareRuns(c *cli.Context) error {
	if c.NArg() == 0 {
		return train.Usagef("run folders are missing, such as `gmel compare runs/*`")
	}
	if err := operands(c); err != nil {
		return err
	}
	runs, err := compare.Read(c.Args().Slice())
	if err != nil {
		return err
	}
	return printComparison(c, runs)
}

// printComparison prints and draws what the flags ask for.
func printComparison(c *cli.Context, runs *compare.Comparison) error {
	format, err := oneOf(c, "json", "csv", "latex")
	if err != nil {
		return err
	}
	pictures, err := plots(c.String("plot"), len(runs.Scenarios))
	if err != nil {
		return err
	}
	if err := playReferences(c, runs, format); err != nil {
		return err
	}
	t := runs.Table()
	for i, path := range pictures {
		if err := record.Curve(path, runs.Panels(t, i)); err != nil {
			return err
		}
	}
	switch format {
	case "json":
		return printJSON(c.App.Writer, t)
	case "csv":
		return printText(c.App.Writer, t.CSV())
	case "latex":
		return printText(c.App.Writer, t.LaTeX())
	}
	return printText(c.App.Writer, t.Markdown())
}

// playReferences adds the references to the tables, if they are asked for.
func playReferences(c *cli.Context, runs *compare.Comparison, format string) error {
	if !c.Bool("references") {
		return nil
	}
	if format == "csv" {
		return train.Usagef("--references: CSV has rows of runs only; --json has the references, too")
	}
	p := progress(c)
	defer p.Done()
	return runs.PlayReferences(context.Background(), runtime.GOMAXPROCS(0), p.Count("scenario", "scenarios"))
}

// plots are the paths of n pictures for a flag --plot; none without it.
func plots(path string, n int) (all []string, err error) {
	if path == "" {
		return nil, nil
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".png" && ext != ".svg" {
		return nil, train.Usagef("--plot %s: the name must end in .png or .svg", path)
	}
	for i := range n {
		all = append(all, numbered(path, i, n))
		if err := newPicture(all[i], "plot"); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// numbered is a path for the i-th of n pictures: the path itself for a single one.
func numbered(path string, i, n int) string {
	if n == 1 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), i+1, ext)
}

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/urfave/cli/v2"
)

func compareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "compare finished runs: interquartile means, intervals, probability of improvement",
		ArgsUsage: "RUN... (flags come first)",
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.BoolFlag{Name: "csv", Usage: "print CSV"},
			&cli.BoolFlag{Name: "latex", Usage: "print tables for LaTeX"},
			&cli.StringFlag{Name: "plot", Usage: "draw learning curves with bands and performance profiles, a `FILE` (PNG or SVG) for each scenario"},
		},
		Action: compareRuns,
	}
}

func compareRuns(c *cli.Context) error {
	if c.NArg() == 0 {
		return usagef("run folders are missing, such as `gmel compare runs/*`")
	}
	for _, word := range c.Args().Slice() {
		if strings.HasPrefix(word, "-") {
			return usagef("%s: flags come before the folders, such as `gmel compare --json RUN...`; a folder of that name is ./%s", word, word)
		}
	}
	format, err := oneOf(c, "json", "csv", "latex")
	if err != nil {
		return err
	}
	runs, err := compare.Read(c.Args().Slice())
	if err != nil {
		return err
	}
	pictures, err := plots(c.String("plot"), len(runs.Scenarios))
	if err != nil {
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

// plots are the paths of n pictures for a flag --plot; none without it.
func plots(path string, n int) (all []string, err error) {
	if path == "" {
		return nil, nil
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".png" && ext != ".svg" {
		return nil, usagef("--plot %s: the name must end in .png or .svg", path)
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

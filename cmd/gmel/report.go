package main

import (
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/marl/report"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "make a page of runs: curves, tables, latency, choices, settings; one file that works offline",
		ArgsUsage: "RUN...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "the page, `FILE.html`, which must not exist", Value: "report.html"},
			&cli.BoolFlag{Name: "film", Usage: "add a film of the best policy beside the best heuristic; needs the checkpoint of the run"},
		},
		Action: makeReport,
	}
}

func makeReport(c *cli.Context) error {
	if c.NArg() == 0 {
		return train.Usagef("run folders are missing, such as `gmel report runs/*`")
	}
	out := c.String("out")
	if !strings.EqualFold(filepath.Ext(out), ".html") {
		return train.Usagef("--out %s: the name must end in .html", out)
	}
	if err := newPicture(out, "out"); err != nil {
		return err
	}
	p := progress(c)
	defer p.Done()
	page, err := report.New(c.Args().Slice(), report.Options{Film: c.Bool("film"), Say: p.Line})
	if err != nil {
		return err
	}
	data, err := page.HTML()
	if err != nil {
		return err
	}
	for _, note := range page.Notes {
		p.Line(note)
	}
	return writeNew(out, data, "--out")
}

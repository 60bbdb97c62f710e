package main

import (
	"strings"

	"github.com/gmel-go/gmel/marl/doctor"
	"github.com/gmel-go/gmel/marl/run"
	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "say what looks wrong with runs, and what to try",
		ArgsUsage: "RUN...",
		Flags:     []cli.Flag{jsonFlag()},
		Action:    examine,
	}
}

func examine(c *cli.Context) error {
	if c.NArg() == 0 {
		return train.Usagef("run folders are missing, such as `gmel doctor runs/mine`")
	}
	var all []*doctor.Diagnosis
	var texts []string
	for _, dir := range c.Args().Slice() {
		if diffusion.IsRun(dir) {
			return train.Usagef("%s is the run of a diffusion model; gmel doctor knows runs of policies", dir)
		}
		p, err := run.ReadPast(dir)
		if err != nil {
			return err
		}
		d := doctor.Examine(p)
		all, texts = append(all, d), append(texts, d.Text())
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, map[string]any{"runs": all})
	}
	return printText(c.App.Writer, strings.Join(texts, "\n"))
}

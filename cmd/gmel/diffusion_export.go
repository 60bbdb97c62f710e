package main

import (
	"fmt"

	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func diffusionExportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write the network of a run as a folder for diffusers and ONNX",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run folder `DIR`"},
			&cli.StringFlag{Name: "out", Usage: "new folder `DIR`; its README.md says how to draw with it"},
			emaFlag(),
		},
		Action: diffusionExport, OnUsageError: usageError, Before: noArguments,
	}
}

func diffusionExport(c *cli.Context) error {
	o := run.ExportOptions{Run: c.String("run"), Out: c.String("out"), EMA: c.Float64("ema"), Notice: progress(c).Line}
	switch {
	case o.Run == "":
		return train.Usagef("--run DIR is missing: which network should be exported?")
	case o.Out == "":
		return train.Usagef("--out DIR is missing: where should the folder go?")
	}
	which, err := run.Export(o)
	if err != nil {
		return err
	}
	return printText(c.App.Writer, fmt.Sprintf("%s has %s; README.md there says how to draw with it.\n", o.Out, which))
}

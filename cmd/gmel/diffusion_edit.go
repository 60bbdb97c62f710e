package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

// diffusionEditFlags are those of `gmel diffusion sample` for an image to begin from and for an animation.
func diffusionEditFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "init", Usage: "begin from the image `FILE` (PNG, JPEG, BMP or GIF), which is fitted as those of the run are"},
		&cli.Float64Flag{
			Name: "strength", Usage: "with --init: share `X` of the steps that are played, above 0; the smaller, the nearer to the image; 1: from noise alone",
			DefaultText: fmt.Sprintf("%g; with --mask 1", run.DefaultStrength),
		},
		&cli.StringFlag{Name: "mask", Usage: "with --init: image `FILE` of the same size; white is drawn anew, black is kept as it is"},
		&cli.IntFlag{
			Name: "resample", Usage: "with --mask: play each step `N` times, so that what is drawn fits to what is kept",
			DefaultText: fmt.Sprint(run.DefaultResample),
		},
		&cli.StringFlag{Name: "gif", Usage: "write an animation of the samples as they come out of the noise into `FILE`.gif, a frame for each step"},
	}
}

// diffusionEdit reads and checks these flags.
func diffusionEdit(c *cli.Context) (run.Edit, error) {
	e := run.Edit{Image: c.String("init"), Strength: c.Float64("strength"), Mask: c.String("mask"), Resample: c.Int("resample")}
	path := c.String("gif")
	switch {
	case c.IsSet("strength") && !(e.Strength > 0):
		return e, train.Usagef("--strength %g is not allowed; allowed: above 0, up to 1", e.Strength)
	case c.IsSet("resample") && e.Resample < 1:
		return e, train.Usagef("--resample %d is not allowed; allowed: 1 to 100", e.Resample)
	case path == "":
		return e, nil
	case !strings.EqualFold(filepath.Ext(path), ".gif"):
		return e, train.Usagef("--gif %s: the name must end in .gif", path)
	}
	return e, newPicture(path, "gif")
}

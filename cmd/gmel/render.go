package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/render"
	"github.com/urfave/cli/v2"
)

// Limits of a GIF: all its frames are in memory.
const (
	frameBytes    = 700_000
	iedBytes      = 64 // of an IED in a scene
	defaultFrames = 100
	mostFrames    = 1000
	mostFPS       = 50
)

func renderFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "render", Usage: "draw a world into `FILE`, .png for one slot or .gif for many, which must not exist"},
		&cli.IntFlag{Name: "world", Usage: "with --render: world `I`, from 0"},
		&cli.IntFlag{Name: "slot", Usage: "with a .png: slot `T`, counted from 0 over the episodes of the world (default: the last)"},
		&cli.IntFlag{Name: "frames", Usage: "with a .gif: draw the first `N` slots", Value: defaultFrames},
		&cli.Float64Flag{Name: "fps", Usage: "with a .gif: `N` frames per second", Value: 5},
	}
}

// cameras are those for --render, one for each policy; none without --render. Errors in its options are reported before anything is
// played.
func cameras(c *cli.Context, o sim.SimulateOptions, players []*contestant) ([]*render.Camera, error) {
	path := c.String("render")
	kind := strings.ToLower(filepath.Ext(path))
	if err := renderUsage(c, path, kind); path == "" || err != nil {
		return nil, err
	}
	if err := newPicture(path, "render"); err != nil {
		return nil, err
	}
	r := render.Options{
		Title: o.Scenario.Name + ", " + players[0].label, World: c.Int("world"),
		Movie: kind == ".gif", Frames: c.Int("frames"), FPS: c.Float64("fps"),
	}
	slots := o.Slots(r.World)
	if slots == 0 {
		return nil, train.Usagef("--world is %d; allowed: 0 to %d, the worlds with an episode that counts", r.World, min(o.Worlds, o.Episodes)-1)
	}
	if r.Slot = slots - 1; c.IsSet("slot") {
		r.Slot = c.Int("slot")
	}
	if r.Slot < 0 || r.Slot >= slots {
		return nil, train.Usagef("--slot is %d; allowed: 0 to %d", r.Slot, slots-1)
	}
	if len(players) > 1 {
		r.Title = o.Scenario.Name
	}
	var all []*render.Camera
	for _, p := range players {
		r.Panel = p.label
		all = append(all, render.NewCamera(p.scenario, r))
	}
	return all, nil
}

// newPicture checks that a flag's picture can be written without a loss.
func newPicture(path, flag string) error {
	if err := disk.Dangling(path); err != nil {
		return train.Usagef("%w; choose another --%s", err, flag)
	}
	if _, err := os.Lstat(path); err == nil {
		return notCreated(fs.ErrExist, path, "--"+flag)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be written: %s is no folder", path, filepath.Dir(path))
	}
	return nil
}

// renderUsage checks the options that do not depend on the simulation.
func renderUsage(c *cli.Context, path, kind string) error {
	if path != "" && kind != ".png" && kind != ".gif" {
		return train.Usagef("--render %s: the name must end in .png (one slot) or .gif (many)", path)
	}
	for _, f := range []struct{ flag, needs, what string }{
		{"world", kind, "--render"}, {"slot", ".png", "--render FILE.png"},
		{"frames", ".gif", "--render FILE.gif"}, {"fps", ".gif", "--render FILE.gif"},
	} {
		if c.IsSet(f.flag) && (path == "" || kind != f.needs) {
			return train.Usagef("--%s is for %s only", f.flag, f.what)
		}
	}
	if n := c.Int("frames"); n < 1 || n > mostFrames {
		return train.Usagef("--frames is %d; allowed: 1 to %d", n, mostFrames)
	}
	if n := c.Float64("fps"); !(n >= 1 && n <= mostFPS) {
		return train.Usagef("--fps is %g; allowed: 1 to %d", n, mostFPS)
	}
	return nil
}

// picture is the file of one camera, or of two side by side.
func picture(cams []*render.Camera) ([]byte, error) {
	if len(cams) > 1 {
		return cams[0].PictureBeside(cams[1])
	}
	return cams[0].Picture()
}

// keepPicture writes the picture of the cameras and says which slots it leaves out.
func keepPicture(c *cli.Context, cams []*render.Camera, say func(string)) error {
	data, err := picture(cams)
	if err != nil {
		return err
	}
	path := c.String("render")
	if err := writeNew(path, data, "--render"); err != nil {
		return err
	}
	if frames := c.Int("frames"); strings.EqualFold(filepath.Ext(path), ".gif") && cams[0].Seen() > frames {
		say(fmt.Sprintf("%s shows the first %d of %d slots of world %d; --frames allows up to %d", path, frames, cams[0].Seen(), c.Int("world"), mostFrames))
	}
	return nil
}

// writeNew writes a file that a flag names and that must not exist.
func writeNew(path string, data []byte, flag string) error {
	part, err := createNew(path, flag)
	if err != nil {
		return err
	}
	if _, err := part.Write(data); err != nil {
		return errors.Join(notCreated(err, path, flag), part.Discard())
	}
	return publish(part, path, flag)
}

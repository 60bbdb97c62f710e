package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// SampleOptions say what to draw from the network of a run.
type SampleOptions struct {
	Sample          // Count is of each class; without Sampler or Steps, that of the run
	Weights         // which parameters of the run
	Class    string // "": every class
	Edit     Edit
	Seed     uint64
	GIF      bool   // the samples are watched as they come out of the noise
	Out      string // new folder for the samples, in the form of the set that was trained on; "": none
	Threads  int    // 0: all cores
	Backend  string // "": that of the run
	Device   string // with Backend
	Progress func(done, total int)
	Notice   func(string)
}

// Drawn are samples, of one class after the other.
type Drawn struct {
	By      string       // which network has drawn them
	Classes []string     // those that were asked for
	Set     *dataset.Set // [len(Classes) * Count], in the units of the set that was trained on
	Grid    []byte       // PNG with a class in each row
	GIF     []byte       // the grid after each step; nil unless asked for

	pixels bool // the samples are pictures
}

// DefaultSample is how `gmel diffusion sample` draws if nothing else is asked for.
func DefaultSample() Sample { return Default().Sample }

// Draw draws samples from the latest checkpoint of a run. It writes nothing to its folder, so the run may be training
// meanwhile. Equal options give equal samples on every backend and for any number of threads.
func Draw(ctx context.Context, dir string, o SampleOptions) (_ *Drawn, err error) {
	c, _, err := folderConfig(train.Folder(dir))
	if err != nil {
		return nil, err
	}
	o.complete(&c.Sample)
	if err := o.check(); err != nil {
		return nil, err
	}
	c.noteObjective(o.Sampler, o.Notice)
	if err := o.Weights.canGuide(c, &o.Sample); err != nil {
		return nil, err
	}
	g, by, err := o.load(train.Folder(dir), c, o.Notice)
	if err != nil {
		return nil, err
	}
	if err := o.prepare(g, c); err != nil {
		return nil, err
	}
	d := &Drawn{By: by, Classes: g.data.Classes, pixels: len(g.data.Shape) == 3 && !g.data.Fraction}
	wanted := each(d.Classes, o.Count)
	if o.Class != "" {
		class := slices.Index(d.Classes, o.Class)
		if class < 0 {
			return nil, train.Usagef("--class %q is not of this run; allowed: %s", o.Class, strings.Join(d.Classes, ", "))
		}
		d.Classes, wanted = []string{o.Class}, slices.Repeat([]int{class}, o.Count)
	}
	c.Train.runsOn(o.Threads, o.Backend, o.Device)
	backend, err := openBackend(&c.Train, false, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	if d.Set, err = g.draw(ctx, backend, request{&o.Sample, o.Seed, wanted, o.Progress}); err != nil {
		return nil, err
	}
	if d.Grid, err = g.data.grid(d.Set, o.Count); err != nil {
		return nil, err
	}
	if g.film != nil {
		if d.GIF, err = g.film.gif(o.Count); err != nil {
			return nil, err
		}
	}
	return d, d.save(o.Out)
}

// runsOn has the network evaluated by other threads and, unless both names are empty, on another backend.
func (t *Train) runsOn(threads int, backend, device string) {
	t.Threads = threads
	if backend != "" || device != "" {
		t.Backend, t.Device, t.ISA = cmp.Or(backend, "auto"), device, ""
	}
}

// check reports the options that are not allowed.
func (o *SampleOptions) check() error {
	v := setting.NewChecker("")
	o.Sample.Check(v)
	if err := v.Err(); err != nil {
		return train.Usage(err)
	}
	if err := o.Edit.check(); err != nil || o.Out == "" {
		return err
	}
	if list, err := os.ReadDir(o.Out); err == nil && len(list) > 0 {
		return train.Usagef("%s is not empty and nothing in it is overwritten; choose another --out", o.Out)
	}
	return nil
}

// prepare reads the image that the samples begin from, and has them watched.
func (o *SampleOptions) prepare(g *generator, c *Config) (err error) {
	if g.edit, err = o.Edit.read(dataset.Fit(c.Data.Fit), g.data); err != nil || !o.GIF {
		return err
	}
	if len(g.data.Shape) != 3 {
		return train.Usagef("--gif: the samples of this run are no images; allowed: without --gif")
	}
	g.film = &film{data: g.data}
	return nil
}

// latest is the network of the latest checkpoint of a run, with the average of its parameters, and the update.
func latest(f train.Folder, c *Config, notice func(string)) (*generator, int, error) {
	g, _, err := newest(f, c, notice)
	if err != nil {
		return nil, 0, err
	}
	return g, g.update, nil
}

// newest is the network of the latest checkpoint of a run, and the checkpoint.
func newest(f train.Folder, c *Config, notice func(string)) (*generator, *train.Saved, error) {
	from, damage, err := f.Latest()
	if err != nil {
		return nil, nil, err
	}
	if from == nil {
		return nil, nil, train.Usagef("%s has no checkpoint yet", f)
	}
	if damage != nil {
		notice(fmt.Sprintf("WARNING: %v; the previous checkpoint is used", damage))
	}
	if text := from.Warning(); text != "" {
		notice(text)
	}
	if err := newRun(c, c).SameRun(from); err != nil {
		return nil, nil, err
	}
	g := &generator{from: from.Path}
	if g.update, err = from.Update(); err != nil {
		return nil, nil, err
	}
	if g.data, err = described(from.State); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from.Path, err)
	}
	if g.model, err = network(c, g.data); err != nil {
		return nil, nil, err
	}
	if g.flat, err = g.model.Params().Import("ema", from.State); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from.Path, err)
	}
	return g, from, nil
}

// save writes the samples in the form of the set that was trained on. A kill leaves no part of them.
func (d *Drawn) save(dir string) error {
	if dir == "" {
		return nil
	}
	folder, err := disk.CreateFolder(dir)
	if err != nil {
		return err
	}
	if err := d.write(folder); err != nil {
		return errors.Join(err, folder.Discard())
	}
	return folder.Publish()
}

func (d *Drawn) write(folder *disk.Whole) error {
	files, err := d.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := folder.Write(filepath.FromSlash(f.Name), f.Data); err != nil {
			return err
		}
	}
	return nil
}

package run

import (
	"context"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
)

// Start makes a new run folder and trains in it.
func Start(ctx context.Context, c *Config, o train.Options) (train.Result, error) {
	r := newRun(c, c)
	r.Open = func(o train.Options) (train.Job, error) { return openNew(c, o) }
	return train.Start(ctx, r, o)
}

// Resume continues the run in a folder. src may repeat settings of the run. It may change only those that do not change
// numbers: the places of the set and of its labels, train.threads, train.isa, train.device and train.backend.
func Resume(ctx context.Context, dir string, src Sources, o train.Options) (train.Result, error) {
	f := train.Folder(dir)
	own, path, err := folderConfig(f)
	if err != nil {
		return train.Result{}, err
	}
	if src.File == "" {
		src.File = path
	}
	if err := src.again(own); err != nil {
		return train.Result{}, err
	}
	asked, err := Load(src)
	if err != nil {
		return train.Result{}, err
	}
	return resume(ctx, f, own, asked, o)
}

// TrainOrResume begins a run in the folder o.Out, goes on with the run that is there, or does nothing if that is
// complete. A run that src would not begin is refused.
func TrainOrResume(ctx context.Context, src Sources, o train.Options) (train.Result, error) {
	f := train.Folder(o.Out)
	if !f.HasRun() {
		asked, err := Load(src)
		if err != nil {
			return train.Result{}, err
		}
		return Start(ctx, asked, o)
	}
	own, _, err := folderConfig(f)
	if err != nil {
		return train.Result{}, err
	}
	if err := src.again(own); err != nil {
		return train.Result{}, err
	}
	asked, err := Load(src)
	if err != nil {
		return train.Result{}, err
	}
	return resume(ctx, f, own, asked, o)
}

func resume(ctx context.Context, f train.Folder, own, asked *Config, o train.Options) (train.Result, error) {
	if d := difference(own, asked); d != "" {
		return train.Result{}, train.Usagef("%s: %s; a run goes on only as it began (data.source, data.labels, train.threads, train.isa, train.device and train.backend may change)", f, d)
	}
	return train.Resume(ctx, f, newRun(own, asked), o)
}

// folderConfig returns the configuration of the run in a folder, and its path.
func folderConfig(f train.Folder) (*Config, string, error) {
	path, err := f.Config()
	if err != nil {
		return nil, "", err
	}
	c, err := Load(Sources{File: path})
	if err != nil {
		return nil, "", fmt.Errorf("%s is a run of something else or of another version of gmel: %w", f, err)
	}
	return c, path, nil
}

// newRun describes the run with configuration c. began is its configuration at the start.
func newRun(began, c *Config) *train.Run {
	return &train.Run{
		Name: "diffusion-" + c.Model.Size, Seed: c.Seed, Config: c.Commented(),
		Numbers: c.numbers().YAML(), Same: func(from *train.Saved, numbers []byte) error { return sameRun(c, from, numbers) },
		Schedule: train.Schedule{
			Updates: c.Train.Updates, LogEvery: c.Train.LogEvery, SnapshotEvery: c.Train.snapshotEvery(),
			EvaluateEvery: c.Train.SampleEvery, CheckpointEvery: c.Train.CheckpointEvery,
		},
		Result: GridPNG, Resume: "gmel diffusion train --resume", ResumeFlags: movedFlags(began, c),
		Open: func(o train.Options) (train.Job, error) { return openJob(c, o) },
	}
}

// movedFlags are the flags of a command that resumes like this process.
func movedFlags(began, now *Config) (flags string) {
	for _, f := range []struct{ name, before, after string }{
		{"data", began.Data.Source, now.Data.Source}, {"backend", began.Train.Backend, now.Train.Backend}, {"device", began.Train.Device, now.Train.Device},
	} {
		if f.after != f.before && f.after != "" {
			flags += " --" + f.name + " " + train.Quoted(f.after)
		}
	}
	if now.Data.Labels != began.Data.Labels {
		flags += " --set " + train.Quoted(labelsKey+"="+now.Data.Labels)
	}
	return flags
}

// sameRun compares the configuration with that of the checkpoint.
func sameRun(c *Config, from *train.Saved, numbers []byte) error {
	r := setting.NewReader()
	if err := r.Embedded(numbers, from.Path); err != nil {
		return err
	}
	made := Default()
	for _, s := range made.sections() {
		r.Read(s)
	}
	if err := r.Err(); err != nil {
		return train.Usagef("the checkpoint is of another version of gmel, and a run goes on only as it began: %w", setting.Split(err)[0])
	}
	if d := difference(made, c); d != "" {
		return train.Usagef("%s: %s; a run goes on only as it began: restore its config.yaml", from.Path, d)
	}
	return nil
}

// difference names the first setting that changes numbers and in which two configurations differ.
func difference(run, asked *Config) string {
	path, a, b := setting.Difference(run.numbers().sections(), asked.numbers().sections())
	if path == "" {
		return ""
	}
	return fmt.Sprintf("the run has %s = %v, but %v is asked for", path, a, b)
}

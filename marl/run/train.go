package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
)

// Result of Train.
type Result struct {
	train.Result
	Table *Table // final comparison; nil if interrupted
}

// Train makes a new run folder and trains in it.
func Train(ctx context.Context, c *Config, o train.Options) (Result, error) {
	run, err := begun(ctx, c)
	if err != nil {
		return Result{}, err
	}
	r, err := train.Start(ctx, run, o)
	return withTable(r, err)
}

// Resume continues the run in a folder. src may repeat settings of the run. It may change only those that
// do not change numbers: train.threads, train.isa, train.device and, in fp32, train.backend.
func Resume(ctx context.Context, dir string, src Sources, o train.Options) (Result, error) {
	f := train.Folder(dir)
	own, err := folderConfig(f)
	if err != nil {
		return Result{}, err
	}
	asked, err := goingOn(f, own, src)
	if err != nil {
		return Result{}, err
	}
	return resume(ctx, f, own, asked, o)
}

// TrainOrResume begins a run in the folder o.Out, goes on with the run that is there, or does nothing if that is complete. So a
// scheduler can give the same command again and again. A run that src would not begin is refused.
func TrainOrResume(ctx context.Context, src Sources, o train.Options) (Result, error) {
	asked, err := Load(src)
	if err != nil {
		return Result{}, err
	}
	f := train.Folder(o.Out)
	if !f.HasRun() {
		r, err := Train(ctx, asked, o)
		if !errors.Is(err, train.ErrBegun) { // by another process, meanwhile
			return r, err
		}
	}
	own, err := folderConfig(f)
	if err != nil {
		return Result{}, err
	}
	return resume(ctx, f, own, asked, o)
}

// resume goes on with the run of the configuration own as asked.
func resume(ctx context.Context, f train.Folder, own, asked *Config, o train.Options) (Result, error) {
	if err := asked.goesOnFrom(f, own); err != nil {
		return Result{}, err
	}
	run := newRun(own, asked)
	run.Open = resumed(run, f, own, asked)
	r, err := train.Resume(ctx, f, run, o)
	return withTable(r, err)
}

// newRun describes the run with configuration c. began is its configuration at the start, which may have another backend.
func newRun(began, c *Config) *train.Run {
	return &train.Run{
		Name: c.game().name(), Seed: c.Seed, Config: c.Commented(),
		Numbers: c.numbers().YAML(), Same: func(from *train.Saved, numbers []byte) error { return sameRun(c, from, numbers) },
		Schedule: c.Train.Schedule(), Result: TableJSON, Spare: marl.Forget,
		Resume: "gmel train --resume", ResumeFlags: movedFlags(began, c),
		Open: func(o train.Options) (train.Job, error) { return openJob(c, o) },
	}
}

// withTable adds the table of a complete run.
func withTable(r train.Result, err error) (Result, error) {
	if err != nil || r.Interrupted {
		return Result{Result: r}, err
	}
	t, err := readTable(r.Folder)
	if err != nil {
		return Result{Result: r}, err
	}
	return Result{r, t}, nil
}

// readTable reads the table of a complete run.
func readTable(f train.Folder) (*Table, error) {
	path := f.File(TableJSON)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &Table{}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): delete it, and resuming makes it again", path, err)
	}
	return t, nil
}

// threads is the number of threads for a setting; 0 is all cores.
func threads(n int) int {
	if n == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// configBlob is Config.numbers inside a checkpoint.
const configBlob = "config"

// save writes the checkpoint of the trainer.
func save(f Folder, c *Config, t *marl.Trainer) error {
	s, err := t.State()
	if err != nil {
		return err
	}
	s.Blobs[configBlob] = c.numbers().YAML()
	return checkpoint.Write(f.checkpoint(), s)
}

// resumed is a checkpoint to go on from.
type resumed struct {
	path  string
	state *checkpoint.State
}

// Resume continues the run in a folder. src may repeat settings; only those that
// do not change a number may differ from the run's: train.threads, train.isa,
// train.device and, in fp32, train.backend.
func Resume(ctx context.Context, dir string, src Sources, o Options) (result Result, err error) {
	f := Folder(dir)
	began, c, err := resumeConfig(f, src)
	if err != nil {
		return Result{}, err
	}
	r := &runner{config: c, began: began, folder: f, options: o, saved: -1}
	defer func() { err = errors.Join(err, r.close()) }()
	if r.release, err = f.acquire(r.notice); err != nil {
		return Result{}, err
	}
	from, err := r.latest()
	if err != nil {
		return Result{}, err
	}
	if err := r.check(from); err != nil {
		return Result{}, err
	}
	if t, err := r.complete(from); t != nil || err != nil {
		return Result{Folder: f, Table: t}, err
	}
	r.announce(from)
	if err := r.build(); err != nil {
		return Result{}, r.elsewhere(err)
	}
	return r.train(ctx, from)
}

// check makes sure that the folder can go on: from a checkpoint of the same run,
// or from the beginning without a loss.
func (r *runner) check(from *resumed) error {
	if from != nil {
		return sameRun(r.config, from)
	}
	if exists(r.folder.tableJSON()) {
		return usagef("%s holds the results of a complete run, but no checkpoint: it is not started again over them; restore its checkpoints or choose another --out", r.folder)
	}
	lines, err := record.ReadJSONL(r.folder.metrics())
	if err != nil {
		return err
	}
	if n := len(lines); n > 0 && lines[n-1].Update > r.firstCheckpoint() {
		return usagef("%s has records up to update %d, but no checkpoint: it is not started again over them; restore its checkpoints or choose another --out",
			r.folder, lines[n-1].Update)
	}
	return nil
}

// firstCheckpoint is the update up to which a run may have no checkpoint. The same
// records come again when it starts anew.
func (r *runner) firstCheckpoint() int {
	c := &r.config.Train
	every, step := c.CheckpointEvery, c.UpdatesAtOnce()
	if !exists(filepath.Dir(r.folder.checkpoint())) {
		return 0 // the folder was deleted, and who knows what was in it
	}
	if every == 0 || every > c.Updates {
		every = c.Updates
	}
	return (every + step - 1) / step * step
}

// complete returns the final table of a run that has nothing left to do. The last
// iteration may end above the number of updates.
func (r *runner) complete(from *resumed) (*Table, error) {
	if from == nil || !exists(r.folder.tableJSON()) {
		return nil, nil
	}
	update, err := from.update()
	if err != nil || update < r.config.Train.Updates {
		return nil, err
	}
	r.notice("the run in %s is complete", r.folder)
	data, err := os.ReadFile(r.folder.tableJSON())
	if err != nil {
		return nil, err
	}
	t := &Table{}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("%s: %w", r.folder.tableJSON(), err)
	}
	return t, nil
}

func (from *resumed) update() (int, error) {
	n, err := strconv.Atoi(from.state.Meta["update"])
	if err != nil {
		return 0, fmt.Errorf("%s: its update is %q, not a number", from.path, from.state.Meta["update"])
	}
	return n, nil
}

// announce says where the run goes on.
func (r *runner) announce(from *resumed) {
	if from == nil {
		r.notice("%s has no checkpoint yet: training starts at the beginning", r.folder)
	} else {
		r.notice("training in %s goes on from update %s", r.folder, from.state.Meta["update"])
	}
	if r.moved() {
		r.notice("the run began with train.backend %s and goes on with %s: in fp32 the numbers are the same", r.began.Train.Backend, r.config.Train.Backend)
	}
}

// moved says whether the run is asked to go on with another backend than its config.yaml names.
func (r *runner) moved() bool {
	return r.began != nil && r.began.Train.Backend != r.config.Train.Backend
}

// elsewhere adds to an error that another backend would do, where this machine lacks the one of the configuration.
func (r *runner) elsewhere(err error) error {
	t := &r.config.Train
	name := t.Backend
	if kind, _, ok := strings.Cut(t.Device, ":"); ok {
		name = kind
	}
	here, unknown := kernels.Describe("auto")
	if t.Precision != kernels.FP32 || unknown != nil || kernels.Probe(name) == nil {
		return err
	}
	return usagef("%w; in fp32 every backend gives the same numbers: `%s --backend %s` goes on", err, ResumeCommand(r.folder), here.Name)
}

// resumeCommand goes on as this process does: with its backend and device, which config.yaml may not name.
func (r *runner) resumeCommand() string {
	command := ResumeCommand(r.folder)
	if r.began == nil {
		return command // config.yaml is this process's
	}
	began, now := &r.began.Train, &r.config.Train
	if now.Backend != began.Backend {
		command += " --backend " + now.Backend
	}
	if now.Device != "" && (now.Backend != began.Backend || now.Device != began.Device) {
		command += " --device " + now.Device
	}
	return command
}

// resumeConfig returns the configuration of the folder's run, and the one that src asks it to go on with.
func resumeConfig(f Folder, src Sources) (own, asked *Config, err error) {
	if own, err = f.Config(); err != nil {
		return nil, nil, err
	}
	if asked, err = goingOn(f, own, src); err != nil {
		return nil, nil, err
	}
	if d := difference(own, asked); d != "" {
		return nil, nil, usagef("%s: %s; a run goes on only as it began (train.threads, train.isa, train.device and, in fp32, train.backend may change)", f, d)
	}
	return own, asked, nil
}

// goingOn reads src over the folder's own configuration. Instruction set and device of the run's own backend mean
// nothing to another one, unless that is what "auto" took the device from.
func goingOn(f Folder, own *Config, src Sources) (*Config, error) {
	if src.File != "" {
		return Load(src)
	}
	src.File = f.config()
	asked, err := Load(src)
	if err != nil || asked.Train.Backend == own.Train.Backend {
		return asked, err
	}
	foreign := []string{"train.isa="}
	if kind, _, _ := strings.Cut(own.Train.Device, ":"); kind != asked.Train.Backend {
		foreign = append(foreign, "train.device=")
	}
	src.Sets = append(foreign, src.Sets...)
	return Load(src)
}

// Config returns the configuration of the run in a folder.
func (f Folder) Config() (*Config, error) {
	if !exists(f.config()) {
		return nil, usagef("%s is no run folder: it has no config.yaml", f)
	}
	return Load(Sources{File: f.config()})
}

// sameRun compares the configuration with the one that the checkpoint was made under.
func sameRun(c *Config, from *resumed) error {
	blob, err := from.state.Blob(configBlob)
	if err != nil {
		return fmt.Errorf("%s: %w", from.path, err)
	}
	r := setting.NewReader()
	if err := r.Embedded(blob, from.path); err != nil {
		return err
	}
	made, err := read(r)
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return fmt.Errorf("the checkpoint is of another version of gmel: %w", err)
	}
	if d := difference(made, c); d != "" {
		return usagef("%s: %s; a run goes on only as it began: restore its config.yaml", from.path, d)
	}
	return nil
}

// difference names the first setting that changes numbers and in which two configurations differ.
func difference(run, asked *Config) string {
	run, asked = run.numbers(), asked.numbers()
	if run.Train.Precision != asked.Train.Precision { // the one to name: a backend counts in one of them only
		run.Train.Backend, asked.Train.Backend = "", ""
	}
	path, a, b := setting.Difference(run.sections(), asked.sections())
	if path == "" {
		return ""
	}
	return fmt.Sprintf("the run has %s = %v, but %v is asked for", path, a, b)
}

// latest returns the newest valid checkpoint, nil if there was never one. A
// damaged one is put aside, so that the good one before it stays the previous.
func (r *runner) latest() (*resumed, error) {
	from, damage, err := r.folder.newest()
	if err != nil || damage == nil {
		return from, err
	}
	if errors.Is(damage, fs.ErrNotExist) {
		r.notice("WARNING: %v; the previous checkpoint is used", damage)
		return from, nil
	}
	if !errors.Is(damage, checkpoint.ErrCorrupt) {
		return nil, damage // a disk that cannot be read says nothing about the file
	}
	path := r.folder.checkpoint()
	if err := os.Rename(path, path+".corrupt"); err != nil {
		return nil, fmt.Errorf("a corrupt checkpoint cannot be put aside: %w", err)
	}
	r.notice("WARNING: %v; it is put aside as %s.corrupt, and the previous checkpoint is used", damage, path)
	return from, nil
}

// newest returns the newest valid checkpoint, nil if there was never one, and what
// is wrong with a newer one.
func (f Folder) newest() (from *resumed, damage, err error) {
	path := f.checkpoint()
	s, damage := checkpoint.Read(path)
	if damage == nil {
		return &resumed{path, s}, nil, nil
	}
	prev := path + checkpoint.PrevSuffix
	s, err = checkpoint.Read(prev)
	switch {
	case err == nil:
		return &resumed{prev, s}, damage, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%w; the previous one does not help: %w", damage, err)
	case errors.Is(damage, fs.ErrNotExist):
		return nil, nil, nil
	}
	return nil, nil, fmt.Errorf("%w; there is no previous checkpoint", damage)
}

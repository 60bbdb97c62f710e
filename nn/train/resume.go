package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Saved is a checkpoint to resume from.
type Saved struct {
	Path  string
	State *checkpoint.State
}

// Update is the number of updates that the checkpoint contains.
func (from *Saved) Update() (int, error) {
	n, err := from.update()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", from.Path, err)
	}
	return n, nil
}

// Warning says that the checkpoint could not be checked because another program saved it again; "" otherwise.
func (from *Saved) Warning() string {
	if !from.State.Resaved {
		return ""
	}
	return fmt.Sprintf("WARNING: %s was saved by another program: its tensors are taken as they are, because their SHA-256 cannot be checked", from.Path)
}

func (from *Saved) update() (int, error) {
	n, err := strconv.Atoi(from.State.Meta[metaUpdate])
	if err != nil {
		return 0, fmt.Errorf("its update is %q, not a number", from.State.Meta[metaUpdate])
	}
	return n, nil
}

// due reports whether the evaluation of its update was interrupted.
func (from *Saved) due() bool { return from.State.Meta[metaDue] != "" }

// check makes sure that the run in the folder can be resumed: from a checkpoint of the same run, or from the
// beginning without losing results.
func (r *runner) check(from *Saved) error {
	if from != nil {
		return r.run.SameRun(from)
	}
	if r.run.Result != "" && exists(r.folder.File(r.run.Result)) {
		return Usagef("%s holds the results of a complete run, but no checkpoint: it is not started again over them; restore its checkpoints or choose another --out", r.folder)
	}
	lines, err := record.ReadJSONL(r.folder.Metrics())
	if err != nil {
		return err
	}
	if n := len(lines); n > 0 && lines[n-1].Update > r.mayLose() {
		return Usagef("%s has records up to update %d, but no checkpoint: it is not started again over them; restore its checkpoints or choose another --out",
			r.folder, lines[n-1].Update)
	}
	return nil
}

// mayLose is the update up to which a run without a checkpoint may be restarted, because it repeats these records.
func (r *runner) mayLose() int {
	if !exists(filepath.Dir(r.folder.checkpoint())) {
		return 0 // the folder was deleted, and its content is unknown
	}
	return r.run.Schedule.firstCheckpoint()
}

// complete reports whether a run has nothing left to do. The last step may exceed the number of updates.
func (r *runner) complete(from *Saved) (bool, error) {
	if from == nil || from.due() || r.run.Result != "" && !exists(r.folder.File(r.run.Result)) {
		return false, nil
	}
	update, err := from.Update()
	if err != nil || update < r.run.Schedule.Updates {
		return false, err
	}
	r.options.Say("the run in %s is complete", r.folder)
	return true, nil
}

// latest returns the newest valid checkpoint, or nil if there was never one. It moves a damaged one aside, so
// that the valid one before it remains the previous one.
func (r *runner) latest() (*Saved, error) {
	from, damage, err := r.folder.Latest()
	if err == nil && from != nil && from.State.Resaved {
		r.options.Say("%s", from.Warning())
	}
	if err != nil || damage == nil {
		return from, err
	}
	if errors.Is(damage, fs.ErrNotExist) {
		r.options.Say("WARNING: %v; the previous checkpoint is used", damage)
		return from, nil
	}
	if !errors.Is(damage, checkpoint.ErrCorrupt) {
		return nil, damage // a read error does not mean that the file is damaged
	}
	path := r.folder.checkpoint()
	if err := os.Rename(path, path+".corrupt"); err != nil {
		return nil, fmt.Errorf("a corrupt checkpoint cannot be put aside: %w", err)
	}
	r.options.Say("WARNING: %v; it is put aside as %s.corrupt, and the previous checkpoint is used", damage, path)
	return from, nil
}

// Latest returns the newest valid checkpoint of a folder, nil if there was never one, and the damage of a newer
// one.
func (f Folder) Latest() (from *Saved, damage, err error) {
	path := f.checkpoint()
	s, damage := checkpoint.Read(path)
	switch {
	case damage == nil:
		return &Saved{path, s}, nil, nil
	case errors.Is(damage, checkpoint.ErrLayout):
		return nil, nil, Usage(damage)
	}
	prev := path + checkpoint.PrevSuffix
	s, err = checkpoint.Read(prev)
	switch {
	case err == nil:
		return &Saved{prev, s}, damage, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%w; the previous one does not help: %w", damage, err)
	case errors.Is(damage, fs.ErrNotExist):
		return nil, nil, nil
	}
	return nil, nil, fmt.Errorf("%w; there is no previous checkpoint", damage)
}

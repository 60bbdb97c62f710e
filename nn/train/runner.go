package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// runner is one process that trains in a folder.
type runner struct {
	run     *Run
	options Options
	folder  Folder
	place   fs.FileInfo // of the folder when the run began to write into it
	lock    *lock       // of the folder

	job     Job
	gauged  bool // the job's device has gauges
	records *records
	status  Status
	saved   int   // update of the last checkpoint, -1: none
	due     bool  // the evaluation after the last step has not been made
	lost    error // why the last checkpoint could not be written
}

// openJob opens the job, and checks whether its device has gauges.
func (r *runner) openJob() error {
	job, err := r.run.Open(r.options)
	if err != nil {
		return err
	}
	r.job = job
	if d := job.Device(); d.Backend != "" {
		_, err := kernels.ReadGauges(d.Backend, d.Options.Device)
		if r.gauged = err == nil; !r.gauged && !errors.Is(err, kernels.ErrNoGauges) {
			r.options.Say("%v", err)
		}
	}
	if r.options.Profile {
		return r.job.WriteProfile(io.Discard) // a job that cannot measure fails now, not after hours
	}
	return nil
}

// train runs from a checkpoint, or from the start if there is none, to the results.
func (r *runner) train(ctx context.Context, from *Saved) (result Result, err error) {
	result.Folder, result.Resume = r.folder, r.run.ResumeCommand(r.folder)
	if err := r.open(from); err != nil {
		if full := (*disk.FullError)(nil); errors.As(err, &full) {
			err = r.advise(err)
		}
		return result, err
	}
	err = r.learn(ctx)
	if err == nil {
		err = r.finish(ctx)
	}
	abandoned := errors.Is(err, ErrAbandoned)
	switch {
	case r.lost != nil:
		err = r.lost // an interrupted run whose state could not be saved has failed
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		result.Interrupted, err = true, nil
	}
	if result.Interrupted && abandoned {
		r.options.Say("the running step takes too long to wait for and is not kept: the run goes on from %s", r.kept())
	}
	if r.options.Profile {
		err = errors.Join(err, r.writeProfile())
	}
	return result, r.advise(err)
}

// advise adds to an error what the user can do. A resumed run has the same bits, so it would have the same NaN
// again.
func (r *runner) advise(err error) error {
	var again *Repeated
	var full *disk.FullError
	path := r.folder.checkpoint()
	kept := r.saved >= 0 && (exists(path) || exists(path+checkpoint.PrevSuffix))
	switch {
	case err == nil:
		return nil
	case r.displaced():
		return fmt.Errorf("%w; %s was moved or deleted while the run wrote into it: where it was moved to, `%s` goes on with it",
			err, r.folder, r.run.ResumeCommand("ITS-NEW-PLACE"))
	case errors.As(err, &again) && kept:
		return fmt.Errorf("%w; resuming would end here again: start a new run with the changed setting (the checkpoint of update %d is kept)", err, r.saved)
	case errors.As(err, &again):
		return fmt.Errorf("%w; resuming would end here again: start a new run with the changed setting", err)
	case kept:
		return fmt.Errorf("%w; the checkpoint of update %d is kept, `%s` goes on from it", err, r.saved, r.run.ResumeCommand(r.folder))
	case errors.As(err, &full) && exists(r.folder.config()):
		return fmt.Errorf("%w; make room, then `%s` begins the run again", err, r.run.ResumeCommand(r.folder))
	}
	return err
}

// kept names what a resumed run goes on from.
func (r *runner) kept() string {
	if r.saved < 0 {
		return "the beginning"
	}
	return fmt.Sprintf("update %d", r.saved)
}

// displaced reports whether the folder's path no longer leads to the folder that the run writes into.
func (r *runner) displaced() bool {
	if r.place == nil {
		return false
	}
	now, err := os.Stat(string(r.folder))
	return err != nil || !os.SameFile(now, r.place)
}

// open restores a checkpoint, if there is one, and opens the records at its update.
func (r *runner) open(from *Saved) (err error) {
	if r.place, err = os.Stat(string(r.folder)); err != nil {
		return err
	}
	if from != nil {
		if err := r.restore(from); err != nil {
			return fmt.Errorf("%s: %w", from.Path, err)
		}
	}
	if err := r.folder.addVersions(r.job.Device(), r.saved); err != nil {
		return err
	}
	if r.records, err = openRecords(r.folder, r.saved); err != nil {
		return err
	}
	lines, err := record.ReadJSONL(r.folder.Metrics())
	if err != nil {
		return err
	}
	r.status = Status{Update: r.job.Update(), Updates: r.run.Schedule.Updates}
	for _, line := range lines {
		r.headline(line)
	}
	return nil
}

func (r *runner) restore(from *Saved) error {
	update, err := from.update()
	if err != nil {
		return err
	}
	if err := r.job.Restore(from.State); err != nil {
		return err
	}
	if r.job.Update() != update {
		return fmt.Errorf("it is of update %d, and restored to update %d", update, r.job.Update())
	}
	r.saved, r.due = update, from.due()
	return nil
}

// learn trains to the last update. It first evaluates the untrained job, as the first point of the learning
// curve.
func (r *runner) learn(ctx context.Context) error {
	if r.due {
		if err := r.catchUp(ctx); err != nil {
			return err
		}
	}
	if r.job.Update() >= r.run.Schedule.Updates {
		return nil
	}
	if r.saved < 0 {
		if err := r.job.WarmUp(ctx); err != nil {
			return err
		}
		if err := r.evaluate(ctx); err != nil {
			return err
		}
	}
	return Loop(ctx, r.run.Schedule, r.job, Hooks{
		Log:        r.log,
		Snapshot:   r.snapshot,
		Evaluate:   func() error { return r.evaluateStep(ctx) },
		Checkpoint: r.checkpoint,
		Stopping:   r.job.Stopping,
	})
}

// snapshot keeps the files of the job's present state.
func (r *runner) snapshot() error {
	files, err := r.job.Snapshot()
	if err != nil {
		return err
	}
	return r.keepFiles(files)
}

// log records the metrics of the last updates.
func (r *runner) log() error {
	scalars, err := r.job.Scalars()
	if err != nil {
		return err
	}
	r.status.Update = r.job.Update()
	if err := r.write(Record{"train", scalars}); err != nil {
		return err
	}
	if err := r.records.time(r.job.Update(), r.gauges()); err != nil {
		return err
	}
	r.report()
	return nil
}

func (r *runner) write(x Record) error {
	line := record.Line{Update: r.job.Update(), Kind: x.Kind, Values: map[string]float64{}}
	for _, s := range x.Scalars {
		line.Values[s.Name] = s.Value
	}
	r.headline(line)
	return r.records.write(r.job.Update(), x)
}

// headline stores the headline of the last record that has one.
func (r *runner) headline(line record.Line) {
	if text := r.job.Headline(line); text != "" {
		if line.Update == 0 { // shown until the first evaluation, or to the end without one
			text += " at the start"
		}
		r.status.Headline = text
	}
}

// gauges reads the gauges of the device, if it has any, for the records and the progress line.
func (r *runner) gauges() []record.Scalar {
	if !r.gauged {
		return nil
	}
	d := r.job.Device()
	g, err := kernels.ReadGauges(d.Backend, d.Options.Device)
	if err != nil { // a failed reading does not stop the run
		return nil
	}
	r.status.Device = g.String()
	return []record.Scalar{
		{Name: "device_utilisation", Value: g.Utilisation}, {Name: "device_memory_used_bytes", Value: float64(g.MemoryUsed)},
		{Name: "device_memory_total_bytes", Value: float64(g.MemoryTotal)},
	}
}

func (r *runner) report() {
	if r.options.Progress != nil {
		r.options.Progress(r.status)
	}
}

func (r *runner) checkpoint() error {
	r.lost = r.keep()
	return r.lost
}

// keep saves a checkpoint. It syncs the records first, so that a checkpoint is never ahead of them.
func (r *runner) keep() error {
	update := r.job.Update()
	if update == r.saved && !r.displaced() {
		return nil // interrupted right after a checkpoint that was due
	}
	if r.displaced() { // a folder that has taken its name is another's
		return errors.New("no further checkpoint can be written")
	}
	if r.lock.stolen() { // by a process that goes on with the run
		return fmt.Errorf("another process has taken %s, so this one stops", r.folder)
	}
	if err := r.records.sync(); err != nil {
		return err
	}
	s, err := r.run.state(r.job)
	if err != nil {
		return err
	}
	if r.due {
		s.Meta[metaDue] = "evaluation"
	}
	if err := checkpoint.Write(r.folder.checkpoint(), s); err != nil {
		return err
	}
	r.saved = update
	r.draw()
	return nil
}

// draw writes the learning curve; if that fails, training continues without it.
func (r *runner) draw() {
	lines, err := record.ReadJSONL(r.folder.Metrics())
	if err == nil {
		if panels := r.job.Curve(lines); len(panels) > 0 {
			err = record.Curve(r.folder.Curve(), panels)
		}
	}
	if err != nil {
		r.options.Say("WARNING: the learning curve cannot be drawn: %v", err)
	}
}

// finish writes the results. The file that makes the run complete is the last one.
func (r *runner) finish(ctx context.Context) error {
	files, err := r.job.Finish(ctx)
	if err != nil {
		return err
	}
	if want := r.run.Result; want != "" && (len(files) == 0 || files[len(files)-1].Name != want) {
		return fmt.Errorf("train: the last file of the job's results is not %q, which makes the run complete", want)
	}
	if r.displaced() {
		return errors.New("the results cannot be written")
	}
	r.draw()
	if err := r.keepFiles(files); err != nil || r.run.Spare == nil {
		return err
	}
	s, err := r.run.state(r.job)
	if err == nil {
		r.spare(s)
	}
	return err
}

// spare writes the state of a complete run without what only training needs, twice, so that the previous checkpoint is small, too.
func (r *runner) spare(s *checkpoint.State) {
	if r.run.Spare == nil || s.Resaved || !r.run.Spare(s) {
		return
	}
	for range 2 {
		if err := checkpoint.Write(r.folder.checkpoint(), s); err != nil {
			r.options.Say("WARNING: the checkpoints of the complete run stay as large as they are: %v", err)
			return
		}
	}
}

// writeProfile writes the profile of the job.
func (r *runner) writeProfile() error {
	var text bytes.Buffer
	if err := r.job.WriteProfile(&text); err != nil {
		return err
	}
	return disk.Write(r.folder.profile(), text.Bytes())
}

func (r *runner) close() error {
	var errs []error
	if r.records != nil {
		errs = append(errs, r.records.close())
	}
	if r.job != nil {
		errs = append(errs, r.job.Close())
	}
	if r.lock != nil {
		errs = append(errs, r.lock.release())
	}
	return errors.Join(errs...)
}

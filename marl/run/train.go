package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
)

// Options of Train that do not change any number.
type Options struct {
	Out      string       // folder of a new run; "": the next free runs/SCENARIO-SEED-N
	Profile  bool         // measure every op and write the profile into the run folder
	Debug    bool         // check the results of every op, on a device
	Progress func(Status) // called now and then; nil: never
	Notice   func(string) // one sentence for the user, such as where the run is; nil: dropped
}

// Status is how far a run is.
type Status struct {
	Update, Updates int
	Completion      float64 // of the last evaluation, greedy policy; NaN before the first
	Device          string  // what the device's gauges say, "" where it has none
}

// Result of Train.
type Result struct {
	Folder      Folder
	Interrupted bool   // by the context
	Resume      string // the command that goes on
	Table       *Table // final comparison; nil when interrupted
}

// Train makes a new run folder and trains in it. The folder comes last, so that
// what cannot be trained leaves none.
func Train(ctx context.Context, c *Config, o Options) (result Result, err error) {
	r := &runner{config: c, options: o, saved: -1}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.build(); err != nil {
		return Result{}, err
	}
	if r.folder, err = create(o.Out, c); err != nil {
		return Result{}, err
	}
	if r.release, err = r.folder.acquire(r.notice); err != nil {
		return Result{}, err
	}
	if err := r.folder.begin(c); err != nil {
		return Result{}, err
	}
	r.notice("training in %s", r.folder)
	return r.train(ctx, nil)
}

// runner is one process that trains in a folder.
type runner struct {
	config  *Config
	began   *Config // as the folder has it, nil for a new run
	folder  Folder
	options Options

	backend kernels.Backend
	trainer *marl.Trainer
	release func() error // of the folder's lock
	gauged  bool         // the backend's device has gauges
	records *records
	status  Status
	saved   int   // update of the last checkpoint, -1: none
	lost    error // why the last checkpoint could not be written
}

func (r *runner) notice(format string, args ...any) {
	if r.options.Notice != nil {
		r.options.Notice(fmt.Sprintf(format, args...))
	}
}

// train goes on from a checkpoint, or starts if there is none, to the final table.
func (r *runner) train(ctx context.Context, from *resumed) (result Result, err error) {
	result.Folder, result.Resume = r.folder, r.resumeCommand()
	if err := r.open(from); err != nil {
		return result, err
	}
	err = r.learn(ctx)
	if err == nil {
		result.Table, err = r.finish(ctx)
	}
	switch {
	case r.lost != nil:
		err = r.lost // an interrupted run whose state could not be kept is no success
	case errors.Is(err, marl.ErrInterrupted), errors.Is(err, context.Canceled):
		result.Interrupted, err = true, nil
	}
	if r.options.Profile {
		err = errors.Join(err, r.folder.writeProfile(r.trainer))
	}
	return result, r.advise(err)
}

// advise adds what the user can do. A resumed run is the same to the bit, so it
// would meet the same NaN again.
func (r *runner) advise(err error) error {
	var bad *marl.NonFiniteError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad) && r.saved >= 0:
		return fmt.Errorf("%w; resuming would end here again: start a new run with the changed setting (the checkpoint of update %d is kept)", err, r.saved)
	case errors.As(err, &bad):
		return fmt.Errorf("%w; resuming would end here again: start a new run with the changed setting", err)
	case r.saved >= 0:
		return fmt.Errorf("%w; the checkpoint of update %d is kept, `%s` goes on from it", err, r.saved, r.resumeCommand())
	}
	return err
}

// build makes worlds, backend and trainer.
func (r *runner) build() error {
	c := &r.config.Train
	worlds, err := sim.New(r.config.Scenario, c.Worlds, marl.Split(r.config.Seed, marl.StreamWorld))
	if err != nil {
		return err
	}
	worlds.SetThreads(threads(c.Threads))
	worlds.RecordTasks(false) // training reads rewards; evaluation has worlds of its own
	r.notice("%d worlds of %d IEDs take %.3g MB on the engine %s", c.Worlds, worlds.A, float64(sim.Bytes(r.config.Scenario, c.Worlds))/1e6, worlds.Engine())
	if r.backend, err = openBackend(c, r.options.Profile, r.options.Debug); err != nil {
		return err
	}
	if r.trainer, err = marl.Plan(*c, marl.OffloadingFor(c, worlds), r.backend, r.config.Seed); err != nil {
		return usage(err)
	}
	played := sim.DefaultWorlds(max(c.EvalEpisodes, r.config.TableEpisodes))
	evaluation, err := r.trainer.EvaluationMemory(r.backend, played*worlds.A)
	if err != nil {
		return err
	}
	memory := r.trainer.Memory()
	memory.Parts = append(memory.Parts, evaluation)
	r.notice("the run takes %s on the backend %s", memory, r.backend.Name())
	if where := whoPlays(r.trainer.Worlds()); where != "" {
		r.notice("%s", where)
	}
	if err := memory.Fit(free(r.backend)); err != nil {
		return usage(err)
	}
	_, err = kernels.ReadGauges(r.backend.Name(), c.Device)
	if r.gauged = err == nil; !r.gauged && !errors.Is(err, kernels.ErrNoGauges) {
		r.notice("%v", err)
	}
	if err := r.trainer.Open(); err != nil || !r.options.Profile {
		return err
	}
	return r.trainer.WriteProfile(io.Discard) // a backend that cannot measure says so now, not after hours
}

// whoPlays says whether the worlds are on the device; "" where there is none.
func whoPlays(s kernels.Stay) string {
	switch {
	case s.Device:
		return "the device plays the worlds: the slots of a rollout are one graph"
	case s.Why != "":
		return "the host plays the worlds, slot by slot between graphs of the device: " + s.Why
	}
	return ""
}

// free is the memory in bytes that the backend can still give; 0 if that is not known.
func free(b kernels.Backend) int64 {
	if l, ok := b.(kernels.Limited); ok {
		return l.FreeMemory()
	}
	return freeMemory()
}

// open restores a checkpoint, if there is one, and opens the records at its update.
func (r *runner) open(from *resumed) (err error) {
	if from != nil {
		if err := r.trainer.Restore(from.state); err != nil {
			return fmt.Errorf("%s: %w", from.path, err)
		}
		r.saved = r.trainer.Update()
	}
	if err := r.folder.addVersions(r.config, r.backend.Name(), r.saved); err != nil {
		return err
	}
	if r.records, err = openRecords(r.folder, r.saved); err != nil {
		return err
	}
	r.status = Status{Update: r.trainer.Update(), Updates: r.config.Train.Updates, Completion: r.records.completion}
	return nil
}

// openBackend opens the backend of the configuration; profile and debug are of the process alone.
func openBackend(c *marl.Config, profile, debug bool) (kernels.Backend, error) {
	o := backendOptions(c)
	o.Profile, o.Debug = profile, debug
	b, err := kernels.Open(c.Backend, o)
	if err != nil {
		return nil, usagef("%s: %w", backendSettings(c), err)
	}
	return b, nil
}

func backendOptions(c *marl.Config) kernels.Options {
	return kernels.Options{Threads: c.Threads, ISA: c.ISA, Device: c.Device, Precision: c.Precision}
}

// backendSettings names what was asked for.
func backendSettings(c *marl.Config) string {
	text := fmt.Sprintf("train.backend %q", c.Backend)
	for _, s := range []struct{ name, value string }{{"isa", c.ISA}, {"device", c.Device}, {"precision", c.Precision}} {
		if s.value != "" && s.value != kernels.FP32 {
			text += fmt.Sprintf(", train.%s %q", s.name, s.value)
		}
	}
	return text
}

// threads gives the setting 0 its meaning.
func threads(n int) int {
	if n == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// learn trains to the last update; an untrained policy is evaluated first, as the
// learning curve's origin.
func (r *runner) learn(ctx context.Context) error {
	if r.trainer.Update() >= r.config.Train.Updates {
		return nil
	}
	if err := r.trainer.WarmUp(ctx); err != nil {
		return err
	}
	if r.saved < 0 {
		if err := r.evaluate(ctx, 0); err != nil {
			return err
		}
	}
	evaluate := func(update int) error { return r.evaluate(context.Background(), update) } // its iteration is finished and kept
	return r.trainer.Run(ctx, marl.Hooks{Metrics: r.metrics, Evaluate: evaluate, Checkpoint: r.checkpoint})
}

func (r *runner) metrics(m marl.Metrics) error {
	r.status.Update = m.Update
	if err := r.records.metrics(m, r.gauges()); err != nil {
		return err
	}
	r.report()
	return nil
}

// gauges reads the device's, for the records and the line of progress; none where it has none.
func (r *runner) gauges() []record.Scalar {
	if !r.gauged {
		return nil
	}
	g, err := kernels.ReadGauges(r.backend.Name(), r.config.Train.Device)
	if err != nil { // gauges that fail stop no run
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

// keep makes the records safe first: a checkpoint never knows more than they do.
func (r *runner) keep() error {
	update := r.trainer.Update()
	if update == r.saved {
		return nil // interrupted right after a checkpoint that was due
	}
	if err := r.records.sync(); err != nil {
		return err
	}
	if err := save(r.folder, r.config, r.trainer); err != nil {
		return err
	}
	r.saved = update
	r.draw(nil)
	return nil
}

func (r *runner) close() error {
	var errs []error
	if r.records != nil {
		errs = append(errs, r.records.close())
	}
	if r.trainer != nil {
		errs = append(errs, r.trainer.Close())
	}
	if r.backend != nil {
		errs = append(errs, r.backend.Close())
	}
	if r.release != nil {
		errs = append(errs, r.release())
	}
	return errors.Join(errs...)
}

// writeProfile says where the time of the Programs went.
func (f Folder) writeProfile(t *marl.Trainer) error {
	var text bytes.Buffer
	if err := t.WriteProfile(&text); err != nil {
		return err
	}
	return record.WriteFile(f.profile(), text.Bytes())
}

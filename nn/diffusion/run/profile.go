package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
)

// ProfileOptions say what to measure of the network of a run.
type ProfileOptions struct {
	Batches  []int    // samples of a call, ascending
	Steps    []int    // of the sampler, ascending
	Samplers []string // calls of the first are timed, the quality is that of all of them; none: that of the run
	Guidance float64
	Repeats  int           // calls of a cell of the table at most
	Length   time.Duration // about the time of all calls together
	Quality  bool          // score samples at each number of steps, too

	Data    string // where the set is now, for Quality; "": where it was
	Threads int    // 0: all cores
	Backend string // "": that of the run
	Device  string // with Backend

	Timed  func(done, total int) // cells of the table
	Scored func(done, total int) // evaluations of the network for one sample
	Notice func(string)

	own *Sample // of the run
}

// DefaultProfile is what `gmel diffusion profile` measures if nothing else is asked for.
func DefaultProfile() ProfileOptions {
	return ProfileOptions{
		Batches: []int{1, 2, 4, 8, 16, 32, 64}, Steps: []int{1, 2, 5, 10, 18, 50, 100},
		Guidance: 1, Repeats: 5, Length: 2 * time.Minute,
	}
}

// Profile is what a model costs on a device, and what its samples are worth. Times are in seconds of the wall clock.
type Profile struct {
	Run        string    `json:"run"`    // folder
	Update     int       `json:"update"` // of the checkpoint
	Model      string    `json:"model"`
	Parameters int       `json:"parameters"`
	Shape      []int     `json:"shape"` // of a sample, channels last
	Classes    []string  `json:"classes"`
	Sampler    string    `json:"sampler"`
	Guidance   float64   `json:"guidance"`
	Machine    Processor `json:"machine"`
	Load       LoadTime  `json:"load"`

	CheckpointBytes int64 `json:"checkpoint_bytes"`
	ParameterBytes  int64 `json:"parameter_bytes"` // those that sampling needs
	ResultBits      int64 `json:"result_bits"`     // of a sample: 8 for each value of a pixel, 32 for any other

	Batches []BatchCost     `json:"batches"`
	Calls   []Call          `json:"calls"` // [len(Batches) * steps], steps of one batch after the other
	Quality *QualityBySteps `json:"quality,omitempty"`
}

// Processor is what the times were measured on.
type Processor struct {
	Backend string `json:"backend"`
	Device  string `json:"device"`
	ISA     string `json:"isa"`
	Threads int    `json:"threads"`
}

// LoadTime is the time until a model that is not in memory has made its first sample.
type LoadTime struct {
	Read  Span `json:"read"`       // the checkpoint, checksum included
	Build Span `json:"build"`      // network, Programs, memory, upload of the parameters
	First Span `json:"first_call"` // one sample with the least number of steps
	Total Span `json:"total"`
}

// TakeProfile measures the latest checkpoint of a run. It writes nothing to its folder.
func TakeProfile(ctx context.Context, dir string, o ProfileOptions) (_ *Profile, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c, _, err := folderConfig(train.Folder(dir))
	if err != nil {
		return nil, err
	}
	if o.own = &c.Sample; len(o.Samplers) == 0 {
		o.Samplers = []string{o.own.Sampler}
	}
	c.noteObjective(o.Samplers[0], o.Notice)
	if err := c.canGuide(o.sample(o.Samplers[0], 1)); err != nil {
		return nil, err
	}
	c.Data.Source = cmp.Or(o.Data, c.Data.Source)
	g, update, err := latest(train.Folder(dir), c, o.Notice)
	if err != nil {
		return nil, err
	}
	c.Train.runsOn(o.Threads, o.Backend, o.Device)
	backend, err := openBackend(&c.Train, false, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	p := &profiler{ProfileOptions: &o, folder: train.Folder(dir), config: c, g: g, backend: backend, began: time.Now()}
	list, err := p.profile(ctx)
	if list != nil {
		list.Update = update
	}
	return list, err
}

// check reports the options that are not allowed.
func (o *ProfileOptions) check() error {
	v := setting.NewChecker("")
	v.Require(len(o.Batches) > 0 && ascends(o.Batches, 1, 4096), "batches", o.Batches, "whole numbers from 1 to 4096, ascending")
	v.Require(len(o.Steps) > 0 && ascends(o.Steps, 1, mostSteps), "steps", o.Steps, "whole numbers from 1 to 10000, ascending")
	v.Count("repeats", o.Repeats, 1, 1000)
	v.Require(o.Length > 0 && o.Length <= 24*time.Hour, "seconds", o.Length.Seconds(), "above 0, up to 86400")
	for _, name := range o.Samplers {
		(&Sample{Sampler: name, Steps: 1, Count: 1, Guidance: o.Guidance}).Check(v)
	}
	return train.Usage(v.Err())
}

func ascends(list []int, least, most int) bool {
	for i, n := range list {
		if n < least || n > most || i > 0 && n <= list[i-1] {
			return false
		}
	}
	return true
}

func (o *ProfileOptions) sample(name string, steps int) *Sample {
	return drawnBy(o.own, name, steps, o.Guidance)
}

// profiler measures a run.
type profiler struct {
	*ProfileOptions
	folder  train.Folder
	config  *Config
	g       *generator
	backend kernels.Backend
	began   time.Time
	done    int // cells of the table
}

func (p *profiler) profile(ctx context.Context) (*Profile, error) {
	info, err := os.Stat(p.g.from)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint: %w", err)
	}
	var set *parts
	if p.Quality { // before minutes of measuring
		if set, err = p.g.setAgain(p.config, 1); err != nil {
			return nil, err
		}
	}
	list := &Profile{
		Run: string(p.folder), Model: p.config.Model.Size, Parameters: p.g.model.Count(), Shape: p.g.data.Shape, Classes: p.g.data.Classes,
		Sampler: p.Samplers[0], Guidance: p.Guidance, Machine: processor(p.backend, &p.config.Train),
		CheckpointBytes: info.Size(), ParameterBytes: 4 * int64(len(p.g.flat)), ResultBits: p.g.data.valueBits(),
	}
	for _, n := range list.Shape {
		list.ResultBits *= int64(n)
	}
	if err := p.times(ctx, list); err != nil {
		return nil, err
	}
	if p.Quality {
		if list.Quality, err = p.quality(ctx, set); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// valueBits are those of a value of a sample: a byte where the set had bytes, otherwise a float32.
func (d *Description) valueBits() int64 {
	if len(d.Shape) == 3 && !d.Fraction {
		return 8
	}
	return 32
}

func processor(b kernels.Backend, t *Train) Processor {
	x := Processor{Backend: b.Name(), ISA: t.ISA, Threads: t.Threads}
	if info, err := kernels.Describe(b.Name()); err == nil {
		x.Device = info.Device
		if x.ISA == "" {
			x.ISA = info.ISA
		}
		if x.Threads == 0 {
			x.Threads = info.Threads
		}
	}
	return x
}

// times measures loading and all calls. The largest batch comes first: if it does not fit, that is known at once.
func (p *profiler) times(ctx context.Context, list *Profile) (err error) {
	p.Timed(0, p.cells())
	if list.Load, err = p.load(ctx); err != nil {
		return err
	}
	for _, n := range slices.Backward(p.Batches) {
		cost, calls, err := p.batch(ctx, n)
		if err != nil {
			return err
		}
		list.Batches = append(list.Batches, cost)
		list.Calls = append(slices.Clone(calls), list.Calls...)
	}
	slices.Reverse(list.Batches)
	return nil
}

// load measures the way from the file to the first sample, with a file that the system has in its cache.
func (p *profiler) load(ctx context.Context) (LoadTime, error) {
	var read, build, first, total []float64
	end := time.Now().Add(p.share())
	for i := 0; i < p.Repeats && (i == 0 || time.Now().Before(end)); i++ {
		if err := ctx.Err(); err != nil {
			return LoadTime{}, err
		}
		clock := newClock()
		g, _, err := latest(p.folder, p.config, func(string) {}) // has told it before
		if err != nil {
			return LoadTime{}, err
		}
		read = append(read, clock.lap())
		s, _, err := p.open(g, 1, p.Steps[0])
		if err != nil {
			return LoadTime{}, err
		}
		build = append(build, clock.lap())
		_, err = s.Run(p.request(1))
		first = append(first, clock.lap())
		if err = errors.Join(err, s.Close()); err != nil {
			return LoadTime{}, err
		}
		total = append(total, read[i]+build[i]+first[i])
	}
	return LoadTime{spanOf(read), spanOf(build), spanOf(first), spanOf(total)}, nil
}

// cells is the size of the table.
func (p *profiler) cells() int { return len(p.Batches) * len(p.Steps) }

// share is the time that the next cell of the table may take: what is left, in equal parts.
func (p *profiler) share() time.Duration {
	return max(0, p.Length-time.Since(p.began)) / time.Duration(max(1, p.cells()-p.done))
}

// open makes the sampler that is timed, and tells its evaluations.
func (p *profiler) open(g *generator, batch, steps int) (*sample.Sampler, int, error) {
	of := p.sample(p.Samplers[0], steps)
	plan, err := g.plan(of)
	if err != nil {
		return nil, 0, err
	}
	s, err := g.sampler(p.backend, of, plan, batch, 1)
	return s, len(plan), err
}

func (p *profiler) request(batch int) sample.Request {
	r := sample.Request{}
	for i := range batch {
		r.Classes = append(r.Classes, float32(i%len(p.g.data.Classes)))
	}
	return r
}

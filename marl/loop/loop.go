package loop

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/dataset"
	diffusionrun "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Options do not change any number.
type Options struct {
	Out       string // folder, new or of a loop that goes on
	Threads   int    // 0: all cores
	Backend   string // "": auto
	Device    string // of the backend
	StealLock bool   // see train.Options

	Progress func(done, total int) // stages; nil: none
	Notice   func(string)          // one sentence for the user; nil: dropped
}

// loop is one process of a loop.
type loop struct {
	config    *Config
	options   Options
	threads   int
	out       train.Folder
	backend   kernels.Backend
	generator *diffusionrun.Config // of the network
	scenario  *sim.Scenario
	steps     []int // that a sample may have, ascending

	set            *dataset.Set
	trained, apart []int
	stations       []station // of the present seed
	baseOf, bases  []int     // base of each IED, and station of each base
	done, total    int       // stages
}

// Run makes what is missing in the folder and returns the report. If ctx ends first, the error is train.ErrInterrupted or that of ctx, and
// the same call goes on.
func Run(ctx context.Context, c *Config, o Options) (_ *Report, err error) {
	l := &loop{config: c, options: o, threads: cores(o.Threads), out: train.Folder(o.Out)}
	if l.scenario, err = c.World.scenario(); err != nil {
		return nil, err
	}
	if l.steps, err = c.Generator.steps(l.scenario); err != nil {
		return nil, err
	}
	l.baseOf, l.bases = bases(l.scenario.IEDs, l.scenario.Servers, c.Stations.Base)
	parts, err := c.Data.Images()
	if err != nil {
		return nil, err
	}
	l.set, l.trained, l.apart = parts.Set, parts.Trained, parts.HeldOut
	l.generator = diffusionrun.Default()
	l.generator.Data, l.generator.Model.Size, l.generator.Train.Dropout = c.Data, c.Generator.Model, c.Generator.Dropout
	if _, err := c.Stations.deal(l.set, l.trained, l.scenario.Servers, c.Seed); err != nil { // before a folder is made
		return nil, err
	}
	release, err := l.begin(parts.SHA256)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if l.backend, err = kernels.Open(orAuto(o.Backend), kernels.Options{Threads: o.Threads, Device: o.Device}); err != nil {
		return nil, train.Usagef("--backend %s: %w", orAuto(o.Backend), err)
	}
	defer func() { err = errors.Join(err, l.backend.Close()) }()
	l.total = c.Seeds * l.stagesOfSeed()
	var seeds []*seedResult
	for i := range c.Seeds {
		s, err := l.seed(ctx, c.Seed+uint64(i))
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, s)
	}
	return l.report(seeds)
}

// scenario is the scenario that is played.
func (w *World) scenario() (*sim.Scenario, error) {
	s, err := run.LoadScenario(w.Scenario, setting.Origin{})
	if err != nil {
		return nil, err
	}
	if w.IEDs > 0 {
		s.IEDs = w.IEDs
	}
	s.NormaliseShares()
	if err := s.Validate(); err != nil {
		return nil, train.Usage(err)
	}
	if s.Tasks.Arrivals.Queue > 0 {
		return nil, train.Usagef("world.scenario: in %s tasks wait in a queue of %d at their IED, and the loop has no place for tasks that are lost there; allowed: tasks.arrivals.queue 0", w.Scenario, s.Tasks.Arrivals.Queue)
	}
	return s, nil
}

// finish reports the end of a stage.
func (l *loop) finish() {
	l.done++
	if l.options.Progress != nil {
		l.options.Progress(l.done, l.total)
	}
}

package marl

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
)

// Run calls Hooks at the configured intervals and at the end; it skips nil ones.
type Hooks struct {
	Metrics    func(Metrics) error
	Evaluate   func() error
	Checkpoint func() error
}

// Trainer is one training run.
type Trainer struct {
	cfg       Config
	env       Env
	algorithm Algorithm
	shop      *Workshop
	learner   Learner

	backend   kernels.Backend
	group     Group             // nil: the trainer is alone
	residency kernels.Residency // where the worlds are played
	scratch   int64             // bytes of device memory for launches of the Programs, besides the arena
	session   *machine.Session
	programs

	update int // updates done
	slots  int // slots played in every world
	warm   bool

	sums []float32

	playing, learning pace // of slots and of updates
}

// NewTrainer prepares a run: programs, arena, parameters. The caller still owns env and backend.
func NewTrainer(cfg Config, env Env, backend kernels.Backend, seed uint64) (*Trainer, error) {
	t, err := Plan(cfg, env, backend, seed)
	if err != nil {
		return nil, err
	}
	if err := t.Open(); err != nil {
		return nil, err
	}
	return t, nil
}

// Plan is NewTrainer without memory: Memory says how much Open will allocate. No other method may be
// called before Open.
func Plan(cfg Config, env Env, backend kernels.Backend, seed uint64) (t *Trainer, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	slice, err := cfg.slice(env)
	if err != nil {
		return nil, err
	}
	n, err := cfg.inTurns(sizesOf(env))
	if err != nil {
		return nil, err
	}
	if err := cfg.checkProducts(n); err != nil {
		return nil, err
	}
	algorithm, err := AlgorithmOf(cfg.Algo)
	if err != nil {
		return nil, err
	}
	t = &Trainer{cfg: cfg, env: env, algorithm: algorithm, backend: backend}
	t.shop = NewWorkshop(&t.cfg, n, seed)
	t.shop.slice = slice
	if e, ok := env.(Located); ok {
		t.shop.ServerPositions = e.ServerPositions()
	}
	if err = t.shop.appraised(env); err != nil {
		return nil, err
	}
	if t.learner, err = algorithm.Build(t.shop); err != nil {
		return nil, err
	}
	t.sums = make([]float32, t.shop.Statistics.sums.Len())
	game := environment(env)
	t.residency = kernels.ResidencyOf(backend, game)
	if err := t.build(game); err != nil {
		return nil, fmt.Errorf("marl: building the programs: %w", err)
	}
	if err := t.measureScratch(); err != nil {
		return nil, fmt.Errorf("marl: planning the memory: %w", err)
	}
	return t, nil
}

// Join makes a planned run one rank of a group; it is called before Open. All ranks have the same configuration and seed, the same
// methods are called on them, and a rank has the worlds of Config.SliceOf, or all of them. It plays its worlds and runs its share of
// each update, so all ranks end with the bits of a trainer that is alone.
func (t *Trainer) Join(group Group) { t.group = group }

// Open allocates the memory of a planned run.
func (t *Trainer) Open() error {
	if err := t.checkSlice(); err != nil {
		return err
	}
	if err := t.open(); err != nil {
		return err
	}
	if err := t.show(); err != nil {
		return errors.Join(err, t.Close())
	}
	return nil
}

// Update returns the number of updates done.
func (t *Trainer) Update() int { return t.update }

// Close frees the arena.
func (t *Trainer) Close() error {
	if t.session == nil {
		return nil
	}
	return t.session.Close()
}

// Run trains until cfg.Updates, step by step, and calls the hooks that are due. If ctx is cancelled, it
// finishes and saves the running step and returns train.ErrInterrupted.
func (t *Trainer) Run(ctx context.Context, h Hooks) error {
	if err := t.WarmUp(ctx); err != nil {
		return err
	}
	return train.Loop(ctx, t.cfg.Schedule(), t, train.Hooks{
		Log: func() error {
			m, err := t.Report()
			if err != nil || h.Metrics == nil {
				return err
			}
			return h.Metrics(m)
		},
		Evaluate: h.Evaluate, Checkpoint: h.Checkpoint,
	})
}

// Schedule is the length of a run and its intervals.
func (c *Config) Schedule() train.Schedule {
	return train.Schedule{
		Updates: c.Updates, PerStep: c.UpdatesAtOnce(),
		LogEvery: c.LogEvery, EvaluateEvery: c.EvalEvery, CheckpointEvery: c.CheckpointEvery,
	}
}

// Step is one iteration: rollout and updates. It returns an error for numbers that are not finite, before
// anything of the iteration is saved.
func (t *Trainer) Step(ctx context.Context) error {
	if err := t.playing.inParts(ctx, t.cfg.SlotsPerIteration, t.rollout); err != nil {
		return err
	}
	if err := t.gather(); err != nil {
		return err
	}
	if err := t.Prepare(); err != nil {
		return err
	}
	if err := t.learning.inParts(ctx, t.cfg.UpdatesAtOnce(), t.Repeat); err != nil {
		return err
	}
	return t.checkFinite()
}

// WarmUp plays WarmupSlots slots, and measures the moments of the observations that normalise all later
// ones. Run calls it if it has not been done. If ctx is cancelled, nothing is saved.
func (t *Trainer) WarmUp(ctx context.Context) error {
	if t.warm || t.update > 0 { // a resumed run has updates
		return nil
	}
	for t.slots < t.cfg.WarmupSlots {
		if ctx.Err() != nil {
			return train.ErrInterrupted
		}
		if err := t.rollout(1); err != nil {
			return err
		}
	}
	if err := t.gather(); err != nil {
		return err
	}
	t.warm = true
	if err := t.normalise(); err != nil {
		return err
	}
	return t.learner.WarmedUp(t.session)
}

// Iterate is a whole iteration, rollout and updates, without metrics and reports.
func (t *Trainer) Iterate() error {
	if err := t.Rollout(); err != nil {
		return err
	}
	return t.Learn(t.cfg.UpdatesAtOnce())
}

// Learn runs n updates on the transitions in memory, without transfers to the host in between.
func (t *Trainer) Learn(n int) error {
	if err := t.Prepare(); err != nil {
		return err
	}
	return t.Repeat(n)
}

// Prepare does the work that the next updates share.
func (t *Trainer) Prepare() error {
	if err := t.shop.anneal(t.session, t.update); err != nil {
		return err
	}
	return t.session.Run(t.prepare)
}

// Repeat runs n updates after Prepare, and waits for them.
func (t *Trainer) Repeat(n int) error {
	if err := t.session.Repeat(t.programs.update, n); err != nil {
		return err
	}
	t.update += n
	return t.session.Sync()
}

// Report returns the means since the last report and starts new ones.
func (t *Trainer) Report() (Metrics, error) {
	m, err := t.metrics(t.sums)
	if err != nil {
		return m, err
	}
	clear(t.sums)
	return m, t.session.Upload(t.shop.Statistics.sums, t.sums)
}

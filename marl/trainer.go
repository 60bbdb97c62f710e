package marl

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
)

// Hooks are called by Run at the configured intervals and at the end; nil ones are skipped.
type Hooks struct {
	Metrics    func(Metrics) error
	Evaluate   func() error
	Checkpoint func() error
}

// Trainer is one training run.
type Trainer struct {
	cfg     Config
	env     Env
	seed    uint64
	learner *learner

	update int // updates done
	slots  int // slots played in every world
	warm   bool

	sums []float32
}

// NewTrainer prepares a run: programs, arena, parameters. env and backend stay the caller's.
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

// Plan is NewTrainer without memory: Memory tells what Open will allocate, and nothing else may be
// called before Open.
func Plan(cfg Config, env Env, backend kernels.Backend, seed uint64) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	w, _, _, _ := env.Sizes()
	if w != cfg.Worlds {
		return nil, fmt.Errorf("marl: the environment has %d worlds, train.worlds is %d", w, cfg.Worlds)
	}
	t := &Trainer{cfg: cfg, env: env, seed: seed}
	var err error
	if t.learner, err = newLearner(&t.cfg, environment(env), backend, seed); err != nil {
		return nil, err
	}
	t.sums = make([]float32, t.learner.statistic.sums.Len())
	return t, nil
}

// Open allocates the memory of a planned run.
func (t *Trainer) Open() error {
	if err := t.learner.open(); err != nil {
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
	if t.learner.session == nil {
		return nil
	}
	return t.learner.session.Close()
}

// Run trains until cfg.Updates, step by step, and calls the hooks that are due. When ctx is
// cancelled the running step is finished and kept, and train.ErrInterrupted returned.
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

// Step is one iteration: rollout and updates. Numbers that are not finite are an error, before
// anything of the iteration is kept.
func (t *Trainer) Step(context.Context) error {
	if err := t.rollout(t.cfg.SlotsPerIteration); err != nil {
		return err
	}
	if err := t.learn(t.cfg.UpdatesAtOnce()); err != nil {
		return err
	}
	return t.checkFinite()
}

// WarmUp plays until there are WarmupSlots slots to learn from, and measures the observations
// that normalise all later ones. Run does it where it has not been done. When ctx is cancelled
// nothing is kept.
func (t *Trainer) WarmUp(ctx context.Context) error {
	if t.warm || t.update > 0 { // the latter: resumed
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
	t.warm = true
	if err := t.normalise(); err != nil {
		return err
	}
	return t.learner.method.warmed()
}

// learn takes n updates; between them nothing crosses to the host.
func (t *Trainer) learn(n int) error {
	l := t.learner
	if err := l.anneal(t.update); err != nil {
		return err
	}
	if err := l.session.Run(l.prepare); err != nil {
		return err
	}
	if err := l.session.Repeat(l.update, n); err != nil {
		return err
	}
	t.update += n
	return l.session.Sync()
}

// Report returns the means since the last report and starts new ones.
func (t *Trainer) Report() (Metrics, error) {
	m, err := t.metrics(t.sums)
	if err != nil {
		return m, err
	}
	clear(t.sums)
	return m, t.learner.session.Upload(t.learner.statistic.sums, t.sums)
}

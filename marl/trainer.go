package marl

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// ErrInterrupted is what Run returns when its context was cancelled and the run was kept.
var ErrInterrupted = errors.New("marl: training interrupted; the checkpoint continues it")

// Hooks are called by Run at the configured intervals and at the end; nil ones are skipped.
type Hooks struct {
	Metrics    func(Metrics) error
	Evaluate   func(update int) error
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

// Run trains until cfg.Updates, iteration by iteration: rollout, updates, metrics and what
// is due. When ctx is cancelled the running iteration is finished and kept, and
// ErrInterrupted returned. Numbers that are not finite stop the run before anything of the
// bad iteration is kept.
func (t *Trainer) Run(ctx context.Context, h Hooks) error {
	if err := t.WarmUp(ctx); err != nil {
		return err
	}
	for t.update < t.cfg.Updates {
		before := t.update
		if err := t.rollout(t.cfg.SlotsPerIteration); err != nil {
			return err
		}
		if err := t.learn(t.cfg.UpdatesAtOnce()); err != nil {
			return err
		}
		if err := t.checkFinite(); err != nil {
			return err
		}
		if err := t.report(h, before); err != nil {
			return err
		}
		if ctx.Err() != nil && t.update < t.cfg.Updates {
			return errors.Join(t.interrupt(h), ErrInterrupted)
		}
	}
	return nil
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
			return ErrInterrupted
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

// report calls the hooks whose interval the last iteration has crossed. Metrics come first, so
// that their sums are cleared before the state is kept: a resumed run reports the same.
func (t *Trainer) report(h Hooks, before int) error {
	due := func(every int) bool {
		return t.update >= t.cfg.Updates || every > 0 && before/every != t.update/every
	}
	if due(t.cfg.LogEvery) {
		if err := t.reportMetrics(h); err != nil {
			return err
		}
	}
	if h.Evaluate != nil && due(t.cfg.EvalEvery) {
		if err := h.Evaluate(t.update); err != nil {
			return err
		}
	}
	if h.Checkpoint != nil && due(t.cfg.CheckpointEvery) {
		return h.Checkpoint()
	}
	return nil
}

// reportMetrics hands over the means since the last report and starts new ones.
func (t *Trainer) reportMetrics(h Hooks) error {
	m, err := t.metrics(t.sums)
	if err != nil {
		return err
	}
	clear(t.sums)
	if err := t.learner.session.Upload(t.learner.statistic.sums, t.sums); err != nil {
		return err
	}
	if h.Metrics == nil {
		return nil
	}
	return h.Metrics(m)
}

func (t *Trainer) interrupt(h Hooks) error {
	if h.Checkpoint == nil {
		return nil
	}
	return h.Checkpoint()
}

package marl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Rehearse takes n updates on the replay as it is, without rollout, metrics and reports: the work
// of an update alone, for measurements. Where the warm-up is still to be played it comes first.
func (t *Trainer) Rehearse(ctx context.Context, n int) error {
	if err := t.WarmUp(ctx); err != nil {
		return err
	}
	return t.learn(n)
}

// Rollout plays the slots of an iteration and learns nothing, for measurements.
func (t *Trainer) Rollout() error { return t.rollout(t.cfg.SlotsPerIteration) }

// Iterate is a whole iteration, rollout and updates, without metrics and reports.
func (t *Trainer) Iterate() error {
	if err := t.Rollout(); err != nil {
		return err
	}
	return t.learn(t.cfg.UpdatesAtOnce())
}

// Metrics are the means over the updates since the last report.
func (t *Trainer) Metrics() (Metrics, error) {
	if err := t.checkFinite(); err != nil { // reads the sums
		return Metrics{}, err
	}
	return t.metrics(t.sums)
}

// Programs are those of slot, prepare, update and inspect.
func (t *Trainer) Programs() []*kernels.Program { return t.learner.programs() }

// SlotProgram is what one slot of a rollout executes.
func (t *Trainer) SlotProgram() *kernels.Program { return t.learner.slot }

// UpdateProgram is what one update executes.
func (t *Trainer) UpdateProgram() *kernels.Program { return t.learner.update }

// Profile is the time of the ops of one of the trainer's Programs so far, where the backend measures it.
func (t *Trainer) Profile(p *kernels.Program) (kernels.Profile, bool) {
	return t.learner.session.Profile(p)
}

// WriteProfile writes every Program of the run that was measured: its ops, then where their time
// went, with the share of the backend's peak if it knows one.
func (t *Trainer) WriteProfile(w io.Writer) error {
	l, peak := t.learner, 0.0
	if p, ok := l.backend.(kernels.Peaker); ok {
		peak = p.Peak()
	}
	for _, p := range []*kernels.Program{l.slot, l.update} {
		f, ok := l.session.Profile(p)
		if !ok {
			return fmt.Errorf("marl: the backend %s does not measure its ops", l.backend.Name())
		}
		if _, err := fmt.Fprintf(w, "%s\n", p); err != nil {
			return err
		}
		if err := f.Write(w, p, peak/float64(max(1, f.Threads))); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}

// Draws are the random choices of one update.
type Draws struct {
	Rows []float32 // [B] of the replay
	Next []float32 // [B*A] a' of the target policy
}

// Horizon is what the on-policy form learns from: the tables of the last rollout, with advantages and
// returns once Prepare or an update has followed it.
func (t *Trainer) Horizon() (tables []checkpoint.Tensor, err error) {
	own, err := t.onPolicy()
	if err != nil {
		return nil, err
	}
	for _, x := range append(slices.Clone(own.memory.tables), own.horizon.advantage, own.horizon.returns) {
		data := make([]float32, x.Len())
		if err := own.session.Download(data, x); err != nil {
			return nil, err
		}
		tables = append(tables, checkpoint.Tensor{Name: x.Name(), Shape: x.Shape(), Data: data})
	}
	return tables, nil
}

func (t *Trainer) onPolicy() (*onPolicy, error) {
	own, ok := t.learner.method.(*onPolicy)
	if !ok {
		return nil, fmt.Errorf("marl: %s keeps no rollouts", t.cfg.Algo)
	}
	return own, nil
}

// Minibatch returns the rows of the last rollout from which the on-policy form will learn next. Nothing changes.
func (t *Trainer) Minibatch(backend kernels.Backend) (rows []float32, err error) {
	if _, err := t.onPolicy(); err != nil {
		return nil, err
	}
	l := &onPolicy{learner: &learner{cfg: &t.cfg, size: t.learner.size, seed: t.learner.seed, layout: machine.NewLayout()}}
	l.method, l.critic, l.actor = l, t.learner.critic, t.learner.actor
	l.place()
	drawn := l.layout.Add("drawn/rows", l.cfg.minibatch())
	rows = make([]float32, drawn.Len())
	b := machine.NewBuilder("draws", l.layout)
	b.Copy(l.drawShare(b).rows, drawn)
	p, err := b.Build()
	if err != nil {
		return nil, err
	}
	if l.session, err = machine.NewSession(backend, l.layout, p); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.session.Close()) }()
	if err := t.copyTo(l.learner); err != nil {
		return nil, err
	}
	if err := l.session.Run(p); err != nil {
		return nil, err
	}
	return rows, l.session.Download(rows, drawn)
}

// Prepare does what the updates of an iteration share, such as advantages, for measurements.
func (t *Trainer) Prepare() error {
	if err := t.learner.anneal(t.update); err != nil {
		return err
	}
	return t.learner.session.Run(t.learner.prepare)
}

// Repeat takes n updates, without rollout, schedule and reports, and waits for them.
func (t *Trainer) Repeat(n int) error {
	t.update += n
	if err := t.learner.session.Repeat(t.learner.update, n); err != nil {
		return err
	}
	return t.learner.session.Sync()
}

// Draws returns what the next update will draw, so that another implementation can be given the
// same numbers. Nothing changes.
func (t *Trainer) Draws(backend kernels.Backend) (d Draws, err error) {
	if t.cfg.Algo != AlgoAMARL {
		return d, fmt.Errorf("marl: %s draws no minibatches from a replay", t.cfg.Algo)
	}
	l := &offPolicy{learner: &learner{cfg: &t.cfg, size: t.learner.size, seed: t.learner.seed, layout: machine.NewLayout()}}
	l.method, l.critic, l.actor = l, t.learner.critic, t.learner.actor
	l.place()
	rows, next := l.layout.Add("drawn/rows", l.cfg.Batch), l.layout.Add("drawn/next", l.cfg.Batch*l.size.agents)
	b := machine.NewBuilder("draws", l.layout)
	mb := l.sampleMinibatch(b)
	b.Copy(mb.rows, rows)
	_, act := l.nextActions(b, mb)
	b.Copy(act, next)
	p, err := b.Build()
	if err != nil {
		return d, err
	}
	if l.session, err = machine.NewSession(backend, l.layout, p); err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, l.session.Close()) }()
	if err := t.copyTo(l.learner); err != nil {
		return d, err
	}
	if err := l.session.Run(p); err != nil {
		return d, err
	}
	d.Rows, d.Next = make([]float32, rows.Len()), make([]float32, next.Len())
	if err := l.session.Download(d.Rows, rows); err != nil {
		return d, err
	}
	return d, l.session.Download(d.Next, next)
}

// copyTo gives another learner of the same sizes all that this one keeps.
func (t *Trainer) copyTo(l *learner) error {
	for _, x := range t.persistent() {
		to, ok := l.layout.Lookup(x.Name())
		if !ok {
			return errors.New("marl: the other learner has no " + x.Name())
		}
		data := make([]float32, x.Len())
		if err := t.learner.session.Download(data, x); err != nil {
			return err
		}
		if err := l.session.Upload(to, data); err != nil {
			return err
		}
	}
	return nil
}

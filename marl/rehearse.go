package marl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// Rehearse takes n updates on the replay as it is, without rollout, metrics and reports: the work
// of an update alone, for measurements. Where the warm-up is still to be played it comes first.
func (t *Trainer) Rehearse(ctx context.Context, n int) error {
	if err := t.WarmUp(ctx); err != nil {
		return err
	}
	return t.learn(n)
}

// Metrics are the means over the updates since the last report.
func (t *Trainer) Metrics() (Metrics, error) {
	if err := t.checkFinite(); err != nil { // reads the sums
		return Metrics{}, err
	}
	return t.metrics(t.sums)
}

// UpdateProgram is what one update executes.
func (t *Trainer) UpdateProgram() *kernels.Program { return t.learner.update }

// UpdateProfile is the time of the update's ops so far, where the backend measures it.
func (t *Trainer) UpdateProfile() (kernels.Profile, bool) {
	return t.learner.session.Profile(t.learner.update)
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

// Draws returns what the next update will draw, so that another implementation can be given the
// same numbers. Nothing changes.
func (t *Trainer) Draws(backend kernels.Backend) (d Draws, err error) {
	l := &learner{cfg: &t.cfg, size: t.learner.size, seed: t.learner.seed, layout: machine.NewLayout()}
	l.critic, l.actor = t.learner.critic, t.learner.actor
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
	if err := t.copyTo(l); err != nil {
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

package marl

import (
	"errors"
	"fmt"
	"io"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// programs are the Programs of a run; see Learner.
type programs struct{ slot, prepare, update, inspect *kernels.Program }

// build builds the Programs of the trainer's learner.
func (t *Trainer) build(env kernels.Environment) (err error) {
	w, l := t.shop, t.learner
	if t.slot, err = w.buildSlot(env, l); err != nil {
		return err
	}
	b := machine.NewBuilder("prepare", w.Layout)
	l.Prepare(b)
	if t.prepare, err = b.Build(); err != nil {
		return err
	}
	b = machine.NewBuilder("update", w.Layout)
	if err = l.Update(b); err != nil {
		return err
	}
	if t.programs.update, err = w.finish(b); err != nil {
		return err
	}
	b = machine.NewBuilder("inspect", w.Layout)
	l.Inspect(b)
	t.inspect, err = b.Build()
	return err
}

// open allocates the arena, compiles the Programs and fills the networks.
func (t *Trainer) open() error {
	session, err := machine.NewRankSession(t.group, t.backend, t.shop.Layout, []*kernels.Program{t.programs.update}, t.slot, t.prepare, t.inspect)
	if err != nil {
		return fmt.Errorf("marl: the arena of %d MB could not be made; lower %s: %w", megabytes(t.floats()), t.Memory().Largest().Setting, err)
	}
	t.session = session
	if err := t.shop.Initialise(session); err != nil {
		return errors.Join(err, session.Close())
	}
	return nil
}

func megabytes(floats int64) int64 { return floats * 4 / 1e6 }

// Programs are slot, prepare, update and inspect; see Learner.
func (t *Trainer) Programs() []*kernels.Program {
	return []*kernels.Program{t.slot, t.prepare, t.programs.update, t.inspect}
}

// SlotProgram is the Program of one slot of a rollout.
func (t *Trainer) SlotProgram() *kernels.Program { return t.slot }

// UpdateProgram is the Program of one update.
func (t *Trainer) UpdateProgram() *kernels.Program { return t.programs.update }

// Session executes the Programs; it is nil before Open.
func (t *Trainer) Session() *machine.Session { return t.session }

// Learner is the learner of the run; its concrete type is that of the algorithm's package.
func (t *Trainer) Learner() Learner { return t.learner }

// Workshop is where the learner was built.
func (t *Trainer) Workshop() *Workshop { return t.shop }

// Profile is the time of the ops of one of the trainer's Programs so far; ok is false if the backend does not measure it.
func (t *Trainer) Profile(p *kernels.Program) (kernels.Profile, bool) { return t.session.Profile(p) }

// WriteProfile writes the profile of every Program of the run: its ops and their time, with the share of
// the peak of the backend if that is known.
func (t *Trainer) WriteProfile(w io.Writer) error {
	peak := 0.0
	if p, ok := t.backend.(kernels.Peaker); ok {
		peak = p.Peak()
	}
	for _, p := range []*kernels.Program{t.slot, t.programs.update} {
		f, ok := t.session.Profile(p)
		if !ok {
			return fmt.Errorf("marl: the backend %s does not measure its ops", t.backend.Name())
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

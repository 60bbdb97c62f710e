package bench

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// drawing is a Program that draws what the next update will draw at random, on an arena of its own.
type drawing struct {
	layout  *machine.Layout
	program *kernels.Program
	kept    []machine.Tensor
}

// newDrawing builds a second learner like the trainer's; draw appends what it draws.
func (u *update) newDrawing(draw func(l marl.Learner, b *machine.Builder) []machine.Tensor) (*drawing, error) {
	algorithm, err := marl.AlgorithmOf(u.cfg.Algo)
	if err != nil {
		return nil, err
	}
	own := u.trainer.Workshop()
	w := marl.NewWorkshop(&u.cfg, own.Sizes, own.Seed)
	twin, err := algorithm.Build(w)
	if err != nil {
		return nil, err
	}
	d := &drawing{layout: w.Layout}
	b := machine.NewBuilder("draws", d.layout)
	for i, t := range draw(twin, b) {
		k := d.layout.Add(fmt.Sprintf("drawn/%d", i), t.Shape()...)
		b.Copy(t, k)
		d.kept = append(d.kept, k)
	}
	d.program, err = b.Build()
	return d, err
}

// drawn executes a drawing from the trainer's state, of which nothing changes.
func (u *update) drawn(draw func(l marl.Learner, b *machine.Builder) []machine.Tensor) (drawn [][]float32, err error) {
	d, err := u.newDrawing(draw)
	if err != nil {
		return nil, err
	}
	session, err := machine.NewSession(u.backend, d.layout, d.program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if err := u.copyTo(d.layout, session); err != nil {
		return nil, err
	}
	if err := session.Run(d.program); err != nil {
		return nil, err
	}
	for _, k := range d.kept {
		v, err := marl.Read(session, k)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, v)
	}
	return drawn, nil
}

// copyTo uploads the trainer's state to another arena of the same layout; tables that are not full begin alike.
func (u *update) copyTo(layout *machine.Layout, session *machine.Session) error {
	tensors, err := u.trainer.Kept()
	if err != nil {
		return err
	}
	for _, x := range tensors {
		to, ok := layout.Lookup(x.Name)
		if !ok {
			return errors.New("bench: the second learner has no " + x.Name)
		}
		upload := func() error { return session.Upload(to, x.Data) }
		if int64(len(x.Data)) < to.Len() {
			upload = func() error { return session.UploadRows(to, 0, x.Data) }
		}
		if err := upload(); err != nil {
			return err
		}
	}
	return nil
}

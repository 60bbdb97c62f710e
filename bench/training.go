package bench

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
)

// training is a training run of UNet-lite, far longer than a measurement.
type training struct {
	*fit.Trainer
	flat         []float32 // parameters before the first update
	given, found []Array   // of the first update without dropout
}

// dropout of the networks that are trained.
const dropout = 0.1

// unmoved is the bias of the keys of attention. It adds the same to all scores of a query, so its gradient is nothing but rounding.
const unmoved = ".to_k.b"

func openTraining(backend kernels.Backend, size string, side, batch int) (Running, error) {
	r := &training{}
	err := r.open(backend, size, side, batch, 0)
	if err == nil {
		err = errors.Join(r.look(size, side, batch), r.Close())
	}
	if err == nil {
		err = r.open(backend, size, side, batch, dropout)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// open is the state before the first update.
func (r *training) open(backend kernels.Backend, size string, side, batch int, drop float32) error {
	if err := r.plan(nil, backend, size, side, batch, drop); err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return errors.Join(err, r.Close())
	}
	return nil
}

// plan makes the trainer of a run, or of one of the ranks of a group, without its memory.
func (r *training) plan(group comm.Comm, backend kernels.Backend, size string, side, batch int, drop float32) (err error) {
	m, flat, err := newUNet(size, side, drop)
	if err != nil {
		return err
	}
	o := fit.Defaults()
	o.Seed, o.Updates, o.Batch, r.flat = seed, 1<<18, batch, flat
	r.Trainer, err = fit.PlanRank(group, backend, m, imagesOf(side), o)
	return err
}

// begin takes the memory of a planned trainer and sets the state before the first update.
func (r *training) begin() error {
	if err := r.Open(); err != nil {
		return err
	}
	return r.Begin(r.flat)
}

// imagesOf is a set of normal numbers with the deviation that training expects, in all classes.
func imagesOf(side int) *fit.Data {
	d := &fit.Data{Shape: []int{side, side, 1}, Values: normals("images", images*side*side)}
	for i := range d.Values {
		d.Values[i] *= diffusion.DataStd
	}
	for i := range images {
		d.Class = append(d.Class, i%imageClasses)
	}
	return d
}

// look does an update and keeps what a peer gets and must find.
func (r *training) look(size string, side, batch int) error {
	if err := r.Step(context.Background()); err != nil {
		return err
	}
	s, err := r.Seen()
	if err != nil {
		return err
	}
	m, flat, err := newUNet(size, side, 0)
	if err != nil {
		return err
	}
	d, o := imagesOf(side), fit.Defaults()
	var classes []float32
	for _, c := range d.Class {
		classes = append(classes, float32(c))
	}
	shape := func(n int) []int { return []int{n, side, side, 1} }
	r.given = append(weights("", m, flat),
		Array{"images", shape(images), d.Values}, vector("classes", classes...),
		Array{"x", shape(batch), s.X}, Array{"target", shape(batch), s.Target}, vector("time", s.Time...), vector("class", s.Class...),
		vector("settings", float32(o.LR), fit.Beta2, float32(o.MaxNorm), float32(o.EMA), float32(o.Unlabelled), float32(o.LevelMean), float32(o.LevelStd), dropout))
	grads := slices.DeleteFunc(weights("grad/", m, s.Grads), func(a Array) bool { return strings.HasSuffix(a.Name, unmoved) })
	r.found = append(grads, vector("loss", s.Loss), vector("norm", s.Norm))
	return nil
}

// Run implements Running: every update is a call, and its loss is read.
func (r *training) Run(n int) error {
	for range n {
		if err := r.Step(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// resident is the size of what outlives an update.
func (r *training) resident() int64 { return r.Persistent() }

// Given implements Running: parameters, the set, the settings, and what the first update has drawn.
func (r *training) Given() ([]Array, error) { return r.given, nil }

// Found implements Running: loss and gradients of the first update, without dropout.
func (r *training) Found() ([]Array, error) { return r.found, nil }

// State implements Running: parameters, their average, gradients and moments.
func (r *training) State() (arrays []Array, err error) {
	s, err := r.Trainer.State()
	if err != nil {
		return nil, err
	}
	for _, t := range s.Tensors {
		arrays = append(arrays, Array{t.Name, t.Shape, t.Data})
	}
	return arrays, nil
}

package machine

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/op"
)

// runner runs the Program of a Machine.
type runner interface {
	upload(t Tensor, v G.Value) error
	run(p *kernels.Program) error
	download(t Tensor) (G.Value, error)
	close() error
}

// runner32 runs on a backend, in float32.
type runner32 struct {
	*Session
	owned kernels.Backend // nil if the backend was given with On
}

func newRunner32(p *kernels.Program, l *Layout, o *options) (*runner32, error) {
	r := &runner32{}
	if o.backend == nil {
		var err error
		if r.owned, err = kernels.Open("auto", kernels.Options{}); err != nil {
			return nil, fmt.Errorf("machine: %w", err)
		}
		o.backend = r.owned
	}
	var err error
	if r.Session, err = NewSession(o.backend, l, p); err == nil && o.poison {
		err = r.Poison()
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *runner32) upload(t Tensor, v G.Value) error {
	x, err := op.Elements[float32](v)
	if err != nil {
		return err
	}
	return r.Upload(t, x)
}

func (r *runner32) run(p *kernels.Program) error { return r.Run(p) }

func (r *runner32) download(t Tensor) (G.Value, error) {
	x := make([]float32, t.Len())
	if err := r.Download(x, t); err != nil {
		return nil, err
	}
	return op.NewValue(t.shape, x), nil
}

func (r *runner32) close() error {
	var err error
	if r.Session != nil {
		err = r.Close()
	}
	if r.owned != nil {
		err = cmp.Or(err, r.owned.Close())
	}
	return err
}

// oracle runs on the reference interpreter, in float64.
type oracle struct {
	arena   []float64
	scratch int64 // where poison begins; the end of the arena if there is none
}

func newOracle(p *kernels.Program, l *Layout, poison bool) *oracle {
	o := &oracle{arena: make([]float64, p.Arena), scratch: p.Arena}
	if poison {
		o.scratch = l.size
	}
	return o
}

func (o *oracle) upload(t Tensor, v G.Value) error {
	x, err := op.Elements[float64](v)
	if err == nil && int64(len(x)) != t.Len() {
		err = fmt.Errorf("%d elements for %s", len(x), t)
	}
	if err == nil {
		copy(o.arena[t.Offset():], x)
	}
	return err
}

func (o *oracle) run(p *kernels.Program) error {
	for i := o.scratch; i < int64(len(o.arena)); i++ {
		o.arena[i] = math.NaN()
	}
	return ref.Run(p, o.arena)
}

func (o *oracle) download(t Tensor) (G.Value, error) {
	x := append([]float64{}, o.arena[t.Offset():t.Offset()+t.Len()]...)
	return op.NewValue(t.shape, x), nil
}

func (o *oracle) close() error { return nil }

package federated

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// Cell is a participant.
type Cell struct {
	Data *fit.Data // its own images, standardised as those of all cells
	Seed uint64    // of its draws and its noise; that of the first cell also gives the initial parameters
}

// Options of a run.
type Options struct {
	Fit   fit.Options // of every cell, whose seed comes from the cell; Updates are those of a cell in the whole run
	Local int         // updates of a cell in a round. The last round may have fewer
}

// Trainer is a run on one device, which plays all cells, one after the other.
type Trainer struct {
	model   *unet.Model
	options Options
	cells   []*fit.Trainer
	images  []int // of each cell
}

// Plan prepares a run without its memory, as fit.Plan does. The caller still owns the backend.
func Plan(backend kernels.Backend, m *unet.Model, cells []Cell, o Options) (*Trainer, error) {
	if len(cells) == 0 || o.Local < 1 {
		return nil, fmt.Errorf("federated: %d cells that make %d updates in a round; allowed: at least 1 of both", len(cells), o.Local)
	}
	t := &Trainer{model: m, options: o}
	for i, c := range cells {
		own := o.Fit
		own.Seed = c.Seed
		trainer, err := fit.Plan(backend, m, c.Data, own)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i, err)
		}
		t.cells, t.images = append(t.cells, trainer), append(t.images, trainer.Images())
	}
	return t, nil
}

// Memory is the sum over the cells.
func (t *Trainer) Memory() (all train.Memory, err error) {
	for _, c := range t.cells {
		m, err := c.Memory()
		if err != nil {
			return all, err
		}
		for i, part := range m.Parts {
			if i == len(all.Parts) {
				all.Parts = append(all.Parts, part)
			} else {
				all.Parts[i].Bytes += part.Bytes
			}
		}
	}
	return all, nil
}

// Open allocates the memory. All cells get the initial parameters of the first.
func (t *Trainer) Open() error {
	for _, c := range t.cells {
		if err := c.Open(); err != nil {
			return errors.Join(err, t.Close())
		}
	}
	flat, err := t.cells[0].Parameters()
	for _, c := range t.cells[1:] {
		if err == nil {
			err = c.Begin(flat)
		}
	}
	if err != nil {
		return errors.Join(err, t.Close())
	}
	return nil
}

// Close frees the memory.
func (t *Trainer) Close() error {
	var errs []error
	for _, c := range t.cells {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Update is the number of updates of a cell.
func (t *Trainer) Update() int { return t.cells[0].Update() }

// Step is one update of every cell, and at the end of a round the exchange.
func (t *Trainer) Step(ctx context.Context) error {
	for i, c := range t.cells {
		if err := c.Step(ctx); err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
	}
	if done := t.Update(); done%t.options.Local == 0 || done == t.options.Fit.Updates {
		return t.exchange()
	}
	return nil
}

// exchange puts the mean in the place of all cells' parameters.
func (t *Trainer) exchange() error {
	mean, err := t.mean((*fit.Trainer).Parameters)
	if err != nil {
		return err
	}
	for _, c := range t.cells {
		if err := c.Replace(mean); err != nil {
			return err
		}
	}
	return nil
}

// Average is the mean over the cells of the average of their parameters over time: what samples are drawn from, a host copy of
// nn.Placed.Flat.
func (t *Trainer) Average() ([]float32, error) { return t.mean((*fit.Trainer).Average) }

func (t *Trainer) mean(of func(*fit.Trainer) ([]float32, error)) ([]float32, error) {
	var all [][]float32
	for _, c := range t.cells {
		v, err := of(c)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	Mean(all[0], all, t.images)
	return all[0], nil
}

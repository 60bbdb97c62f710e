package loop

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/federated"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/unet"
)

// model is a trained diffusion model.
type model struct {
	net      *unet.Model
	flat     []float32 // its averaged parameters
	standard dataset.Standard
	traffic  federated.Traffic
}

// options are those of training.
func (g *Generator) options() federated.Options {
	o := federated.Options{Fit: fit.Defaults(), Local: g.LocalUpdates}
	o.Fit.Updates, o.Fit.Batch, o.Fit.LR, o.Fit.WarmUp, o.Fit.EMA = g.Rounds*g.LocalUpdates, g.Batch, g.LR, g.WarmUp, g.EMA
	o.Fit.Unlabelled = 0 // samples are drawn without guidance
	return o
}

// average is the prefix of averaged parameters in a file.
const average = "ema"

// learn is the model that some stations train together, kept at path. One station alone trains plainly.
func (l *loop) learn(ctx context.Context, path string, stations []int, seed uint64) (*model, error) {
	var rows [][]int
	for _, i := range stations {
		rows = append(rows, l.stations[i].rows)
	}
	m := &model{}
	var err error
	if m.net, err = l.generator.Network(l.set); err != nil {
		return nil, err
	}
	if m.standard, err = federated.Standard(l.set, rows); err != nil {
		return nil, err
	}
	m.traffic = federated.Total(m.net, len(stations), l.config.Generator.options())
	done, err := exists(path)
	if err == nil && !done {
		var cells []federated.Cell
		if cells, err = l.cells(rows, stations, m.standard, seed); err == nil {
			err = l.train(ctx, path, m, cells)
		}
	}
	if err != nil {
		return nil, err
	}
	s, err := checkpoint.Read(path)
	if err == nil {
		m.flat, err = m.net.Params().Import(average, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; without the file, the stage is done again", path, err)
	}
	return m, nil
}

// cells are stations as participants.
func (l *loop) cells(rows [][]int, stations []int, standard dataset.Standard, seed uint64) (cells []federated.Cell, err error) {
	for k, own := range rows {
		data, err := l.config.Data.Rows(l.set, own, standard)
		if err != nil {
			return nil, err
		}
		cells = append(cells, federated.Cell{Data: data, Seed: derive(seed, forCell, stations[k])})
	}
	return cells, nil
}

// checkpointEvery is the number of updates between two checkpoints of a model.
const checkpointEvery = 100

// train trains a model to its end, from its checkpoint if there is one, and writes its averaged parameters.
func (l *loop) train(ctx context.Context, path string, m *model, cells []federated.Cell) (err error) {
	t, err := federated.Plan(l.backend, m.net, cells, l.config.Generator.options())
	if err != nil {
		return err
	}
	memory, err := t.Memory()
	if err == nil {
		err = memory.Fit(train.FreeMemory(l.backend))
	}
	if err == nil {
		err = t.Open()
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	part := path + ".part"
	if err := restore(part, t); err != nil {
		return err
	}
	schedule := train.Schedule{Updates: l.config.Generator.options().Fit.Updates, CheckpointEvery: checkpointEvery}
	err = train.Loop(ctx, schedule, t, train.Hooks{Checkpoint: func() error {
		s, err := t.State()
		if err != nil {
			return err
		}
		return checkpoint.Write(part, s)
	}})
	if err != nil {
		return err
	}
	flat, err := t.Average()
	if err != nil {
		return err
	}
	data, err := checkpoint.Encode(&checkpoint.State{Tensors: m.net.Params().Export(average, flat)})
	if err == nil {
		err = disk.Write(path, data)
	}
	if err != nil {
		return err
	}
	return errors.Join(remove(part), remove(part+checkpoint.PrevSuffix))
}

// restore continues from a checkpoint, from the one before it if that is damaged, or from the beginning.
func restore(part string, t *federated.Trainer) error {
	for _, path := range []string{part, part + checkpoint.PrevSuffix} {
		s, err := checkpoint.Read(path)
		switch {
		case err == nil:
			return t.Restore(s)
		case !errors.Is(err, os.ErrNotExist) && !errors.Is(err, checkpoint.ErrCorrupt):
			return err
		}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

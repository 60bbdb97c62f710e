package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/crew"
	"github.com/gmel-go/gmel/nn/unet"
)

// job is a fit.Trainer with its set, which draws samples from the average of the parameters. What changes its state, all ranks do.
type job struct {
	*fit.Trainer // of rank 0
	*material
	crew    *crew.Crew[*rank]
	backend kernels.Backend // of rank 0
	say     func(format string, args ...any)

	grid   []byte // the last picture of samples, after the update gridAt
	gridAt int
}

var _ train.Job = (*job)(nil)

// material is what a run learns, from what.
type material struct {
	config *Config
	model  *unet.Model
	set    *fit.Data
	data   *Description
	parts  *parts
}

// readMaterial reads the set and makes the network.
func readMaterial(c *Config, o train.Options) (*material, error) {
	data, about, parts, err := c.Data.read()
	if err != nil {
		return nil, err
	}
	o.Say("%s: %s of the classes %s; %d are held out", c.Data.Source, train.Counted(int64(about.Images), about.noun()), strings.Join(about.Classes, ", "), len(parts.apart))
	if c.Train.Objective == consistency {
		data.HeldOut = nil // a tuned network no longer gives the mean image, so its loss of denoising rises by intent
	}
	model, err := network(c, about)
	return &material{config: c, model: model, set: data, data: about, parts: parts}, err
}

// openJob reads the set and makes network, backends and trainers.
func openJob(c *Config, o train.Options) (*job, error) {
	s, err := readMaterial(c, o)
	if err != nil {
		return nil, err
	}
	ranks, err := crew.Open(crew.Job[*rank]{Config: c.YAML(), Open: s.open}, o)
	if err != nil {
		return nil, err
	}
	j := &job{Trainer: ranks.First().Trainer, material: s, crew: ranks, backend: ranks.First().backend, say: o.Say}
	if err := j.reserve(o); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// reserve reports the memory of the run and allocates it.
func (j *job) reserve(o train.Options) error {
	memory, err := j.Memory()
	if err != nil {
		return err
	}
	others, err := j.others()
	if err != nil {
		return err
	}
	memory.Parts = append(memory.Parts, others...)
	o.Say("the run takes %s on the backend %s", memory, j.backend.Name())
	j.tell(o)
	if err := memory.Fit(train.FreeMemory(j.backend)); err != nil {
		return err
	}
	return j.crew.All(crew.Order{Duty: open})
}

func openBackend(t *Train, profile, debug bool) (kernels.Backend, error) {
	o := backendOptions(t)
	o.Profile, o.Debug = profile, debug
	b, err := kernels.Open(t.Backend, o)
	if err != nil {
		return nil, train.Usagef("train.backend %q: %w", t.Backend, err)
	}
	return b, nil
}

func backendOptions(t *Train) kernels.Options {
	return kernels.Options{Threads: t.Threads, ISA: t.ISA, Device: t.Device}
}

// Device is the device of the backend.
func (j *job) Device() train.Device {
	return train.Device{Backend: j.backend.Name(), Options: backendOptions(&j.config.Train)}
}

// State is that of the trainer, with the description of the set.
func (j *job) State() (*checkpoint.State, error) {
	s, err := j.Trainer.State()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(j.data)
	s.Blobs = map[string][]byte{blobData: text}
	return s, err
}

// Restore continues from a State if the set is the one that it was trained on.
func (j *job) Restore(s *checkpoint.State) error {
	began, err := described(s)
	if err != nil {
		return err
	}
	if began.SHA256 != j.data.SHA256 {
		return train.Usagef("the %ss of %s have changed since the run began: %d with SHA-256 %.12s then, %d with %.12s now; a run goes on only as it began",
			j.data.noun(), j.config.Data.Source, began.Images, began.SHA256, j.data.Images, j.data.SHA256)
	}
	j.data.Started = began.Started
	return j.crew.All(crew.Order{Duty: restore, State: s})
}

// GridPNG is the picture of samples, the last result of a run.
const GridPNG = "grid.png"

// samplesTag is what TensorBoard calls the pictures of samples.
const samplesTag = "samples"

// Evaluate draws samples of every class, the same noise each time.
func (j *job) Evaluate(ctx context.Context) (train.Report, error) {
	picture, err := j.picture(ctx)
	return train.Report{Files: []train.File{{Name: fmt.Sprintf("samples/%06d.png", j.Update()), Data: picture, Tag: samplesTag}}}, err
}

// Finish measures the quality if images are held out, and draws the samples of the trained network.
func (j *job) Finish(ctx context.Context) (files []train.File, err error) {
	if len(j.parts.apart) > 0 {
		q, err := j.measure(ctx)
		if err != nil {
			return nil, err
		}
		if files, err = q.files(); err != nil {
			return nil, err
		}
	}
	picture, err := j.picture(ctx)
	return append(files, train.File{Name: GridPNG, Data: picture, Tag: samplesTag}), err
}

// picture is a grid of samples, a class in each row.
func (j *job) picture(ctx context.Context) ([]byte, error) {
	if j.grid != nil && j.gridAt == j.Update() {
		return j.grid, nil
	}
	drawn, err := j.draw(ctx, &j.config.Sample, each(j.data.Classes, j.config.Sample.Count), func(int, int) {})
	if err != nil {
		return nil, err
	}
	j.grid, err = j.data.grid(drawn, j.config.Sample.Count)
	j.gridAt = j.Update()
	return j.grid, err
}

// draw draws a sample of each class in the list by the average of the parameters.
func (j *job) draw(ctx context.Context, s *Sample, classes []int, progress func(done, total int)) (*dataset.Set, error) {
	flat, err := j.Average()
	if err != nil {
		return nil, err
	}
	g := &generator{model: j.model, flat: flat, data: j.data}
	return g.draw(ctx, j.backend, request{s, j.config.Seed, classes, progress})
}

// Close frees trainers and backends.
func (j *job) Close() error { return j.crew.Close() }

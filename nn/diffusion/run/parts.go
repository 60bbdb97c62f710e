package run

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// Parts is a set of images with the rows that may be trained on and those that are held out.
type Parts struct {
	Set              *dataset.Set
	Trained, HeldOut []int  // ascending
	SHA256           string // of values, classes, sources and parts
}

// Section is the section data, for other documents that name a set.
func (d *Data) Section() setting.Section {
	return setting.Section{Name: "data", Value: d, Doc: "data is the set.", Docs: func() map[string]string { return setting.StructDocs(configSource, "Data") }}
}

// Resolve makes names of files absolute, each relative to the text that has it.
func (d *Data) Resolve(r *setting.Reader) error {
	if d.kind() == drawn {
		return nil
	}
	if err := absolute(r, sourceKey, &d.Source); err != nil {
		return err
	}
	return absolute(r, labelsKey, &d.Labels)
}

// Images reads the set and splits it as a run does. Windows, and no held-out part, are usage errors.
func (d *Data) Images() (*Parts, error) {
	if d.sequences() {
		return nil, train.Usagef("data.source: %s is read as windows of sensors; allowed: images", d.Source)
	}
	p, err := d.split()
	if err != nil {
		return nil, err
	}
	if len(p.apart) == 0 {
		return nil, train.Usagef("data.held_out is %g, and nothing is left to test on; allowed: above 0, up to 0.9", d.HeldOut)
	}
	return &Parts{p.set, p.trained, p.apart, digest(p.set)}, nil
}

// Rows are rows of a set for fit.Plan: standardised, balanced and varied as the settings ask. Nothing is held out.
func (d *Data) Rows(set *dataset.Set, rows []int, standard dataset.Standard) (*fit.Data, error) {
	data, err := d.draws(set, rows)
	if err != nil {
		return nil, err
	}
	standard.Apply(data.Values, data.Values)
	return data, d.vary(data)
}

// Augment says how the settings vary images.
func (d *Data) Augment() dataset.Augment { return d.augment() }

// Network is the network of the configuration for a set.
func (c *Config) Network(set *dataset.Set) (*unet.Model, error) {
	return network(c, &Description{Shape: set.Shape, Classes: set.Classes})
}

// PlanOf is a sampler with some steps over the levels that are usual for it.
func PlanOf(sampler string, steps int) (diffusion.Plan, error) {
	s := &Sample{Sampler: sampler, Steps: steps}
	return diffusion.SamplerByName(sampler, s.levels())
}

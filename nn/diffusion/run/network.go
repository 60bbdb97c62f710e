package run

import (
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// Network is the network of a run, for use outside of it.
type Network struct {
	Model  *unet.Model
	Flat   []float32 // averaged parameters, see nn.Placed
	Data   *Description
	Tuned  bool            // for samples by few evaluations
	Vary   dataset.Augment // how samples were varied in training
	Sample Sample          // how the run draws samples
	Split  string          // see Data.Split
	SHA256 string          // of Flat
}

// ReadNetwork reads the network of the latest checkpoint of a run.
func ReadNetwork(dir string, notice func(string)) (*Network, error) {
	f := train.Folder(dir)
	c, _, err := folderConfig(f)
	if err != nil {
		return nil, err
	}
	g, from, err := newest(f, c, notice)
	if err != nil {
		return nil, err
	}
	if g.data.Equaliser != nil {
		return nil, train.Usagef("%s is of equalised windows; allowed: a run of images, or one with data.equalise=false", dir)
	}
	n := &Network{
		Model: g.model, Flat: g.flat, Data: g.data, Tuned: c.Train.Objective == consistency, Vary: c.Data.augment(), Sample: c.Sample,
		SHA256: averageDigest(from.State), Split: c.Data.Split(),
	}
	return n, nil
}

// Split is the column of the set, and what it has for the samples to train on; "": they are chosen at random.
func (d *Data) Split() string {
	if d.SplitColumn == "" {
		return ""
	}
	return d.SplitColumn + "=" + d.TrainingPart
}

// ReadFrom reports whether a set has the rows that were read, those of its classes, with the same values, sources and parts.
func (d *Description) ReadFrom(set *dataset.Set) (bool, error) {
	own, err := set.Only(d.Classes)
	if err != nil {
		return false, err
	}
	return digest(own) == d.SHA256, nil
}

// Plan is a sampler for a number of steps, at the noise levels of the run if it is the run's own.
func (n *Network) Plan(sampler string, steps int) (diffusion.Plan, error) {
	return diffusion.SamplerByName(sampler, drawnBy(&n.Sample, sampler, steps, 1).levels())
}

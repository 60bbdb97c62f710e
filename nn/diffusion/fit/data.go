package fit

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/nn/unet"
)

// Data is a set to train on, standardised to mean 0 and the deviation diffusion.DataStd.
type Data struct {
	Shape    []int     // of a sample: [Y, X, C] for an image, [T, C] for a sequence
	Variants int       // of every sample, from which an update draws uniformly, too; 0: one
	Values   []float32 // [Variants, N, Shape...]
	// Described [Variants, N, D] is what the network is told of how a variant differs from its sample, with zeros for not at all;
	// nil: nothing.
	Described []float32
	Class     []int // [N], from 0; nil for a network without classes
	// Draws are samples, 0 to N-1, from which an update draws uniformly: one of a scarce class may be there more often. nil:
	// each is there once. A random integer has 24 bits, so a table of 2^18 entries is drawn from evenly to 2 %.
	Draws []float32
	// HeldOut are samples that are not trained on, on which the loss is measured; nil: it is not. Their Draws say how they
	// are weighed.
	HeldOut *Data
}

// withoutHeldOut is the set for training alone.
func (d *Data) withoutHeldOut() *Data {
	own := *d
	own.HeldOut = nil
	return &own
}

// Size is the number of values of a sample.
func (d *Data) Size() int {
	n := 1
	for _, s := range d.Shape {
		n *= s
	}
	return n
}

// N is the number of samples.
func (d *Data) N() int { return len(d.Values) / max(1, d.variants()*d.Size()) }

func (d *Data) variants() int { return max(1, d.Variants) }

// check returns an error unless the set can train the network, the last of whose classes stands for none.
func (d *Data) check(c *unet.Config) error {
	rows, classes := d.variants()*d.N(), c.Classes
	switch {
	case rows < 1 || rows*d.Size() != len(d.Values):
		return fmt.Errorf("fit: %d values are no set of samples %v in %d variants", len(d.Values), d.Shape, d.variants())
	case len(d.Described) != rows*c.Augment:
		return fmt.Errorf("fit: %d numbers describe %d variants for a network that is told %d", len(d.Described), rows, c.Augment)
	case (classes > 0) != (d.Class != nil) || d.Class != nil && len(d.Class) != d.N():
		return fmt.Errorf("fit: %d classes of %d samples for a network with %d", len(d.Class), d.N(), classes)
	case max(rows, len(d.Draws)) > 1<<24:
		return fmt.Errorf("fit: %d samples and variants, and %d draws; allowed: up to %d", rows, len(d.Draws), 1<<24)
	}
	for i, row := range d.Draws {
		if !(row >= 0 && int(row) < d.N()) || row != float32(int(row)) {
			return fmt.Errorf("fit: draw %d is sample %g; allowed: 0 to %d", i, row, d.N()-1)
		}
	}
	for i, c := range d.Class {
		if c < 0 || c >= classes-1 {
			return fmt.Errorf("fit: sample %d has class %d; allowed: 0 to %d", i, c, classes-2)
		}
	}
	for i, v := range d.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("fit: sample %d has the value %g", i/d.Size()%d.N(), v)
		}
	}
	return d.checkHeldOut(*c)
}

// draws is the table of draws.
func (d *Data) draws() []float32 {
	if d.Draws != nil {
		return d.Draws
	}
	table := make([]float32, d.N())
	for i := range table {
		table[i] = float32(i)
	}
	return table
}

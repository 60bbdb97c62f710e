package fit

import (
	"fmt"
	"math"
	"slices"
)

// Data is a set to train on, standardised to mean 0 and the deviation diffusion.DataStd.
type Data struct {
	Shape  []int     // of a sample: [Y, X, C] for an image, [T, C] for a sequence
	Values []float32 // [N, Shape...]
	Class  []int     // [N], from 0; nil for a network without classes
	// Draws are samples, 0 to N-1, from which an update draws uniformly: one of a scarce class may be there more often. nil:
	// each is there once. A random integer has 24 bits, so a table of 2^18 entries is drawn from evenly to 2 %.
	Draws []float32
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
func (d *Data) N() int { return len(d.Values) / max(1, d.Size()) }

// check returns an error unless the set can train a network with these classes, the last of which stands for none.
func (d *Data) check(classes int) error {
	switch {
	case d.N() < 1 || d.N()*d.Size() != len(d.Values):
		return fmt.Errorf("fit: %d values are no set of samples %v", len(d.Values), d.Shape)
	case (classes > 0) != (d.Class != nil) || d.Class != nil && len(d.Class) != d.N():
		return fmt.Errorf("fit: %d classes of %d samples for a network with %d", len(d.Class), d.N(), classes)
	case max(d.N(), len(d.Draws)) > 1<<24:
		return fmt.Errorf("fit: %d samples and %d draws; allowed: up to %d", d.N(), len(d.Draws), 1<<24)
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
			return fmt.Errorf("fit: sample %d has the value %g", i/d.Size(), v)
		}
	}
	return nil
}

// Flipped returns the images of a set and their mirror images: left to right, top to bottom, or both, which makes four
// of each. Copies follow the whole set.
func (d *Data) Flipped(horizontal, vertical bool) (*Data, error) {
	if len(d.Shape) != 3 && (horizontal || vertical) {
		return nil, fmt.Errorf("fit: samples %v cannot be flipped; allowed: images", d.Shape)
	}
	all := &Data{Shape: d.Shape, Values: slices.Clone(d.Values), Class: slices.Clone(d.Class), Draws: slices.Clone(d.Draws)}
	if horizontal {
		all.mirror(1)
	}
	if vertical {
		all.mirror(0)
	}
	return all, nil
}

// mirror appends the mirror image of every image along its rows (1) or columns (0).
func (d *Data) mirror(axis int) {
	rows, cols, channels, n := d.Shape[0], d.Shape[1], d.Shape[2], d.N()
	for i := range n {
		image := d.Values[i*d.Size():][:d.Size()]
		for at := range rows * cols {
			y, x := at/cols, at%cols
			if axis == 0 {
				y = rows - 1 - y
			} else {
				x = cols - 1 - x
			}
			d.Values = append(d.Values, image[(y*cols+x)*channels:][:channels]...)
		}
	}
	d.Class = append(d.Class, d.Class...)
	for _, row := range d.Draws {
		d.Draws = append(d.Draws, row+float32(n))
	}
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

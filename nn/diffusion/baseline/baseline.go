package baseline

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
)

// Generator makes samples from those of training.
type Generator struct {
	Name string // gaussian, smote, noise, moved
	draw func(c *class, r *rand.Rand, to []float64)
}

// All are the generators. vary is how moved varies a sample.
func All(vary dataset.Augment) []Generator {
	return []Generator{
		{"gaussian", gaussian}, {"smote", smote}, {"noise", noise},
		{"moved", func(c *class, r *rand.Rand, to []float64) { moved(c, r, to, vary) }},
	}
}

// class is the training samples of a class.
type class struct {
	shape           []int
	samples         [][]float32
	mean, deviation []float64
}

// Draw makes a sample of each class in the list from the rows of a set, clipped to its range. The rows have every such class. The
// same seed gives the same samples.
func (g Generator) Draw(set *dataset.Set, rows, classes []int, seed uint64) (*dataset.Set, error) {
	list := make([]*class, len(set.Classes))
	for i := range list {
		list[i] = &class{shape: set.Shape}
	}
	for _, row := range rows {
		c := list[set.Class[row]]
		c.samples = append(c.samples, set.Sample(row))
	}
	for _, c := range list {
		c.measure(set.Size())
	}
	made := &dataset.Set{
		Name: g.Name, Shape: set.Shape, Low: set.Low, High: set.High, Classes: set.Classes, Class: slices.Clone(classes),
		Values: make([]float32, 0, len(classes)*set.Size()),
	}
	x := make([]float64, set.Size())
	for i, number := range classes {
		if len(list[number].samples) == 0 {
			return nil, fmt.Errorf("baseline: class %q has no sample", set.Classes[number])
		}
		g.draw(list[number], rand.New(philox.NewSource(seed, uint64(i))), x)
		for _, v := range x {
			made.Values = append(made.Values, float32(max(float64(set.Low), min(float64(set.High), v))))
		}
	}
	return made, nil
}

// measure computes mean and deviation, which is 0 for a single sample.
func (c *class) measure(size int) {
	c.mean, c.deviation = make([]float64, size), make([]float64, size)
	n := float64(len(c.samples))
	for _, s := range c.samples {
		for j, v := range s {
			c.mean[j] += float64(v) / n
		}
	}
	for _, s := range c.samples {
		for j, v := range s {
			c.deviation[j] += (float64(v) - c.mean[j]) * (float64(v) - c.mean[j])
		}
	}
	for j, sum := range c.deviation {
		c.deviation[j] = math.Sqrt(sum / max(1, n-1))
	}
}

func gaussian(c *class, r *rand.Rand, to []float64) {
	copy(to, c.mean)
	scale := 1 / math.Sqrt(max(1, float64(len(c.samples)-1)))
	for _, s := range c.samples {
		z := r.NormFloat64() * scale
		for j, v := range s {
			to[j] += z * (float64(v) - c.mean[j])
		}
	}
}

func noise(c *class, r *rand.Rand, to []float64) {
	for j := range to {
		to[j] = c.mean[j] + c.deviation[j]*r.NormFloat64()
	}
}

// neighbours is the number of neighbours of SMOTE.
const neighbours = 5

func smote(c *class, r *rand.Rand, to []float64) {
	from := r.IntN(len(c.samples))
	near := c.nearest(from)
	other := c.samples[from]
	if len(near) > 0 {
		other = c.samples[near[r.IntN(len(near))]]
	}
	u := r.Float64()
	for j, v := range c.samples[from] {
		to[j] = float64(v) + u*(float64(other[j])-float64(v))
	}
}

// nearest are the samples that are nearest to one of them.
func (c *class) nearest(of int) []int {
	var others []int
	away := make([]float64, len(c.samples))
	for i, s := range c.samples {
		if i == of {
			continue
		}
		others = append(others, i)
		for j, v := range s {
			d := float64(v) - float64(c.samples[of][j])
			away[i] += d * d
		}
	}
	slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(away[a], away[b]) })
	return others[:min(neighbours, len(others))]
}

func moved(c *class, r *rand.Rand, to []float64, vary dataset.Augment) {
	x := make([]float32, len(to))
	vary.Apply(x, c.samples[r.IntN(len(c.samples))], c.shape, vary.Values(r.Uint64(), 0, 0))
	for j, v := range x {
		to[j] = float64(v)
	}
}

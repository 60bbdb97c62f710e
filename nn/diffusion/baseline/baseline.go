package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
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

// Training is samples to make others from, by class.
type Training struct {
	set     *dataset.Set
	classes []*class
}

// class is the training samples of a class.
type class struct {
	shape           []int
	samples         [][]float32
	mean, deviation []float64
}

// Of takes rows of a set.
func Of(set *dataset.Set, rows []int) *Training {
	t := &Training{set: set}
	for range set.Classes {
		t.classes = append(t.classes, &class{shape: set.Shape})
	}
	for _, row := range rows {
		c := t.classes[set.Class[row]]
		c.samples = append(c.samples, set.Sample(row))
	}
	for _, c := range t.classes {
		c.measure(set.Size())
	}
	return t
}

// Draw makes a sample of each class in the list, clipped to the range of the set. The training samples have every such class. The
// same seed gives the same samples.
func (g Generator) Draw(from *Training, classes []int, seed uint64, w quality.Watch) (*dataset.Set, error) {
	set := from.set
	for _, number := range classes {
		if len(from.classes[number].samples) == 0 {
			return nil, fmt.Errorf("baseline: class %q has no sample", set.Classes[number])
		}
	}
	made := &dataset.Set{
		Name: g.Name, Shape: set.Shape, Low: set.Low, High: set.High, Classes: set.Classes, Class: slices.Clone(classes),
		Values: make([]float32, len(classes)*set.Size()),
	}
	quality.Each(len(classes), w, func(i int) {
		x := make([]float64, set.Size())
		g.draw(from.classes[classes[i]], rand.New(philox.NewSource(seed, uint64(i))), x)
		for j, v := range x {
			made.Sample(i)[j] = float32(max(float64(set.Low), min(float64(set.High), v)))
		}
	})
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
	var near []int     // the nearest so far, ascending
	var away []float64 // from each of them, squared
	for i, s := range c.samples {
		limit := math.Inf(1)
		if len(near) == neighbours {
			limit = away[neighbours-1]
		}
		d := distance(s, c.samples[of], limit)
		if i == of || d >= limit {
			continue
		}
		at, _ := slices.BinarySearch(away, math.Nextafter(d, math.Inf(1))) // after those that are as far
		near, away = slices.Insert(near, at, i), slices.Insert(away, at, d)
		near, away = near[:min(len(near), neighbours)], away[:min(len(away), neighbours)]
	}
	return near
}

// distance is squared. It is any number from the limit on if it is not below it.
func distance(a, b []float32, limit float64) (sum float64) {
	for j, v := range a {
		d := float64(v) - float64(b[j])
		if sum += d * d; sum >= limit {
			break
		}
	}
	return sum
}

func moved(c *class, r *rand.Rand, to []float64, vary dataset.Augment) {
	x := make([]float32, len(to))
	vary.Apply(x, c.samples[r.IntN(len(c.samples))], c.shape, vary.Values(r.Uint64(), 0, 0))
	for j, v := range x {
		to[j] = float64(v)
	}
}

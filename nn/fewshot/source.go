package fewshot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/baseline"
)

// Sources of further images.
const (
	paste    = "paste"    // defects of the k images on other backgrounds
	mixup    = "mixup"    // mixtures of two images, Zhang et al., arXiv 1710.09412
	smote    = "smote"    // between images of a rare class, see package baseline
	gaussian = "gaussian" // the normal distribution of a rare class, see package baseline
)

// cheap are those that need no trained generator.
var cheap = []string{paste, mixup, smote, gaussian}

// Sources lists the sources of further images.
func Sources() []string { return slices.Concat(cheap, []string{oracle}, recipes) }

// Images that a source makes.
const (
	madePerClass = 100 // of each rare class
	mixtures     = 2000
)

// material is what a source makes images from.
type material struct {
	task *Task
	rows []int // of training in this draw, or in a part of it
	seed uint64
}

// of are the rows of a class.
func (m *material) of(class int) (rows []int) {
	for _, row := range m.rows {
		if m.task.Set.Class[row] == class {
			rows = append(rows, row)
		}
	}
	return rows
}

// wanted is madePerClass of each rare class.
func (m *material) wanted() (classes []int) {
	for _, class := range m.task.Rare {
		classes = append(classes, slices.Repeat([]int{class}, madePerClass)...)
	}
	return classes
}

// make makes the images of a source that needs no generator.
func (m *material) make(ctx context.Context, source string) (*dataset.Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch source {
	case paste:
		return m.paste(), nil
	case mixup:
		return m.mix(), nil
	}
	for _, g := range baseline.All(dataset.Augment{}) {
		if g.Name == source {
			return g.Draw(baseline.Of(m.task.Set, m.rows), m.wanted(), m.seed, nil)
		}
	}
	return nil, fmt.Errorf("fewshot: no source %q", source)
}

// set is a set of the task's classes without rows.
func (m *material) set(name string) *dataset.Set {
	s := m.task.Set
	return &dataset.Set{Name: name, Shape: s.Shape, Low: s.Low, High: s.High, Sensors: s.Sensors, Classes: s.Classes}
}

// dice are the random numbers of image n.
func (m *material) dice(n int) *rand.Rand { return rand.New(philox.NewSource(m.seed, uint64(n))) }

// mix makes mixtures x = u a + (1-u) b of images of any class, each class equally often, u uniform. The class is that of a
// with probability u, otherwise that of b, so its expected cross-entropy is the loss of mixup.
func (m *material) mix() *dataset.Set {
	set, made := m.task.Set, m.set(mixup)
	made.Values = make([]float32, mixtures*set.Size())
	var byClass [][]int
	for class := range set.Classes {
		byClass = append(byClass, m.of(class))
	}
	any := func(r *rand.Rand) int {
		rows := byClass[r.IntN(len(byClass))]
		return rows[r.IntN(len(rows))]
	}
	for n := range mixtures {
		r := m.dice(n)
		a, b, u := any(r), any(r), r.Float64()
		for i, v := range set.Sample(a) {
			made.Values[n*set.Size()+i] = float32(float64(u*float64(v)) + float64((1-u)*float64(set.Sample(b)[i])))
		}
		if r.Float64() >= u {
			a = b
		}
		made.Class = append(made.Class, set.Class[a])
	}
	return made
}

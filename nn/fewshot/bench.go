package fewshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
)

// outcome is what a cell found.
type outcome struct {
	Test   classify.Confusion `json:"test"`             // of the test rows, or of those held back in a validation
	Unused classify.Confusion `json:"unused"`           // of rows of rare classes that are neither trained on nor tested
	Memory *quality.Memory    `json:"memory,omitempty"` // of further images
}

// bench works on the cells of one draw, one after the other. Further images are made once for all seeds.
type bench struct {
	study        *Study
	backend      kernels.Backend
	pool         *pool
	learn        func(a *Arm) (learner, error)
	k, draw      int
	rows, unused []int
	made         map[string]*furtherImages
	archive      *quality.Archive        // of the images of training; nil: not compared yet
	adapted      *adapted                // nil: not adapted yet
	drawn        map[string]*dataset.Set // of the adapted generator by its source, all of them

	show func(c *cell, made *dataset.Set) error // is told of the further images of the first draw; nil: nothing is
}

// furtherImages are those of a source in a draw or in a part of it.
type furtherImages struct {
	set    *dataset.Set
	memory *quality.Memory
}

func (s *Study) newBench(backend kernels.Backend, k, draw int) (*bench, error) {
	b := &bench{study: s, backend: backend, pool: s.newPool(), k: k, draw: draw, made: map[string]*furtherImages{}, drawn: map[string]*dataset.Set{}}
	b.learn = func(a *Arm) (learner, error) { return s.newLearner(cmp.Or(a.Classifier, s.Classifier), b.pool) }
	var err error
	b.rows, b.unused, err = s.Task.draw(k, draw)
	return b, err
}

// forget leaves out the features of images that were made in this draw.
func (b *bench) forget() {
	for _, f := range b.made {
		b.pool.forget(f.set)
	}
	for _, set := range b.drawn {
		b.pool.forget(set)
	}
}

// run trains the classifier of a cell and asks it.
func (b *bench) run(ctx context.Context, c *cell) (*outcome, error) {
	t := &b.study.Task
	rows, asked, unused := b.rows, t.Test, b.unused
	seed := t.seed(forClassifier, c.draw, c.seed)
	switch {
	case c.part > 0:
		rows, asked = b.split(c.part)
		unused, seed = nil, t.seed(forFold, c.draw, c.part)
	case c.arm.Source == oracle:
		rows, unused = t.Training, nil
	}
	more, err := b.further(ctx, c, rows)
	if err != nil {
		return nil, err
	}
	learn, err := b.learn(c.arm)
	if err != nil {
		return nil, err
	}
	a, err := learn(ctx, b.backend, newLesson(c.arm, t.Set, rows, more.set), seed)
	if err != nil {
		return nil, err
	}
	o := &outcome{Memory: more.memory}
	o.Test, err = ask(a, t.Set, asked)
	if err == nil {
		o.Unused, err = ask(a, t.Set, unused)
	}
	return o, errors.Join(err, a.Close())
}

func ask(a answerer, set *dataset.Set, rows []int) (classify.Confusion, error) {
	answers, err := a.Predict(set, rows)
	if err != nil {
		return nil, err
	}
	truth := make([]int, len(rows))
	for i, row := range rows {
		truth[i] = set.Class[row]
	}
	return classify.Confuse(truth, answers, len(set.Classes)), nil
}

// split holds back a part of the rows of a draw: a fold of every class, at least one row. Rows of a class and group stay together.
func (b *bench) split(part int) (kept, back []int) {
	t := &b.study.Task
	for class := range t.Set.Classes {
		m := material{task: t, rows: b.rows}
		units := b.units(m.of(class))
		n := min(folds, len(units))
		fold := (part - 1) % n // a class of few rows has fewer folds
		from, to := fold*len(units)/n, (fold+1)*len(units)/n
		back = append(back, slices.Concat(units[from:to]...)...)
		kept = append(append(kept, slices.Concat(units[:from]...)...), slices.Concat(units[to:]...)...)
	}
	slices.Sort(kept)
	slices.Sort(back)
	return kept, back
}

// units are the groups of rows of a class in a random order. Rows of a single group are each alone: some must be held back, and some
// kept.
func (b *bench) units(rows []int) [][]int {
	t := &b.study.Task
	units := t.groups(rows)
	if len(units) == 1 {
		units = slices.Collect(slices.Chunk(rows, 1))
	}
	die := Task{Seed: t.seed(forFold, b.draw, 0)}
	slices.SortFunc(units, func(x, y []int) int {
		return cmp.Compare(die.seed(forFold, x[0], 0), die.seed(forFold, y[0], 0))
	})
	return units
}

// further are the images of a cell's source, made from rows.
func (b *bench) further(ctx context.Context, c *cell, rows []int) (*furtherImages, error) {
	if !c.arm.made() {
		return &furtherImages{}, nil
	}
	key := c.sourceKey()
	if f := b.made[key]; f != nil {
		return f, nil
	}
	number := slices.Index(Sources(), c.arm.Source)
	m := &material{task: &b.study.Task, rows: rows, seed: b.study.seed(forSource, c.draw, c.part<<8|number)}
	var set *dataset.Set
	var err error
	if slices.Contains(recipes, c.arm.Source) {
		set, err = b.recipe(ctx, c.arm, m)
	} else {
		set, err = m.make(ctx, c.arm.Source)
	}
	if err != nil {
		return nil, err
	}
	f := &furtherImages{set: set}
	if c.part == 0 {
		f.memory = b.memory(set, c.arm)
	}
	if c.part == 0 && c.draw == 0 && b.show != nil {
		if err := b.show(c, set); err != nil {
			return nil, err
		}
	}
	b.made[key] = f
	return f, nil
}

// sourceKey is what the further images of a cell depend on: some are judged by a classifier of the arm. Every arm with made images draws
// classes equally often.
func (c *cell) sourceKey() string {
	return fmt.Sprintf("%s/%d/%v/%s", c.arm.Source, c.part, c.arm.Vary, c.arm.Classifier)
}

// memory compares images of rare classes with those of training, in all mirror images if the arm mirrors.
func (b *bench) memory(made *dataset.Set, a *Arm) *quality.Memory {
	set := b.study.Set
	if b.archive == nil {
		var real [][]float64
		for _, row := range b.rows {
			real = append(real, float64s(set.Sample(row)))
		}
		b.archive = quality.NewArchive(real, nil)
	}
	var forms [][][]float64
	for row, class := range made.Class {
		if b.study.isRare(class) {
			forms = append(forms, formsOf(made, row, a.Vary))
		}
	}
	if len(forms) == 0 {
		return nil // a classifier has kept none
	}
	m := b.archive.Memory(forms, nil)
	return &m
}

// formsOf are the mirror images of a sample.
func formsOf(set *dataset.Set, row int, vary dataset.Augment) (forms [][]float64) {
	for n := range vary.Flips() {
		x := make([]float32, set.Size())
		vary.Apply(x, set.Sample(row), set.Shape, [dataset.AugmentValues]float32{float32(n % 2), float32(n / 2)})
		forms = append(forms, float64s(x))
	}
	return forms
}

func float64s(x []float32) (y []float64) {
	for _, v := range x {
		y = append(y, float64(v))
	}
	return y
}

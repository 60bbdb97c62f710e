package fewshot

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/diffusion/run"
)

// Study compares arms on a task.
type Study struct {
	Task
	K          int // images of each rare class
	Harm       int // images of each rare class in the comparison that asks for harm; 0: there is none
	Draws      int
	Seeds      int // classifiers of each arm in a draw
	Parts      int // parts of a draw on which baselines are validated
	Arms       []Arm
	Classifier string // one of Classifiers

	// Generator is a diffusion model of classes that are not rare, for the arms and the classifier that need one; nil: there is none.
	Generator *run.Network
	Adapt     int // updates of its adaptation to the images of a draw

	network func(*classify.Options) // of tests: a shorter training
	read    int                     // of tests: fewer images of a lesson that are encoded
}

// Defaults of a study.
const (
	DefaultDraws = 20
	DefaultSeeds = 3
	DefaultParts = 2
	DefaultAdapt = 350
)

// folds is how many parts the rows of a class are cut into for validation; fewer rows are cut into single ones.
const folds = 5

// Check reports what is wrong with a study.
func (s *Study) Check() error {
	for _, k := range []int{s.K, max(s.K, s.Harm)} {
		if err := s.Task.check(k); err != nil {
			return err
		}
	}
	switch {
	case s.Draws < 2 || s.Draws > 1000 || s.Seeds < 1 || s.Seeds > 1000:
		return fmt.Errorf("fewshot: %d draws of %d seeds; allowed: 2 to 1000 draws, since intervals are over draws, of 1 to 1000 seeds", s.Draws, s.Seeds)
	case s.Parts < 1 || s.Parts > folds:
		return fmt.Errorf("fewshot: validation on %d parts of a draw; allowed: 1 to %d", s.Parts, folds)
	case s.Harm != 0 && s.Harm <= s.K:
		return fmt.Errorf("fewshot: harm at k of %d beside k of %d; allowed: more, or 0 for none", s.Harm, s.K)
	case len(s.Arms) == 0:
		return errors.New("fewshot: a study without arms; allowed: at least one")
	case len(s.candidates()) > 1 && min(s.K, slices.Min(s.Set.Counts(s.Training))) < 2:
		return errors.New("fewshot: of a class with one image none is left to choose the bar by; allowed: at least 2 of each class, or a single baseline")
	}
	for i, a := range s.Arms {
		if slices.ContainsFunc(s.Arms[:i], func(b Arm) bool { return a.Name == b.Name }) {
			return fmt.Errorf("fewshot: the arm %q is named twice; allowed: each once", a.Name)
		}
		if a.Classifier == s.Classifier {
			return fmt.Errorf("fewshot: the arm %q has the classifier of the study; allowed: without it, or with another one", a.Name)
		}
	}
	if err := s.checkHarm(); err != nil {
		return err
	}
	if err := s.checkRecipes(); err != nil {
		return err
	}
	_, err := s.newLearner(s.Classifier, nil)
	return err
}

// checkHarm is an error unless the comparison that asks for harm has two sides.
func (s *Study) checkHarm() error {
	switch {
	case s.Harm == 0:
		return nil
	case len(s.tested()) == 0:
		return fmt.Errorf("fewshot: harm at k of %d, and no arm needs a generator; allowed: at least one (%s, %s), or 0 for none", s.Harm, strings.Join(recipes, ", "), Encoder)
	case len(s.candidates()) == 0:
		return fmt.Errorf("fewshot: harm at k of %d, and no arm can be the bar; allowed: at least one without a generator beside the oracle, or 0 for none", s.Harm)
	}
	return nil
}

// checkRecipes is an error unless there is a generator where one is needed, and only there.
func (s *Study) checkRecipes() error {
	needed := s.Classifier == Encoder
	for _, a := range s.Arms {
		if needed = needed || a.trained(); a.trained() && s.Generator == nil {
			return fmt.Errorf("fewshot: the arm %q needs a trained generator; allowed: a run of the classes that are not rare (--synth)", a.Name)
		}
	}
	switch {
	case s.Generator == nil:
		return nil
	case !needed:
		return fmt.Errorf("fewshot: a generator that nothing uses; allowed: with an arm of %s, or with the classifier %s", strings.Join(recipes, ", "), Encoder)
	case s.Adapt < 1 || s.Adapt > 1<<20:
		return fmt.Errorf("fewshot: an adaptation of %d updates; allowed: 1 to %d", s.Adapt, 1<<20)
	}
	return s.Task.checkGenerator(s.Generator)
}

// candidates are the arms that may be the bar.
func (s *Study) candidates() (list []*Arm) {
	for i := range s.Arms {
		if s.Arms[i].Baseline() {
			list = append(list, &s.Arms[i])
		}
	}
	return list
}

// tested are the arms that need a generator, without the oracle.
func (s *Study) tested() (list []*Arm) {
	for i := range s.Arms {
		if a := &s.Arms[i]; a.trained() && a.Source != oracle {
			list = append(list, a)
		}
	}
	return list
}

// cell is one training of a classifier.
type cell struct {
	arm     *Arm
	k, draw int
	seed    int // from 1; 0 in a validation
	part    int // from 1, of a validation; 0: none
}

// name is that of the cell's file.
func (s *Study) name(c *cell) string {
	last := fmt.Sprintf("draw%03d-seed%d", c.draw, c.seed)
	if c.part > 0 {
		last = fmt.Sprintf("draw%03d-part%d", c.draw, c.part)
	}
	arm := c.arm.Name
	if c.arm.trained() {
		arm += fmt.Sprintf("-%s-r%d", s.Generator.SHA256[:12], recipeNumber)
	}
	if c.arm.Classifier == Encoder {
		arm += fmt.Sprintf("-e%d", encoderNumber)
	}
	if slices.Contains(recipes, c.arm.Source) && s.Adapt != DefaultAdapt {
		arm += fmt.Sprintf("-u%d", s.Adapt)
	}
	return fmt.Sprintf("k%d/%s/%s.json", c.k, arm, last)
}

// cells are those of a draw in the main comparison: all arms, and the validation of those that may be the bar.
func (s *Study) cells(draw int) (list []cell) {
	candidates := s.candidates()
	for i := range s.Arms {
		list = append(list, s.trials(&s.Arms[i], s.K, draw)...)
		if s.Arms[i].Baseline() && len(candidates) > 1 {
			for part := range s.parts() {
				list = append(list, cell{arm: &s.Arms[i], k: s.K, draw: draw, part: part + 1})
			}
		}
	}
	return list
}

// parts is the number of parts that a draw can be validated on.
func (s *Study) parts() int { return min(s.Parts, s.K) }

// trials are the cells of an arm in a draw.
func (s *Study) trials(a *Arm, k, draw int) (list []cell) {
	for seed := range s.Seeds {
		list = append(list, cell{arm: a, k: k, draw: draw, seed: seed + 1})
	}
	return list
}

// harmCells are those of a draw with more images: the bar, and the arms that need a generator.
func (s *Study) harmCells(bar *Arm, draw int) (list []cell) {
	for _, a := range append([]*Arm{bar}, s.tested()...) {
		list = append(list, s.trials(a, s.Harm, draw)...)
	}
	return list
}

package fewshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
)

// Sources that need a trained generator of the other classes.
const (
	adapt     = "adapt"     // it is adapted to the k images and draws from noise
	harmonise = "harmonise" // pastes get some noise, which the adapted generator removes
	uncertain = "uncertain" // samples from noise, of which a classifier without them gives their class neither a low nor a high probability
	guided    = "guided"    // samples from noise, guided by the network early in its adaptation (autoguidance, arXiv 2406.02507)
	fly       = "fly"       // samples from noise, of which the classifier in training draws those that it is unsure of, see lesson.redraw
)

// recipes are these sources.
var recipes = []string{adapt, harmonise, uncertain, guided, fly}

// recipeNumber is in the names of cells with images of a generator. It is raised when a change of the program changes these
// images, so that older cells are not taken for new ones; those of other arms stay.
const recipeNumber = 2

// Numbers of the recipes.
const (
	harmoniseSigma = 0.5 // noise that pastes get: the deviation of the data
	harmoniseSteps = 4   // of Heun, so seven evaluations
	leastSigma     = 0.002
	rho            = 7
	askedPerKept   = 4 // samples from noise for each one that is wanted
)

// bounds are probabilities of its class that an image is kept with.
type bounds struct{ least, most float64 }

func (b bounds) has(p float64) bool { return p >= b.least && p <= b.most }

var (
	sureOfPaste = bounds{0.3, 1}   // of harmonised pastes
	unsure      = bounds{0.3, 0.8} // of uncertain samples
)

// recipe makes the images of a source with a generator. Samples depend on the draw, and where a classifier judges them on the arm
// without its source.
func (b *bench) recipe(ctx context.Context, a *Arm, m *material) (*dataset.Set, error) {
	if b.study.Generator == nil {
		return nil, fmt.Errorf("fewshot: the arm %q needs a generator", a.Name)
	}
	source := a.Source
	if source == fly {
		source = uncertain // the same samples: there, a trained classifier chooses among them
	}
	made := b.drawn[source]
	if made == nil {
		var err error
		if made, err = b.sampled(ctx, source, m); err != nil {
			return nil, err
		}
		b.drawn[source] = made
	}
	switch a.Source {
	case harmonise:
		return b.judged(ctx, a, m, made, sureOfPaste)
	case uncertain:
		return b.judged(ctx, a, m, made, unsure)
	}
	return made, nil
}

// sampled are the images that the adapted generator makes of a source, before a classifier chooses.
func (b *bench) sampled(ctx context.Context, source string, m *material) (*dataset.Set, error) {
	if b.adapted == nil {
		own := *m
		own.seed = b.study.seed(forAdapting, b.draw, 0)
		var err error
		if b.adapted, err = own.adapt(ctx, b.backend, b.study.Generator, b.study.Adapt); err != nil {
			return nil, err
		}
	}
	from, number := b.adapted, slices.Index(recipes, source)
	if source == guided {
		from, number = from.guided(), slices.Index(recipes, adapt) // the same noise, so that they differ by the guide alone
	}
	noise := b.study.seed(forNoise, b.draw, number)
	if source == harmonise {
		return b.harmonised(ctx, m, noise)
	}
	plan, err := from.noisePlan()
	if err != nil {
		return nil, err
	}
	made := m.set(source)
	if made.Class = m.wanted(); source == uncertain {
		made.Class = slices.Repeat(made.Class, askedPerKept)
	}
	return made, from.draw(ctx, b.backend, plan, made, noise)
}

// harmonised are pastes that the generator has drawn anew from some noise (SDEdit, arXiv 2108.01073).
func (b *bench) harmonised(ctx context.Context, m *material, noise uint64) (*dataset.Set, error) {
	levels, sampler := append(diffusion.Karras(harmoniseSteps, leastSigma, harmoniseSigma, rho), diffusion.Clean), "heun"
	if b.adapted.Tuned {
		levels, sampler = []diffusion.Level{diffusion.EDMLevel(harmoniseSigma), diffusion.Clean}, "consistency"
	}
	plan, err := diffusion.SamplerByName(sampler, levels)
	if err != nil {
		return nil, err
	}
	made := m.paste()
	return made, b.adapted.draw(ctx, b.backend, plan, made, noise)
}

// judged keeps the images whose class has a probability between bounds, by a classifier of the arm without its source.
func (b *bench) judged(ctx context.Context, a *Arm, m *material, made *dataset.Set, keep bounds) (*dataset.Set, error) {
	plain := *a
	plain.Source, plain.Share = "", 0
	learn, err := b.learn(&plain)
	if err != nil {
		return nil, err
	}
	judge, err := learn(ctx, b.backend, newLesson(&plain, b.study.Set, m.rows, nil), b.study.seed(forJudge, b.draw, 0))
	if err != nil {
		return nil, err
	}
	chances, err := judge.Probabilities(made, made.Rows())
	if err = errors.Join(err, judge.Close()); err != nil {
		return nil, err
	}
	kept := m.set(made.Name)
	for row, p := range chances {
		if class := made.Class[row]; keep.has(p[class]) {
			kept.Class, kept.Values = append(kept.Class, class), append(kept.Values, made.Sample(row)...)
		}
	}
	return kept, nil
}

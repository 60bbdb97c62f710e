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
)

// recipes are these sources.
var recipes = []string{adapt, harmonise, uncertain, guided}

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
	if b.adapted == nil {
		own := *m
		own.seed = b.study.seed(forAdapting, b.draw, 0)
		var err error
		if b.adapted, err = own.adapt(ctx, b.backend, b.study.Generator, b.study.adaptUpdates()); err != nil {
			return nil, err
		}
	}
	number := slices.Index(recipes, a.Source)
	if a.Source == guided {
		number = slices.Index(recipes, adapt) // the same noise, so that they differ by the guide alone
	}
	noise := b.study.seed(forNoise, b.draw, number)
	if a.Source == harmonise {
		return b.harmonised(ctx, a, m, noise)
	}
	plan, err := b.adapted.noisePlan()
	if err != nil {
		return nil, err
	}
	made := m.set(a.Source)
	if made.Class = m.wanted(); a.Source == uncertain {
		made.Class = slices.Repeat(made.Class, askedPerKept)
	}
	from := b.adapted
	if a.Source == guided {
		from = from.guided()
	}
	if err := from.draw(ctx, b.backend, plan, made, noise); err != nil || a.Source != uncertain {
		return made, err
	}
	return b.judged(ctx, a, m, made, unsure)
}

// harmonised are pastes that the generator has drawn anew from some noise (SDEdit, arXiv 2108.01073), without those that the
// classifier takes for something else.
func (b *bench) harmonised(ctx context.Context, a *Arm, m *material, noise uint64) (*dataset.Set, error) {
	levels, sampler := append(diffusion.Karras(harmoniseSteps, leastSigma, harmoniseSigma, rho), diffusion.Clean), "heun"
	if b.adapted.Tuned {
		levels, sampler = []diffusion.Level{diffusion.EDMLevel(harmoniseSigma), diffusion.Clean}, "consistency"
	}
	plan, err := diffusion.SamplerByName(sampler, levels)
	if err != nil {
		return nil, err
	}
	made := m.paste()
	if err := b.adapted.draw(ctx, b.backend, plan, made, noise); err != nil {
		return nil, err
	}
	return b.judged(ctx, a, m, made, sureOfPaste)
}

// judged keeps the images whose class has a probability between bounds, by a classifier of the arm without its source.
func (b *bench) judged(ctx context.Context, a *Arm, m *material, made *dataset.Set, keep bounds) (*dataset.Set, error) {
	plain := *a
	plain.Source, plain.Share = "", 0
	judge, err := b.learn(ctx, b.backend, newLesson(&plain, b.study.Set, m.rows, nil), b.study.seed(forJudge, b.draw, 0))
	if err != nil {
		return nil, err
	}
	chances, err := judge.Probabilities(made, made.Rows())
	if err = errors.Join(err, judge.Close()); err != nil {
		return nil, err
	}
	kept := m.set(made.Name)
	for row, p := range chances {
		if class := made.Class[row]; p[class] >= keep.least && p[class] <= keep.most {
			kept.Class, kept.Values = append(kept.Class, class), append(kept.Values, made.Sample(row)...)
		}
	}
	return kept, nil
}

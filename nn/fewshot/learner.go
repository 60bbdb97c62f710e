package fewshot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
)

// Classifiers.
const (
	CNN      = "cnn"      // the network of package classify, pooled
	Logistic = "logistic" // logistic regression on the features of package quality
	Encoder  = "encoder"  // logistic regression on the features of a generator's network
)

// Classifiers lists the kinds of classifiers.
func Classifiers() []string { return []string{CNN, Logistic, Encoder} }

// answerer is a trained classifier.
type answerer interface {
	Predict(set *dataset.Set, rows []int) ([]int, error)
	Probabilities(set *dataset.Set, rows []int) ([][]float64, error)
	Close() error
}

// learner trains a classifier on a lesson.
type learner func(ctx context.Context, b kernels.Backend, l *lesson, seed uint64) (answerer, error)

// newLearner is a kind of classifier.
func (s *Study) newLearner(kind string, p *pool) (learner, error) {
	switch kind {
	case CNN:
		return s.learnNetwork, nil
	case Logistic:
		return learnFixed, nil
	case Encoder:
		if s.Generator == nil {
			return nil, fmt.Errorf("fewshot: the classifier %s needs a generator, whose network it reads", Encoder)
		}
		return func(ctx context.Context, b kernels.Backend, l *lesson, seed uint64) (answerer, error) {
			return learnEncoded(ctx, b, p, l, seed)
		}, nil
	}
	return nil, fmt.Errorf("fewshot: there is no classifier %q; allowed: %s", kind, strings.Join(Classifiers(), ", "))
}

// networkRounds is how often the network chooses among further images as it learns, and once more.
const networkRounds = 5

// learnNetwork trains the network of package classify.
func (s *Study) learnNetwork(ctx context.Context, b kernels.Backend, l *lesson, seed uint64) (answerer, error) {
	o := networkOptions()
	if s.network != nil {
		s.network(&o)
	}
	o.Seed, o.Vary = seed, l.vary
	if l.chooses {
		o.Rounds = &classify.Rounds{N: networkRounds, Spare: l.made(), Next: func(c *classify.Classifier, round int) ([]float32, error) {
			err := l.redraw(c, round, networkRounds-1)
			return l.draws, err
		}}
	}
	return classify.Train(ctx, b, l.set, l.draws, o)
}

// networkOptions are those of the network: as many images as with the default of package classify, but half a batch twice as fast.
func networkOptions() classify.Options {
	o := classify.Defaults()
	o.Batch, o.LR, o.Dropout, o.Pooled = 32, 5e-3, 0.1, true
	return o
}

// fixed is logistic regression on fixed features.
type fixed struct{ *logistic }

// lessonRows is the most images of a lesson that logistic regression reads.
const lessonRows = 2000

// learnFixed draws the images of a lesson, varied, and fits their features.
func learnFixed(ctx context.Context, _ kernels.Backend, l *lesson, seed uint64) (answerer, error) {
	return regress(l, fixedIterations, func() (features [][]float64, class []int, err error) {
		samples, class := l.varied(seed)
		size := l.set.Size()
		for i := range class {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			features = append(features, featuresOf(l.set, samples[i*size:][:size]))
		}
		return features, class, nil
	}, func(m *logistic) answerer { return fixed{m} })
}

// regressions is how often a regression chooses among further images, and is fitted again.
const regressions = 2

// fixedIterations is the most iterations of the search on fixed features, which ends before.
const fixedIterations = 1000

// regress fits the features that are read of a lesson, and makes a classifier of the fit.
func regress(l *lesson, iterations int, read func() (features [][]float64, class []int, err error), with func(*logistic) answerer) (answerer, error) {
	var m *logistic
	for round := 1; ; round++ {
		features, class, err := read()
		if err != nil {
			return nil, err
		}
		if m, err = fitLogistic(features, class, len(l.set.Classes), search{iterations, m}); err != nil {
			return nil, err
		}
		a := with(m)
		if !l.chooses || round > regressions {
			return a, nil
		}
		if err := l.redraw(a, round, regressions); err != nil {
			return nil, err
		}
	}
}

// varied draws images of a lesson evenly from its table, varies each, and returns them with their classes. A short table is taken as
// it is.
func (l *lesson) varied(seed uint64) (samples []float32, class []int) {
	n, size := min(lessonRows, len(l.draws)), l.set.Size()
	samples = make([]float32, n*size)
	for i := range n {
		row := int(l.draws[i*len(l.draws)/n])
		l.vary.Apply(samples[i*size:][:size], l.set.Sample(row), l.set.Shape, l.vary.Values(seed, uint32(i), 0))
		class = append(class, l.set.Class[row])
	}
	return samples, class
}

// featuresOf are those of one sample in the units of a set.
func featuresOf(set *dataset.Set, sample []float32) []float64 {
	if len(set.Shape) == 2 {
		s := quality.Sequence{Times: set.Shape[0], Channels: set.Shape[1]}
		for _, v := range sample {
			s.Values = append(s.Values, float64(v))
		}
		return quality.SequenceFeatures(s)
	}
	return quality.Features(greyOf(set, sample))
}

// greyOf is the mean over the channels of an image, 0 to 255.
func greyOf(set *dataset.Set, sample []float32) quality.Image {
	c := set.Channels()
	g := quality.Image{Height: set.Shape[0], Width: set.Shape[1], Values: make([]float64, len(sample)/c)}
	for i, v := range sample {
		g.Values[i/c] += 255 * (float64(v) - float64(set.Low)) / float64(set.High-set.Low) / float64(c)
	}
	return g
}

func (f fixed) Probabilities(set *dataset.Set, rows []int) ([][]float64, error) {
	all := make([][]float64, len(rows))
	for i, row := range rows {
		all[i] = f.probabilities(featuresOf(set, set.Sample(row)))
	}
	return all, nil
}

func (f fixed) Predict(set *dataset.Set, rows []int) ([]int, error) {
	p, err := f.Probabilities(set, rows)
	return likeliest(p), err
}

// likeliest are the classes with the highest probabilities.
func likeliest(p [][]float64) []int {
	all := make([]int, len(p))
	for i := range p {
		all[i] = slices.Index(p[i], slices.Max(p[i]))
	}
	return all
}

func (f fixed) Close() error { return nil }

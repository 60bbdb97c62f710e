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
)

// Classifiers lists the kinds of classifiers.
func Classifiers() []string { return []string{CNN, Logistic} }

// answerer is a trained classifier.
type answerer interface {
	Predict(set *dataset.Set, rows []int) ([]int, error)
	Probabilities(set *dataset.Set, rows []int) ([][]float64, error)
	Close() error
}

// learner trains a classifier on a lesson.
type learner func(ctx context.Context, b kernels.Backend, l *lesson, seed uint64) (answerer, error)

// newLearner is a kind of classifier. network changes the training of the network; nil: it does not.
func newLearner(kind string, network func(*classify.Options)) (learner, error) {
	switch kind {
	case CNN:
		return func(ctx context.Context, b kernels.Backend, l *lesson, seed uint64) (answerer, error) {
			o := networkOptions()
			if network != nil {
				network(&o)
			}
			o.Seed, o.Vary = seed, l.vary
			return classify.Train(ctx, b, l.set, l.draws, o)
		}, nil
	case Logistic:
		return func(ctx context.Context, _ kernels.Backend, l *lesson, seed uint64) (answerer, error) {
			return learnFixed(ctx, l, seed)
		}, nil
	}
	return nil, fmt.Errorf("fewshot: there is no classifier %q; allowed: %s", kind, strings.Join(Classifiers(), ", "))
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
func learnFixed(ctx context.Context, l *lesson, seed uint64) (answerer, error) {
	draws := l.draws
	if len(draws) > lessonRows {
		draws = make([]float32, lessonRows)
		for i := range draws {
			draws[i] = l.draws[i*len(l.draws)/lessonRows]
		}
	}
	var features [][]float64
	var class []int
	varied := make([]float32, l.set.Size())
	for i, row := range draws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.vary.Apply(varied, l.set.Sample(int(row)), l.set.Shape, l.vary.Values(seed, uint32(i), 0))
		features, class = append(features, featuresOf(l.set, varied)), append(class, l.set.Class[int(row)])
	}
	m, err := fitLogistic(features, class, len(l.set.Classes))
	return fixed{m}, err
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
	all := make([]int, len(p))
	for i := range p {
		all[i] = slices.Index(p[i], slices.Max(p[i]))
	}
	return all, err
}

func (f fixed) Close() error { return nil }

package run

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
)

// training is how the classifiers of an evaluation are trained.
func (e *evaluator) training() classify.Options {
	o := classify.Defaults()
	o.Vary = e.vary
	if e.options.change != nil {
		e.options.change(&o)
	}
	return o
}

// classify trains classifiers on rows of a set and tests each on all held-out images: the classification accuracy score of
// Ravuri and Vinyals, arXiv 1905.10887.
func (e *evaluator) classify(ctx context.Context, f *figures, set *dataset.Set, rows []int, seed uint64) error {
	if e.options.Classifiers == 0 {
		return nil
	}
	draws, err := classify.Balanced(set, rows)
	if err != nil {
		return err
	}
	for i := range uint64(e.options.Classifiers) {
		o := e.training()
		o.Seed = forClassifier + seed<<16 + i
		o.Progress = e.work.updates(o.Flops(set.Shape))
		score, err := e.test(ctx, set, draws, o)
		if err != nil {
			return err
		}
		f.accuracy, f.f1 = append(f.accuracy, score.Accuracy()), append(f.f1, score.MacroF1())
	}
	return nil
}

// test trains one classifier and asks it for the classes of the held-out images.
func (e *evaluator) test(ctx context.Context, set *dataset.Set, draws []float32, o classify.Options) (_ classify.Confusion, err error) {
	c, err := classify.Train(ctx, e.backend, set, draws, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	real := e.parts.set
	answers, err := c.Predict(real, e.parts.apart)
	if err != nil {
		return nil, err
	}
	var truth []int
	for _, row := range e.parts.apart {
		truth = append(truth, real.Class[row])
	}
	return classify.Confuse(truth, answers, len(real.Classes)), nil
}

package run

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/machine"
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
		o.Progress = e.work.training(o.Flops(set.Shape))
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

// work is how much of an evaluation is done, by the floating-point operations of sampling and of training classifiers.
type work struct {
	sample      int64 // of one evaluation of the network for one sample
	done, total int64
	report      func(done, total int)
}

// parts of the whole that are reported.
const thousand = 1000

func (e *evaluator) plannedWork() (*work, error) {
	w := &work{report: e.options.Progress}
	var err error
	if w.sample, err = e.flops(); err != nil {
		return nil, err
	}
	if e.options.Guidance != 1 {
		w.sample *= 2 // with the class and without
	}
	o := e.options
	for _, steps := range o.Steps {
		plan, err := e.plan(o.sample(steps))
		if err != nil {
			return nil, err
		}
		w.total += w.sample * int64(len(plan)*o.Seeds*len(e.classes))
	}
	const baselines = 4
	train := e.training()
	w.total += train.Flops(e.data.Shape) * int64(o.Classifiers*(1+o.Seeds*(len(o.Steps)+baselines)))
	return w, nil
}

// flops are those of the network for one sample.
func (g *generator) flops() (total int64, err error) {
	l := machine.NewLayout()
	net, batch := g.model.Params().Place(l, "net"), g.model.Place(l, "batch", 1)
	b := machine.NewBuilder("evaluate", l)
	g.model.Evaluate(b, net, batch)
	p, err := b.Build()
	if err != nil {
		return 0, err
	}
	for i := range p.Descs {
		total += p.Flops(i)
	}
	return total, nil
}

// drawing counts samples of some evaluations each.
func (w *work) drawing(evaluations int) func(done, total int) {
	before := w.done
	return func(done, _ int) { w.at(before + int64(done*evaluations)*w.sample) }
}

// training counts the updates of a classifier.
func (w *work) training(flops int64) func(done, total int) {
	before := w.done
	return func(done, total int) { w.at(before + flops*int64(done)/int64(total)) }
}

func (w *work) at(done int64) {
	w.done = done
	w.report(int(thousand*float64(done)/float64(max(1, w.total))), thousand)
}

func (w *work) finish() { w.at(w.total) }

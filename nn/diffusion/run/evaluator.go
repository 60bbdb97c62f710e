package run

import (
	"cmp"
	"context"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/baseline"
	"github.com/gmel-go/gmel/nn/train"
)

// evaluator measures one row of an Evaluation after the other.
type evaluator struct {
	*generator
	options  *EvalOptions
	backend  kernels.Backend
	parts    *parts
	compared []int // rows of training that samples are compared with
	view     view
	meter    *meter
	vary     dataset.Augment
	apart    []int // held-out rows that are measured
	classes  []int // of the samples of a row; those of apart come first
	work     *work
	result   *Evaluation
}

// newEvaluator reads the set of the run.
func newEvaluator(c *Config, g *generator, o *EvalOptions) (*evaluator, error) {
	o.Progress(0, thousand) // reading takes a while, too
	p, err := g.setAgain(c, fewest)
	if err != nil {
		return nil, err
	}
	e := &evaluator{generator: g, options: o, parts: p, view: viewOf(c, g.data), vary: variations(&c.Data, p.set.Shape)}
	e.compared = p.compared().trained
	count := cmp.Or(o.Count, len(p.trained))
	e.apart = spread(p.set, p.apart, min(count, len(p.apart)))
	for _, row := range slices.Concat(e.apart, spread(p.set, p.trained, count-len(e.apart))) {
		e.classes = append(e.classes, p.set.Class[row])
	}
	e.result = &Evaluation{
		noun: g.data.noun(), Set: c.Data.Source, Training: len(e.compared), Images: len(e.apart), Count: count, Seed: o.Seed, Seeds: o.Seeds, Classifiers: o.Classifiers,
	}
	e.work, err = e.plannedWork()
	return e, err
}

// setAgain reads the set of the run, which must be what the run began with and hold out at least this number of samples.
func (g *generator) setAgain(c *Config, least int) (*parts, error) {
	noun := g.data.noun()
	if c.Data.HeldOut == 0 {
		return nil, train.Usagef("the run holds no %ss out (data.held_out is 0), so none are left that it has not seen; train with data.held_out above 0", noun)
	}
	p, err := c.Data.split()
	if err != nil {
		return nil, err
	}
	if now := digest(p.set); now != g.data.SHA256 {
		return nil, train.Usagef("the %ss of %s have changed since the run began: %d with SHA-256 %.12s then, %d with %.12s now; --data says where those are that it began with",
			noun, c.Data.Source, g.data.Images, g.data.SHA256, p.set.N(), now)
	}
	if len(p.apart) < least {
		return nil, train.Usagef("the run holds %d %ss out, and %d are needed; train with more of them or a larger data.held_out", len(p.apart), noun, least)
	}
	return p, nil
}

// variations are how a classifier varies samples, and how moved varies its copies: mirrored as in the run, and shifted by up to
// a tenth.
func variations(d *Data, shape []int) dataset.Augment {
	a := d.augment()
	a.ShiftX, a.ShiftY = shape[0]/10, 0
	if len(shape) == 3 {
		a.ShiftX, a.ShiftY = shape[1]/10, shape[0]/10
	}
	return a
}

// spread is n of some rows, ascending and evenly over the classes: each has its share, up to one. If n is larger, rows
// repeat.
func spread(set *dataset.Set, rows []int, n int) []int {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(set.Class[a], set.Class[b]) })
	list := make([]int, n)
	for i := range list {
		list[i] = sorted[(2*i+1)*len(sorted)/(2*n)]
	}
	slices.Sort(list)
	return list
}

// prepare looks at the samples of training.
func (e *evaluator) prepare() error {
	training, err := e.view.subjects(e.parts.set, e.compared, e.work.part(e.work.looking(len(e.compared))))
	if err == nil {
		e.meter, err = newMeter(training, e.work.part(e.work.preparing()))
	}
	return err
}

// run measures all rows.
func (e *evaluator) run(ctx context.Context) error {
	if err := e.prepare(); err != nil {
		return err
	}
	if err := e.real(ctx); err != nil {
		return err
	}
	for _, steps := range e.options.Steps {
		if err := e.generated(ctx, steps); err != nil {
			return err
		}
	}
	training := baseline.Of(e.parts.set, e.parts.trained)
	for _, g := range baseline.All(e.vary) {
		err := e.row(ctx, EvalRow{Images: g.Name}, func(seed uint64) (*dataset.Set, error) {
			return g.Draw(training, e.classes, seed+forBaseline, e.work.part(e.work.making()))
		})
		if err != nil {
			return err
		}
	}
	e.work.finish()
	return nil
}

// Parts of the seeds of baselines and classifiers, so that nothing of theirs is drawn as the noise of samples is.
const (
	forBaseline   = 1 << 40
	forClassifier = 1 << 41
)

// real is the row of the held-out samples. Its classifiers are trained on samples of training.
func (e *evaluator) real(ctx context.Context) error {
	f, err := e.look(e.parts.set, e.apart)
	if err != nil {
		return err
	}
	rows := spread(e.parts.set, e.parts.trained, min(e.result.Count, len(e.parts.trained)))
	if err := e.classify(ctx, f, e.parts.set, rows, e.options.Seed); err != nil {
		return err
	}
	e.result.add(EvalRow{Images: "real, held out"}, []*figures{f})
	return nil
}

// generated is the row of samples of the network by a number of steps.
func (e *evaluator) generated(ctx context.Context, steps int) error {
	s := e.options.sample(steps)
	plan, err := e.plan(s)
	if err != nil {
		return err
	}
	r := EvalRow{Images: "generated", Sampler: s.Sampler, Steps: steps, Evaluations: len(plan), Guidance: s.Guidance}
	return e.row(ctx, r, func(seed uint64) (*dataset.Set, error) {
		return e.draw(ctx, e.backend, request{s, seed, e.classes, e.work.drawing(len(plan))})
	})
}

// row draws by each seed and measures.
func (e *evaluator) row(ctx context.Context, r EvalRow, draw func(seed uint64) (*dataset.Set, error)) error {
	var all []*figures
	for i := range uint64(e.options.Seeds) {
		drawn, err := draw(e.options.Seed + i)
		if err != nil {
			return err
		}
		clip(drawn)
		f, err := e.look(drawn, drawn.Rows()[:len(e.apart)])
		if err == nil {
			err = e.classify(ctx, f, drawn, drawn.Rows(), e.options.Seed+i)
		}
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	e.result.add(r, all)
	return nil
}

// clip limits values to the range of the set, as a picture has it.
func clip(s *dataset.Set) {
	for i, v := range s.Values {
		s.Values[i] = max(s.Low, min(s.High, v))
	}
}

// look measures rows of a set.
func (e *evaluator) look(set *dataset.Set, rows []int) (*figures, error) {
	list, err := e.view.subjects(set, rows, e.work.part(e.work.looking(len(rows))))
	if err != nil {
		return nil, err
	}
	points, forms := e.meter.place(list)
	w := e.work.part(e.work.comparing())
	f := &figures{kid: e.meter.real.KID(points, w.Part(0, .3))}
	f.Scores, err = e.meter.compare(points, forms, w.Part(.3, 1))
	return f, err
}

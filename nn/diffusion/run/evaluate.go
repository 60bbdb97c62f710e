package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/train"
)

// EvalOptions say what to measure of a run, and how.
type EvalOptions struct {
	Weights            // which parameters of the run
	Sampler     string // "": that of the run
	Steps       []int  // a row of the table each; none: those of the run
	Guidance    float64
	Count       int    // samples of a row; 0: as many as are trained on
	Seed        uint64 // of the first samples
	Seeds       int    // times that samples are drawn, each by a seed of its own
	Classifiers int    // that are trained on each draw; 0: none
	Data        string // where the set is now; "": where they were
	Threads     int    // 0: all cores
	Backend     string // "": that of the run
	Device      string // with Backend
	Progress    func(done, total int)
	Notice      func(string)

	own    *Sample                 // of the run
	change func(*classify.Options) // of classifiers; nil: they are trained as usual
}

// DefaultEval is what `gmel diffusion eval` measures if nothing else is asked for.
func DefaultEval() EvalOptions {
	return EvalOptions{Guidance: DefaultSample().Guidance, Seed: 1, Seeds: 1, Classifiers: 3}
}

// fewest is the least number of samples of a row.
const fewest = 10

// check reports the options that are not allowed.
func (o *EvalOptions) check() error {
	v := setting.NewChecker("")
	for _, steps := range o.Steps {
		v.Count("steps", steps, 1, mostSteps)
	}
	o.sample(1).Check(v)
	v.Require(o.Count == 0 || o.Count >= fewest && o.Count <= most, "count", o.Count, fmt.Sprintf("%d to %d, or 0 for as many as are trained on", fewest, most))
	v.Count("seeds", o.Seeds, 1, 1000)
	v.Count("classifiers", o.Classifiers, 0, 1000)
	return train.Usage(v.Err())
}

// sample is how the samples of a row are drawn.
func (o *EvalOptions) sample(steps int) *Sample {
	return drawnBy(o.own, o.Sampler, steps, o.Guidance)
}

// Evaluate measures samples by the network of a run beside held-out ones and cheap generators. It writes
// nothing to the run's folder. Equal options give equal figures on every backend and for any number of threads.
func Evaluate(ctx context.Context, dir string, o EvalOptions) (_ *Evaluation, err error) {
	c, _, err := folderConfig(train.Folder(dir))
	if err != nil {
		return nil, err
	}
	o.own = &c.Sample
	if len(o.Steps) == 0 {
		o.Steps = []int{o.sample(0).Steps}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	c.noteObjective(o.sample(1).Sampler, o.Notice)
	if err := o.canGuide(c, &Sample{Guidance: o.Guidance}); err != nil {
		return nil, err
	}
	c.Data.Source = cmp.Or(o.Data, c.Data.Source)
	g, by, err := o.load(train.Folder(dir), c, o.Notice)
	if err != nil {
		return nil, err
	}
	e, err := newEvaluator(c, g, &o)
	if err != nil {
		return nil, err
	}
	c.Train.runsOn(o.Threads, o.Backend, o.Device)
	if e.backend, err = openBackend(&c.Train, false, false); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.backend.Close()) }()
	e.result.By = by
	return e.result, e.run(ctx)
}

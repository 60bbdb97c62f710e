package loop

import (
	"context"
	"errors"
	"slices"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
)

// drawBatch is the largest number of samples of a batch. A sample is the same in every batch.
const drawBatch = 32

// plan is that of a sample of some steps.
func (g *Generator) plan(steps int) (diffusion.Plan, error) { return run.PlanOf(g.Sampler, steps) }

// draw is the first n samples of a class, [n, size], in the units of the set. Sample i depends on steps, seed and i alone.
func (l *loop) draw(ctx context.Context, m *model, class, n, steps int, seed uint64) (_ []float32, err error) {
	plan, err := l.config.Generator.plan(steps)
	if err != nil {
		return nil, err
	}
	s := sample.NewBuckets(l.backend, m.net, m.flat, plan, sample.Options{Batch: min(drawBatch, n), Predict: diffusion.PredictEDM, Seed: seed, Guidance: 1})
	defer func() { err = errors.Join(err, s.Close()) }()
	var all []float32
	err = s.Draw(ctx, slices.Repeat([]int{class}, n), nil, func(_ int, x []float32) error {
		all = append(all, x...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.standard.Back(all, all)
	return all, nil
}

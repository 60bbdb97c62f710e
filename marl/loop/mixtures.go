package loop

import (
	"context"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Where IEDs choose the steps of their samples, what a classifier learns from depends on what they chose: on the stock, by steps. So
// it is trained with every stock that a policy brings about, after all have played.

// steps are the numbers of steps that a sample may have.
func (g *Generator) steps(s *sim.Scenario) ([]int, error) {
	all := s.Steps()
	switch {
	case all == nil:
		return []int{g.Steps}, nil
	case g.Samples == 0:
		return nil, train.Usagef("generator.samples: 0 divides the evaluations of a task among samples, and in %s a task is one sample of the steps that an IED chooses; allowed: from 1 to %d", s.Name, most)
	}
	for k := range s.Tasks.Models {
		if n, all := s.MostSteps(k), all[len(all)-1]; n < all {
			return nil, train.Usagef("world.scenario: in %s IEDs choose up to %d steps of %s, but up to %d of another model; the ideal edge needs one number: allowed: models with equal largest levels", s.Name, n, s.Tasks.Models[k].Name, all)
		}
	}
	for _, n := range all {
		if _, err := g.plan(n); err != nil {
			return nil, train.Usagef("world.scenario: IEDs of %s may choose %d steps: generator.sampler: %w", s.Name, n, err)
		}
	}
	return all, nil
}

// mixtures trains the classifiers of all stations with samples of chosen steps.
func (l *loop) mixtures(ctx context.Context, m *model, r *seedResult) error {
	if len(l.steps) == 1 {
		return nil
	}
	for i := range l.stations {
		q, err := stage(l.ofSeed(r.seed, "classifiers", fmt.Sprintf("chosen-steps-%d.json", i)), func() (map[string]classified, error) {
			return l.mixturesAt(ctx, i, m, r)
		})
		if err != nil {
			return err
		}
		r.mixed = append(r.mixed, q)
		l.finish()
	}
	return nil
}

// mixturesAt trains the classifiers of a station, by mixture.
func (l *loop) mixturesAt(ctx context.Context, i int, m *model, r *seedResult) (map[string]classified, error) {
	levels := l.config.Classifier.Levels
	bySteps := make([][]float32, len(l.steps))
	for k, steps := range l.steps {
		var err error
		if bySteps[k], err = l.draw(ctx, m, l.stations[i].missing, levels[len(levels)-1], steps, derive(r.seed, forSamples, i)); err != nil {
			return nil, err
		}
	}
	all := map[string]classified{}
	for _, mix := range l.broughtAbout(i, r) {
		c, err := l.classify(ctx, i, l.mixed(bySteps, mix), r.seed)
		if err != nil {
			return nil, err
		}
		all[key(mix)] = c
	}
	return all, nil
}

// broughtAbout is every mixture that some policy has at a base of the station, once each, and the stocks of equal steps at the last level.
func (l *loop) broughtAbout(station int, r *seedResult) (all [][]int) {
	known := map[string]bool{}
	add := func(stock []int) {
		mix := mixture(stock, l.config.Classifier.StepShares)
		if name := key(mix); stock != nil && !known[name] {
			known[name] = true
			all = append(all, mix)
		}
	}
	levels := l.config.Classifier.Levels
	for place := range l.steps {
		add(pure(levels[len(levels)-1], place, len(l.steps)))
	}
	for _, p := range append(slices.Clone(r.plays), r.ideal) {
		for _, world := range p.Stocks {
			for b, stocks := range world {
				if l.bases[b] == station {
					for _, stock := range stocks {
						add(stock)
					}
				}
			}
		}
	}
	return all
}

// mixed is a stock, [n, size]: the first samples have the fewest steps. Each sample has its own number, so no two begin with the same noise.
func (l *loop) mixed(bySteps [][]float32, mix []int) (values []float32) {
	size, first := l.set.Size(), 0
	for k, n := range mix {
		values = append(values, bySteps[k][first*size:(first+n)*size]...)
		first += n
	}
	return values
}

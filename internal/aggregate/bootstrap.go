package aggregate

import (
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
)

// Interval is a statistic with its 95 % interval.
type Interval struct {
	Point float64 `json:"point"`
	Low   float64 `json:"low_95"`
	High  float64 `json:"high_95"`
}

// Resamples is the number of resamples that an interval needs to be stable in its second digit.
const Resamples = 2000

// Bootstrap makes percentile intervals. It draws the runs of every task with replacement, for each task and group on its own, and takes the
// percentiles 2.5 and 97.5 of the statistic. The interval says how the statistic would vary with other seeds on the same tasks. With
// fewer than five runs a task it is too narrow.
type Bootstrap struct {
	Resamples int
	Seed      uint64

	draw func(resample, group, task, run, runs int) int // the run that takes the place of one; nil: from Seed
}

// Interval returns the statistic of the groups with its interval. The same seed gives the same interval.
func (b Bootstrap) Interval(f Statistic, groups ...Scores) Interval {
	draw := b.draw
	if draw == nil {
		draw = b.philox
	}
	values := make([]float64, b.Resamples)
	drawn := make([]Scores, len(groups))
	for g, scores := range groups {
		for _, runs := range scores {
			drawn[g] = append(drawn[g], make([]float64, len(runs)))
		}
	}
	for r := range values {
		for g, scores := range groups {
			for task, runs := range scores {
				for i := range runs {
					drawn[g][task][i] = runs[draw(r, g, task, i, len(runs))]
				}
			}
		}
		values[r] = f(drawn...)
	}
	slices.Sort(values)
	return Interval{Point: f(groups...), Low: percentile(values, 0.025), High: percentile(values, 0.975)}
}

// philox draws a run: a uniform variable of 24 bits for every place.
func (b Bootstrap) philox(resample, group, task, run, runs int) int {
	key := philox.Key(b.Seed)
	u := philox.Block(key, [4]uint32{uint32(resample), uint32(group), uint32(task), uint32(run)})
	return int(philox.Uniform(u[0]) * float32(runs))
}

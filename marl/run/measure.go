package run

import (
	"context"
	"io"
	"math"
	"slices"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// episode is one finished episode. p95 is the 95th percentile of the latency of its tasks, in s; NaN
// without a task.
type episode struct {
	sim.EpisodeStats
	p95 float64
}

// measure plays a policy in evaluation worlds and returns the episodes, ordered by world and episode. The
// order is the same for every policy.
func measure(ctx context.Context, scenario *sim.Scenario, c *comparison, p sim.Policy) (sim.Summary, []episode, error) {
	w, err := sim.New(scenario.HeldOut(), sim.DefaultWorlds(c.episodes), evaluationSeed(c.seed))
	if err != nil {
		return sim.Summary{}, nil, err
	}
	w.SetThreads(c.threads)
	meter, tails := sim.NewMeter(w, c.episodes), newTails(w.W)
	actions := make([]int32, w.W*w.A)
	for !meter.Done() {
		if err := ctx.Err(); err != nil {
			return sim.Summary{}, nil, err
		}
		p.Act(w, actions)
		if f, ok := p.(interface{ Err() error }); ok && f.Err() != nil {
			return sim.Summary{}, nil, f.Err()
		}
		if err := w.Step(actions); err != nil {
			return sim.Summary{}, nil, err
		}
		tails.observe(w)
		meter.Observe(w)
	}
	s := meter.Summary()
	s.Policy, s.Seed = p.Name(), c.seed
	return s, tails.join(meter.Episodes()), nil
}

// release frees the device memory of a policy, so that only one policy at a time has some, as planned.
func release(p any) error {
	if c, ok := p.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// tails collects the latencies of the running episodes.
type tails struct {
	latencies [][]float32        // [W]
	p95       map[[2]int]float64 // by world and episode
}

func newTails(worlds int) *tails {
	return &tails{make([][]float32, worlds), map[[2]int]float64{}}
}

func (t *tails) observe(w *sim.Worlds) {
	for world := range w.W {
		for n := world * w.A; n < (world+1)*w.A; n++ {
			if w.HadTask[n] {
				t.latencies[world] = append(t.latencies[world], w.Task.Latency[n])
			}
		}
		if w.Truncated[world] || w.Terminated[world] {
			e, _ := w.LastSlot(world)
			t.p95[[2]int{world, e}] = quantile95(t.latencies[world])
			t.latencies[world] = t.latencies[world][:0]
		}
	}
}

// quantile95 is the smallest value that at least 95 % of x do not exceed; NaN if x is empty.
func quantile95(x []float32) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	return float64(x[(len(x)*95+99)/100-1])
}

func (t *tails) join(stats []sim.EpisodeStats) []episode {
	var all []episode
	for _, e := range stats {
		all = append(all, episode{e, t.p95[[2]int{e.World, e.Episode}]})
	}
	slices.SortFunc(all, func(a, b episode) int {
		return slices.Compare([]int{a.World, a.Episode}, []int{b.World, b.Episode})
	})
	return all
}

// evaluationSeed is the seed of the worlds that marl.Evaluate plays in.
func evaluationSeed(seed uint64) uint64 { return marl.Split(seed, marl.StreamEvaluation) }

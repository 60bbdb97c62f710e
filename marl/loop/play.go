package loop

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// played is what a policy has served.
type played struct {
	name, kind string
	Completion float64 `json:"completion"`
	LatencyS   float64 `json:"latency_s"`         // a failed task is charged its deadline
	EnergyJ    float64 `json:"energy_per_task_j"` // joules
	Samples    float64 `json:"samples_in_time"`   // share of those asked for
	// Reached is when a base's stock has reached each level, in seconds from the beginning of an episode; -1: not in its time.
	Reached [][][]float64 `json:"reached_s"` // [worlds][bases][levels]
	// ideal is the same of an edge that completes every request at once.
	ideal [][][]float64
}

// arrival is some samples at a base.
type arrival struct {
	at      float64 // s
	samples int
}

// samplesOf is the number of samples that the task of an IED makes.
func (g *Generator) samplesOf(s *sim.Scenario, w *sim.Worlds, n int) int {
	if g.Samples > 0 {
		return g.Samples
	}
	m := &s.Tasks.Models[w.Task.Model[n]]
	return int(math.Round(float64(w.Task.Cycles[n])/(m.GcyclesPerStep*1e9))) / g.Steps
}

// play plays an episode of every world. IEDs are numbered ES by ES, see bases.
func (l *loop) play(ctx context.Context, p sim.Policy, s *sim.Scenario, seed uint64) (*played, error) {
	c := &l.config.World
	w, err := sim.New(s.HeldOut(), c.Episodes, marl.Split(derive(seed, forWorlds, 0), marl.StreamEvaluation))
	if err != nil {
		return nil, err
	}
	w.SetThreads(l.threads)
	w.NumberByNearest(true)
	meter := sim.NewMeter(w, c.Episodes)
	got, asked := l.shelves(w.W), l.shelves(w.W)
	actions := make([]int32, w.W*w.A)
	for slot := 0; !meter.Done(); slot++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.Act(w, actions)
		if f, ok := p.(interface{ Err() error }); ok && f.Err() != nil {
			return nil, fmt.Errorf("playing %s: %w", p.Name(), f.Err())
		}
		if err := w.Step(actions); err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name(), err)
		}
		meter.Observe(w)
		l.collect(w, s, slot, got, asked)
	}
	sum := meter.Summary()
	levels := l.config.Classifier.Levels
	return &played{
		Completion: sum.CompletionRate, LatencyS: sum.MeanLatencyS, EnergyJ: sum.EnergyJ, Samples: count(got) / max(1, count(asked)),
		Reached: reached(got, levels), ideal: reached(asked, levels),
	}, nil
}

// count is the number of samples.
func count(all [][][]arrival) (n float64) {
	for _, world := range all {
		for _, list := range world {
			for _, a := range list {
				n += float64(a.samples)
			}
		}
	}
	return n
}

// shelves are empty lists [worlds][bases].
func (l *loop) shelves(worlds int) [][][]arrival {
	all := make([][][]arrival, worlds)
	for i := range all {
		all[i] = make([][]arrival, len(l.bases))
	}
	return all
}

// collect adds what a slot has brought, and what was asked for.
func (l *loop) collect(w *sim.Worlds, s *sim.Scenario, slot int, got, asked [][][]arrival) {
	now := float64(slot) * s.Time.SlotS
	for n := range w.W * w.A {
		if !w.HadTask[n] {
			continue
		}
		world, i := n/w.A, l.baseOf[n%w.A]
		samples := l.config.Generator.samplesOf(s, w, n)
		asked[world][i] = append(asked[world][i], arrival{now, samples})
		if w.Task.Completed[n] {
			got[world][i] = append(got[world][i], arrival{now + float64(w.Task.Latency[n]), samples})
		}
	}
}

// reached is when stocks reach levels, see played.
func reached(all [][][]arrival, levels []int) [][][]float64 {
	to := make([][][]float64, len(all))
	for w := range all {
		for _, list := range all[w] {
			to[w] = append(to[w], reachedBy(list, levels))
		}
	}
	return to
}

func reachedBy(list []arrival, levels []int) []float64 {
	slices.SortStableFunc(list, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	at, stock, next := slices.Repeat([]float64{-1}, len(levels)), 0, 0
	for _, a := range list {
		for stock += a.samples; next < len(levels) && stock >= levels[next]; next++ {
			at[next] = a.at
		}
	}
	return at
}

package loop

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// played is what a policy has served.
type played struct {
	policy, kind string
	Completion   float64 `json:"completion"`
	LatencyS     float64 `json:"latency_s"`         // a failed task is charged its deadline
	EnergyJ      float64 `json:"energy_per_task_j"` // joules
	Samples      float64 `json:"samples_in_time"`   // share of those asked for
	// Reached is when a base's stock has reached each level, in seconds from the beginning of an episode; -1: not in its time.
	Reached [][][]float64 `json:"reached_s"` // [worlds][bases][levels]
	// Stocks are, where IEDs choose the steps, the samples of each number of steps in a stock then; null: not in its time.
	Stocks [][][][]int `json:"stocks,omitempty"` // [worlds][bases][levels][steps]
	Steps  float64     `json:"mean_steps"`       // of the samples in time
	// ideal is what an edge that completes every request at once serves, in as many steps as an IED may choose.
	ideal *played
	mixes [][][]string // names of the mixtures of Stocks
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
		l.collect(w, s, slot, actions, got, asked)
	}
	sum := meter.Summary()
	return l.served(&played{Completion: sum.CompletionRate, LatencyS: sum.MeanLatencyS, EnergyJ: sum.EnergyJ}, got, asked), nil
}

// served completes p by what arrived, and by the ideal edge with what was asked for.
func (l *loop) served(p *played, got, asked [][][]arrival) *played {
	p.ideal = &played{Completion: 1, Samples: 1}
	n, steps := l.count(got)
	of, most := l.count(asked)
	p.Samples, p.Steps, p.ideal.Steps = n/max(1, of), steps/max(1, n), most/max(1, of)
	l.grow(p, got)
	l.grow(p.ideal, asked)
	return p
}

// collect adds what a slot has brought, and what was asked for.
func (l *loop) collect(w *sim.Worlds, s *sim.Scenario, slot int, actions []int32, got, asked [][][]arrival) {
	now := float64(slot) * s.Time.SlotS
	for n := range w.W * w.A {
		if !w.HadTask[n] {
			continue
		}
		world, i := n/w.A, l.baseOf[n%w.A]
		samples := l.config.Generator.samplesOf(s, w, n)
		chosen, best := l.places(s, int(w.Task.Model[n]), actions[n])
		asked[world][i] = append(asked[world][i], arrival{now, samples, best})
		if w.Task.Completed[n] {
			got[world][i] = append(got[world][i], arrival{now + float64(w.Task.Latency[n]), samples, chosen})
		}
	}
}

// places are those of the steps that an action asks of a model, and of the most that it may ask.
func (l *loop) places(s *sim.Scenario, model int, action int32) (chosen, most int) {
	if !s.HasServices() {
		return 0, 0
	}
	return slices.Index(l.steps, s.StepsOf(model, action)), slices.Index(l.steps, s.MostSteps(model))
}

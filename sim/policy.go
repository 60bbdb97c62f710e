package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
)

// Policy chooses actions [W, A] for the current slot of all worlds. A heuristic (Policies) uses
// only what each IED can know: its own task, backlogs and gains of this slot, the ES
// backlogs and model caches at the start of the slot, the last slot's loads, and
// the constant speeds. A reference (References) knows more. Random choices are counter-based: they depend on the
// policy's seed and on (world, IED, slot, episode), not on earlier calls.
type Policy interface {
	Name() string
	Act(w *Worlds, actions []int32)
}

// Policies returns the names of the heuristics.
func Policies() []string {
	return []string{"random", "local", "nearest", "greedy", "softmin", "switch-aware"}
}

// NewPolicy returns the heuristic or reference of that name. A heuristic is one of
//
//	random        uniform over the legal actions
//	local         always local
//	nearest       always candidate 1, the strongest mean gain; local if no ES covers the IED
//	greedy        the smallest own predicted latency
//	softmin       sample with probability proportional to exp(-T / temperature)
//	switch-aware  softmin with a weighted model load time in T (see Softmin)
//
// With services all but random choose the destination as if every task had the work of its cheapest legal level, and then the
// level (withLevel).
//
// A reference is one of in-turn (InTurn), imagine (Imagine) and planner (Planner).
func NewPolicy(name string, s *Scenario, seed uint64) (Policy, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	key := philox.Key(seed ^ policyKey)
	prices := defaultPrices
	switch name {
	case "random":
		return &randomPolicy{key}, nil
	case "local":
		return constantPolicy{name, 0}, nil
	case "nearest":
		return constantPolicy{name, 1}, nil
	case "greedy":
		return greedyPolicy{}, nil
	case "softmin":
		return &Softmin{Temperature: DefaultTemperature, name: name, key: key}, nil
	case "switch-aware":
		return &Softmin{
			Temperature: DefaultSwitchTemperature, SwitchWeight: DefaultSwitchWeight, name: name, key: key,
		}, nil
	case inTurn:
		return &InTurn{Prices: prices}, nil
	case imagine:
		prices.Queue = DefaultImaginedQueuePrice
		return &Imagine{Prices: prices, Samples: DefaultSamples, key: key}, nil
	case planner:
		return &Planner{Prices: prices}, nil
	}
	known := slices.Concat(Policies(), References())
	return nil, fmt.Errorf("sim: no policy %q; there are %s", name, strings.Join(known, ", "))
}

// policyKey separates the policies' draws from the worlds' draws of one seed.
const policyKey = 0x9d39247e33776d41

// draw returns the policy's uniform [0, 1) for an agent in the current slot.
func draw(key [2]uint32, w *Worlds, world, i int) float32 {
	t := w.moment(world)
	t.key = key
	u, _, _, _ := t.words(uint32(i), streamPolicy)
	return philox.Uniform(u)
}

type randomPolicy struct{ key [2]uint32 }

func (*randomPolicy) Name() string { return "random" }

func (p *randomPolicy) Act(w *Worlds, actions []int32) {
	for n := range actions {
		actions[n] = 0
		if w.model[n] >= 0 {
			u := draw(p.key, w, n/w.A, n%w.A)
			actions[n] = w.choice(n, int(float32(u*float32(w.choices(n)))))
		}
	}
}

type constantPolicy struct {
	name   string
	action int32
}

func (p constantPolicy) Name() string { return p.name }

func (p constantPolicy) Act(w *Worlds, actions []int32) {
	for n := range actions {
		actions[n] = 0
		if w.model[n] < 0 {
			continue
		}
		if int(p.action) <= w.reachOf(n) {
			actions[n] = p.action
		}
		actions[n] = w.withLevel(n, actions[n])
	}
}

type greedyPolicy struct{}

func (greedyPolicy) Name() string { return "greedy" }

func (greedyPolicy) Act(w *Worlds, actions []int32) {
	for n := range actions {
		actions[n] = 0
		if w.model[n] < 0 {
			continue
		}
		work := w.cycles[n]
		best := w.predict(n, 0, 0, work)
		for k := 1; k < w.ways(n); k++ {
			a := w.way(n, k)
			if t := w.predict(n, int(a), 0, work); t < best {
				best, actions[n] = t, a
			}
		}
		actions[n] = w.withLevel(n, actions[n])
	}
}

// Softmin samples an action with probability proportional to exp(-T/Temperature),
// where T is the IED's own predicted latency. It is random on purpose: IEDs that
// see the same idle ES do not all choose it.
//
// With SwitchWeight > 0, T of a candidate that does not hold the model grows by
// SwitchWeight times the load time. Weight 1 counts the IED's own delay. A larger
// weight also prices the effect on other tasks, which wait for the load and lose
// the model that it evicts.
type Softmin struct {
	Temperature  float32 `yaml:"temperature_s"` // s, > 0
	SwitchWeight float32 `yaml:"switch_weight"`
	name         string
	key          [2]uint32
}

// Check reports the settings that are not allowed.
func (p *Softmin) Check(c *setting.Checker) {
	c.Positive("temperature_s", float64(p.Temperature))
	c.NotNegative("switch_weight", float64(p.SwitchWeight))
}

// Settings returns a policy's settings, a pointer to a struct with defaults that can be read as a
// section of a document; nil for a policy without settings.
func Settings(p Policy) any {
	switch p := p.(type) {
	case *Softmin, *InTurn, *Imagine, *Planner:
		return p
	}
	return nil
}

// Name returns the policy's name.
func (p *Softmin) Name() string { return p.name }

// Act samples the actions.
func (p *Softmin) Act(w *Worlds, actions []int32) {
	var weight [maxCandidates + 2]float32
	for n := range actions {
		actions[n] = 0
		if w.model[n] < 0 {
			continue
		}
		last, k := w.ways(n)-1, 0
		total := p.weigh(w, n, weight[:last+1])
		for u := float32(draw(p.key, w, n/w.A, n%w.A) * total); k < last && u >= weight[k]; k++ {
			u -= weight[k]
		}
		actions[n] = w.withLevel(n, w.way(n, k))
	}
}

// weigh computes the unnormalised probabilities of the legal destinations and returns their sum. It
// subtracts the smallest T first, so the largest weight is 1.
func (p *Softmin) weigh(w *Worlds, n int, weight []float32) (total float32) {
	for k := range weight {
		weight[k] = w.predict(n, int(w.way(n, k)), p.SwitchWeight, w.cycles[n])
	}
	best := weight[0]
	for _, t := range weight {
		best = min(best, t)
	}
	for a, t := range weight {
		weight[a] = exp2f(float32((best - t) / p.Temperature * log2e))
		total += weight[a]
	}
	return total
}

// predict returns the latency in s that the agent expects of a destination, if its task has that work. It takes
// the last slot's n_m (at least 1) for this slot's. If the ES does not hold the
// model, it adds switchWeight times the load time.
func (w *Worlds) predict(agent, action int, switchWeight, cycles float32) float32 {
	p := w.p
	if action == 0 {
		return w.compute[agent] + cycles/w.speed[agent]
	}
	if action > p.C {
		return w.predictCloud(agent, cycles)
	}
	link := agent*p.C + action - 1
	m := int(w.cand[link])
	es, k := agent/p.A*p.M+m, w.model[agent]
	n := float32(max(w.load[es], 1))
	gpu := w.nextGPU(es, m)
	arrival := w.radio[agent] + w.data[agent]/w.uplink(es, w.now[link], n)
	work := cycles / p.serverSpeed[m]
	if p.sharing {
		work = float32(work * n)
	}
	t := max(arrival, w.free[gpu]) + work
	t += p.models[k].result / p.downlink(w.now[link], n)
	if switchWeight > 0 && !w.holds(gpu, k) {
		t += float32(switchWeight * p.models[k].load)
	}
	return t
}

// Defaults of the sampling heuristics. They come from a sweep of 7 temperatures
// and 7 switch weights on the preset paper with 10, 30 and 50 IEDs, 24 episodes
// each of seed 1. They are a compromise: larger weights complete more tasks at 50
// IEDs (6: .87, 4: .86), but fewer at 10 and 30. Evaluate on other seeds.
const (
	DefaultTemperature       = 0.3 // s
	DefaultSwitchTemperature = 0.1 // s
	DefaultSwitchWeight      = 4
)

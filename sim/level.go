package sim

import (
	"fmt"

	"github.com/gmel-go/gmel/sim/engine"
	"github.com/gmel-go/gmel/sim/feature"
)

// The level of a service is a decision: an IED chooses where its task runs and in how many steps. With L levels and
// D destinations (local, C candidates, perhaps the cloud), action d + D l is destination d at level l, so the actions of level
// 0 are those of a scenario without services. Level l of a model is entry l of its levels; a model with fewer has no
// more.
//
// A task asks for a least quality, uniform in the model's least_quality. Levels below it are illegal. So the cheapest
// legal level is not always level 0, and action 0 is legal for sure only without a task. The work of a task is that of its
// level. Before the decision, `cycles` is that of the cheapest legal level, and heuristics predict with it.
//
// With reward.quality_weight w_q, the reward of a completed task grows by w_q (quality - least quality).

// serviceState is the state of the option.
type serviceState struct {
	least     []float32 // [W, A] quality that the current task asks for
	waitLeast []float32 // [W, A, Q] of the waiting tasks
	level     []int32   // [W, A] of the slot that is played

	destinations []int32 // [W, A] of the running Step
}

// serviceFields lists the state of the option.
func (w *Worlds) serviceFields() []engine.Array {
	n := w.W * w.p.A
	if w.p.levels == 0 {
		return nil
	}
	fields := []engine.Array{{Name: "least", Floats: &w.least, N: n}, {Name: "chosen_level", Ints: &w.level, N: n}}
	if w.p.queue > 0 {
		fields = append(fields, engine.Array{Name: "wait_least", Floats: &w.waitLeast, N: n * w.p.queue})
	}
	return fields
}

// service are the constants of the option; a level that a model does not have has the quality -1.
type service struct {
	levels                        int       // L; 0: no services
	levelCycles                   []float32 // [K, L]
	levelQuality                  []float32 // [K, L]
	levelBatch                    []float32 // [K, L, maxBatch + 1] cycles of a batch of b
	leastLo, leastSpan, leastMost []float32 // [K] least quality = min(lo + u span, most)
	qualityWeight                 float32   // w_q
}

func (p *params) setServices(s *Scenario) {
	if p.levels == 0 {
		return
	}
	p.qualityWeight = float32(s.Reward.QualityWeight)
	for b := range p.batchTime {
		p.batchTime[b] = 1 // the tables have the whole time
	}
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		ask := m.LeastQuality
		p.leastLo, p.leastSpan = append(p.leastLo, float32(ask[0])), append(p.leastSpan, float32(ask[1]-ask[0]))
		most := float32(-1)
		for l := range p.levels {
			most = max(most, p.addLevel(m, l))
		}
		p.leastMost = append(p.leastMost, most)
	}
}

// addLevel appends level l of a model to the tables and returns its quality.
func (p *params) addLevel(m *Model, l int) float32 {
	quality, cycles := float32(-1), func(int) float32 { return 0 }
	if levels := m.levels(); l < len(levels) {
		quality = float32(m.Service.at(levels[l]))
		cycles = func(b int) float32 { return float32(m.Service.seconds(b, levels[l]) * 1e9) }
	}
	p.levelQuality, p.levelCycles = append(p.levelQuality, quality), append(p.levelCycles, cycles(1))
	for b := range maxBatch + 1 {
		p.levelBatch = append(p.levelBatch, cycles(max(b, 1)))
	}
	return quality
}

// tables are those of the C engine.
func (p *service) tables() []engine.Table {
	return []engine.Table{
		{Name: "level_cycles", Values: p.levelCycles}, {Name: "level_quality", Values: p.levelQuality}, {Name: "level_batch", Values: p.levelBatch},
		{Name: "least_lo", Values: p.leastLo}, {Name: "least_span", Values: p.leastSpan}, {Name: "least_most", Values: p.leastMost},
	}
}

// ask completes a task of model k by the least quality and the work of the cheapest level.
func (p *params) ask(x *task, u float32) {
	if p.levels == 0 {
		return
	}
	k := x.model
	x.least = min(p.leastLo[k]+float32(u*p.leastSpan[k]), p.leastMost[k])
	x.cycles = p.levelCycles[int(k)*p.levels+p.cheapest(k, x.least)]
}

// Levels returns L, 0 without services.
func (w *Worlds) Levels() int { return w.p.levels }

// setLeast sets what the agent's current task asks for.
func (w *Worlds) setLeast(agent int, least float32) {
	if w.p.levels > 0 {
		w.least[agent] = least
	}
}

// cheapest returns the level with the least work of those whose quality is enough, the lowest of equals.
func (p *service) cheapest(k int32, least float32) int {
	best := -1
	for l := range p.levels {
		at := int(k)*p.levels + l
		if p.levelQuality[at] >= least && (best < 0 || p.levelCycles[at] < p.levelCycles[int(k)*p.levels+best]) {
			best = l
		}
	}
	return best
}

// destinations returns D, the number of actions of a level.
func (p *params) destinations() int { return p.U / max(1, p.levels) }

// split returns the destination and the level of an action, join the action.
func (p *params) split(action int32) (destination, level int32) {
	if p.levels == 0 {
		return action, 0
	}
	d := int32(p.destinations())
	return action % d, action / d
}

func (p *params) join(destination, level int32) int32 {
	return destination + int32(p.destinations())*level
}

// actionOf is the action of the agent in the slot that is played.
func (w *Worlds) actionOf(agent int) int32 {
	if w.p.levels == 0 {
		return w.actions[agent]
	}
	return w.p.join(w.actions[agent], w.level[agent])
}

// takeLevels keeps the levels of legal actions, and returns the destinations.
func (w *Worlds) takeLevels(actions []int32) []int32 {
	if w.p.levels == 0 {
		return actions
	}
	w.serviceState.destinations = w.serviceState.destinations[:0]
	for n, a := range actions {
		d, l := w.p.split(a)
		w.level[n] = l
		w.serviceState.destinations = append(w.serviceState.destinations, d)
	}
	return w.serviceState.destinations
}

// enough reports whether a level of the agent's task has the quality that the task asks for.
func (w *Worlds) enough(agent int, level int) bool {
	if w.p.levels == 0 {
		return true
	}
	return w.p.levelQuality[int(w.model[agent])*w.p.levels+level] >= w.least[agent]
}

// legalLevels is the number of legal levels of an agent with a task, and legalLevel the k-th of them.
func (w *Worlds) legalLevels(agent int) (n int) {
	for l := range max(1, w.p.levels) {
		if w.enough(agent, l) {
			n++
		}
	}
	return n
}

func (w *Worlds) legalLevel(agent, k int) int32 {
	l := 0
	for ; !w.enough(agent, l) || k > 0; l++ {
		if w.enough(agent, l) {
			k--
		}
	}
	return int32(l)
}

// work returns the cycles of the agent's task at the level that it has chosen.
func (w *Worlds) work(agent int) float32 {
	if w.p.levels == 0 {
		return w.cycles[agent]
	}
	return w.p.levelCycles[w.row(agent)]
}

// batchWork is work in a batch of b; without services Batch scales the time.
func (w *Worlds) batchWork(agent, b int) float32 {
	if w.p.levels == 0 {
		return w.cycles[agent]
	}
	return w.p.levelBatch[w.row(agent)*(maxBatch+1)+b]
}

// row is that of the agent's model and level in the tables.
func (w *Worlds) row(agent int) int {
	return int(w.model[agent])*w.p.levels + int(w.level[agent])
}

// bonus is what a completed task earns for its quality.
func (w *Worlds) bonus(agent int) float32 {
	return float32(w.p.qualityWeight * (w.p.levelQuality[w.row(agent)] - w.least[agent]))
}

// observeLevels writes 1 + 2 L numbers: the least quality, then the quality and then the work of each level; all 0 without a task.
func (w *Worlds) observeLevels(agent int, o []float32) {
	p, k := w.p, w.model[agent]
	clear(o)
	if k < 0 {
		return
	}
	o[0] = w.least[agent]
	for l := range p.levels {
		at := int(k)*p.levels + l
		o[1+l] = max(p.levelQuality[at], 0)
		o[1+p.levels+l] = float32(p.levelCycles[at] * p.perCycle)
	}
}

// atLevels completes the legal destinations of an agent by its legal levels, for errors.
func (w *Worlds) atLevels(agent int, destinations string) string {
	if w.p.levels == 0 {
		return destinations
	}
	var legal []int32
	for k := range w.legalLevels(agent) {
		legal = append(legal, w.legalLevel(agent, k))
	}
	return fmt.Sprintf("%d l plus %s, for a level l of %v, which have the quality that the task asks for", w.p.destinations(), destinations, legal)
}

// levelsText says what a policy must share about levels, for InUnitsOf.
func levelsText(s *Scenario) string {
	if l := s.Levels(); l > 0 {
		return plural(l, "level")
	}
	return "no levels"
}

// observedLevels are the numbers of observeLevels.
func observedLevels(s *Scenario, p *params) []feature.Observation {
	levels := s.Levels()
	if levels == 0 {
		return nil
	}
	own := &params{}
	own.setTasks(s)
	list := []feature.Observation{{Name: "task.least_quality", Meaning: "quality that the task asks for; 0 without a task", Unit: "1", Scale: 1}}
	for l := range levels {
		list = append(list, feature.Observation{Name: levelName(l) + ".quality", Meaning: "quality of a result at this level; 0 without a task, or without this level", Unit: "1", Scale: 1})
	}
	for l := range levels {
		list = append(list, scaled(levelName(l)+".cycles", "Gcycle", float32(p.perCycle*1e9), "computation at this level; 0 without a task, or without this level").Between(0, 1e-9/own.perCycle))
	}
	for i := range 1 + levels {
		list[i] = list[i].Between(0, 1)
	}
	return list
}

// levelName names level l, from 0.
func levelName(l int) string { return fmt.Sprintf("level_%d", l+1) }

// atLevel names an action of a level; with one level there is nothing to choose.
func (s *Scenario) atLevel(a feature.Action, l int) feature.Action {
	if s.Levels() < 2 {
		return a
	}
	return feature.Action{Name: a.Name + "." + levelName(l), Meaning: fmt.Sprintf("%s, at level %d of its model", a.Meaning, l+1)}
}

package sim

import (
	"encoding/json"
	"fmt"
	"math"
)

// Meter accumulates statistics of the tasks, step by step, for heuristics and
// for learned policies. Call Observe after every Step.
type Meter struct {
	scenario string
	measured string
	part     *TracePart
	agents   int
	slots    int
	quota    []int // [W] number of further episodes of each world that count
	worlds   []worldMeter
	episodes []EpisodeStats // finished episodes, in the order in which they finished

	sums      sums
	histogram [latencyBins + 1]int64
	binS      float64
	actions   []int64 // [U] tasks by action
	levels    []int64 // [L] tasks by level, nil without services
}

// latencyBins is the number of bins of the latency histogram. The width of a bin
// is tau_max / 8192, half a millisecond at the defaults.
const latencyBins = 8192

// sums are totals over tasks. steps, slots, tasks and the parts of the latency
// are updated at every step, the rest at the end of an episode (see book).
type sums struct {
	steps, slots, tasks, completed, lost            int64
	latency, reward, energy, quality                float64
	radioWait, upload, queue, load, compute, result float64
}

// worldMeter holds the sums of the running episode of one world.
type worldMeter struct {
	hash             uint64
	tasks, completed int64
	latency, reward  float64
	energy, quality  float64
}

// EpisodeStats describes one finished episode of one world.
type EpisodeStats struct {
	World, Episode int
	Tasks          int64
	CompletionRate float64 // completed tasks over all tasks; NaN without tasks
	MeanLatencyS   float64 // mean over tasks, tau for a failed task; NaN without tasks
	RewardPerAgent float64 // sum over slots of r_i, mean over agents
	EnergyPerTaskJ float64 // NaN without tasks
	Quality        float64 // mean over completed tasks; NaN without services, or without such tasks
}

// EpisodeBytes is the memory of the results of one episode, with room for a list that grows.
const EpisodeBytes = 128

// LatencySplit holds the parts of the latency in s, each a mean over all tasks.
// The parts of a failed task are cut at its deadline, so the parts add up to the
// mean latency.
type LatencySplit struct {
	RadioWait float64 `json:"radio_wait_s"`
	Upload    float64 `json:"upload_s"`
	QueueWait float64 `json:"queue_wait_s"`
	Switch    float64 `json:"switch_s"`
	Compute   float64 `json:"compute_s"`
	Download  float64 `json:"download_s"`
}

// Summary is the result of a simulation or an evaluation.
type Summary struct {
	Scenario string `json:"scenario"`
	Policy   string `json:"policy"`
	Worlds   int    `json:"worlds"`
	Episodes int    `json:"episodes"` // finished and counted episodes of all worlds
	Seed     uint64 `json:"seed"`
	Agents   int    `json:"agents"`
	Slots    int64  `json:"slots"` // counted slots of all worlds
	Tasks    int64  `json:"tasks"`
	Lost     int64  `json:"lost,omitempty"` // tasks lost before a decision (Arrivals); they are among Tasks and count as failed

	CompletionRate float64      `json:"completion_rate"`
	MeanLatencyS   float64      `json:"mean_latency_s"` // over all tasks, tau for a failed task
	P95LatencyS    float64      `json:"p95_latency_s"`  // over all tasks, tau for a failed task; resolution tau_max / 8192
	MeanReward     float64      `json:"mean_reward"`    // sum of r_i over an episode, mean over agents and episodes
	EnergyJ        float64      `json:"energy_j"`       // mean per task
	LatencySplit   LatencySplit `json:"latency_split"`
	ActionShares   []float64    `json:"action_shares"` // fractions of the tasks: local, candidate 1, 2, ...; then the same at the next level

	Measured    string    `json:"measured,omitempty"`     // see Scenario.Measured
	Quality     *float64  `json:"quality,omitempty"`      // mean over completed tasks; nil without services, or without such tasks
	LevelShares []float64 `json:"level_shares,omitempty"` // fractions of the tasks; nil without services

	TracePart *TracePart `json:"trace_part,omitempty"` // where the windows of an arrival trace were; nil without windows

	Hash            string  `json:"hash"` // hash of all counted actions and rewards, see Meter.Observe
	AgentStepsPerS  float64 `json:"agent_steps_per_s"`
	DurationSeconds float64 `json:"duration_s"`
}

// MarshalJSON writes null for the means and fractions of tasks where there were none.
func (s Summary) MarshalJSON() ([]byte, error) {
	type plain Summary
	known := func(mean *float64) *float64 {
		if s.Tasks == 0 {
			return nil
		}
		return mean
	}
	split := &s.LatencySplit
	if s.Tasks == 0 {
		split, s.ActionShares = nil, nil
	}
	return json.Marshal(struct {
		plain
		CompletionRate *float64 `json:"completion_rate"`
		MeanLatencyS   *float64 `json:"mean_latency_s"`
		P95LatencyS    *float64 `json:"p95_latency_s"`
		EnergyJ        *float64 `json:"energy_j"`

		LatencySplit *LatencySplit `json:"latency_split"`
	}{plain(s), known(&s.CompletionRate), known(&s.MeanLatencyS), known(&s.P95LatencyS), known(&s.EnergyJ), split})
}

// NewMeter returns a Meter that counts exactly `episodes` finished episodes. World
// i contributes its first episodes/W episodes, and the first episodes mod W worlds
// contribute one more. With episodes = 0 everything counts. A Meter reads the
// outcomes of tasks, so NewMeter makes the worlds record them.
func NewMeter(w *Worlds, episodes int) *Meter {
	w.RecordTasks(true)
	m := &Meter{
		scenario: w.scenario.Name, measured: w.scenario.Measured(), part: w.p.part, agents: w.A, slots: w.p.slots,
		quota: make([]int, w.W), worlds: make([]worldMeter, w.W), actions: make([]int64, w.U), levels: make([]int64, w.p.levels),
		binS: float64(w.p.deadlineMax) / latencyBins,
	}
	for i := range m.quota {
		m.worlds[i].hash = fnvOffset
		m.quota[i] = math.MaxInt
		if episodes > 0 {
			m.quota[i] = share(episodes, w.W, i)
		}
	}
	return m
}

// share returns part i of total, which is split into n parts as evenly as possible, larger parts first.
func share(total, n, i int) int {
	s := total / n
	if i < total%n {
		s++
	}
	return s
}

// Counts reports whether the next step of a world still counts.
func (m *Meter) Counts(world int) bool { return m.quota[world] > 0 }

// Done reports whether all requested episodes have been counted.
func (m *Meter) Done() bool {
	for _, q := range m.quota {
		if q > 0 {
			return false
		}
	}
	return true
}

// Observe adds the last step of the worlds. Each world has a hash: FNV-1a (64 bit,
// one multiplication per word) of the actions and the bits of the rewards as
// 32-bit words, in the order of steps and agents. The worlds' hashes are then
// folded in the order of the worlds, so threads do not matter.
func (m *Meter) Observe(w *Worlds) {
	for world := range w.W {
		if m.quota[world] <= 0 {
			continue
		}
		m.observeWorld(w, world)
		if w.Truncated[world] || w.Terminated[world] {
			m.finish(w, world)
		}
	}
}

const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func (m *Meter) observeWorld(w *Worlds, world int) {
	e := &m.worlds[world]
	h := e.hash
	for n := world * w.A; n < (world+1)*w.A; n++ {
		h = (h ^ uint64(uint32(w.Task.Action[n]))) * fnvPrime
		h = (h ^ uint64(math.Float32bits(w.Reward[n]))) * fnvPrime
		if w.HadTask[n] {
			m.observeTask(w, n, e)
		}
		if w.p.queue > 0 {
			m.observeLost(w, n, e)
		}
	}
	e.hash = h
	m.sums.slots++
	m.sums.steps += int64(w.A)
}

func (m *Meter) observeTask(w *Worlds, n int, e *worldMeter) {
	t, s := &w.Task, &m.sums
	latency := float64(t.Latency[n])
	e.tasks++
	if t.Completed[n] {
		e.completed++
	}
	e.latency += latency
	e.reward += float64(w.Reward[n])
	e.energy += float64(t.Energy[n])
	s.tasks++
	s.radioWait += float64(t.RadioWait[n])
	s.upload += float64(t.Upload[n])
	s.queue += float64(t.QueueWait[n])
	s.load += float64(t.Switch[n])
	s.compute += float64(t.Compute[n])
	s.result += float64(t.Download[n])
	m.actions[t.Action[n]]++
	if w.p.levels > 0 {
		m.observeLevel(w, n, e)
	}
	m.histogram[min(int(latency/m.binS), latencyBins)]++
}

// finish ends the running episode of a world and adds it to the totals.
func (m *Meter) finish(w *Worlds, world int) {
	e := &m.worlds[world]
	tasks := float64(e.tasks)
	episode, _ := w.LastSlot(world)
	m.episodes = append(m.episodes, EpisodeStats{
		World: world, Episode: episode, Tasks: e.tasks,
		CompletionRate: float64(e.completed) / tasks, MeanLatencyS: e.latency / tasks,
		RewardPerAgent: e.reward / float64(m.agents), EnergyPerTaskJ: e.energy / tasks, Quality: m.quality(e.quality, e.completed),
	})
	m.sums.book(e)
	*e = worldMeter{hash: e.hash}
	m.quota[world]--
}

// book adds an episode's sums to the totals.
func (s *sums) book(e *worldMeter) {
	s.completed += e.completed
	s.latency += e.latency
	s.reward += e.reward
	s.energy += e.energy
	s.quality += e.quality
}

// Episodes returns the finished episodes in the order in which they finished, for
// confidence intervals over episodes.
func (m *Meter) Episodes() []EpisodeStats { return m.episodes }

// Summary returns the means so far. Unfinished episodes count in everything
// except Episodes and MeanReward. The caller fills in Policy, Seed and speed.
func (m *Meter) Summary() Summary {
	finished, s := m.sums, m.sums
	for i := range m.worlds {
		s.book(&m.worlds[i])
	}
	per := func(total float64) float64 { return total / math.Max(1, float64(s.tasks)) }
	out := Summary{
		Scenario: m.scenario, TracePart: m.part, Worlds: len(m.worlds), Episodes: len(m.episodes), Agents: m.agents,
		Slots: s.slots, Tasks: s.tasks, Lost: s.lost,
		CompletionRate: per(float64(s.completed)), MeanLatencyS: per(s.latency), P95LatencyS: m.Quantile(0.95),
		MeanReward: finished.reward / float64(m.agents) / math.Max(1, float64(len(m.episodes))), EnergyJ: per(s.energy),
		LatencySplit: LatencySplit{
			RadioWait: per(s.radioWait), Upload: per(s.upload), QueueWait: per(s.queue),
			Switch: per(s.load), Compute: per(s.compute), Download: per(s.result),
		},
		Hash: fmt.Sprintf("%016x", m.Hash()),
	}
	for _, n := range m.actions {
		out.ActionShares = append(out.ActionShares, per(float64(n)))
	}
	m.addLevels(&out, &s)
	return out
}

// Hash folds the hashes of the worlds in their order.
func (m *Meter) Hash() uint64 {
	h := fnvOffset
	for i := range m.worlds {
		h = (h ^ m.worlds[i].hash) * fnvPrime
	}
	return h
}

// Quantile returns the q-quantile of the latency in s, interpolated inside a bin
// of width tau_max / 8192. It returns 0 without tasks.
func (m *Meter) Quantile(q float64) float64 {
	rank, below := q*float64(m.sums.tasks), 0.0
	for b, n := range m.histogram {
		if n > 0 && below+float64(n) >= rank {
			return min(float64(b)+(rank-below)/float64(n), latencyBins) * m.binS // the last bin is tau_max itself
		}
		below += float64(n)
	}
	return 0
}

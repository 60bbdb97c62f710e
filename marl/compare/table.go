package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Row is a group in one scenario or, with completion alone, in all of them.
type Row struct {
	Group      string              `json:"group"`
	Runs       int                 `json:"runs"`
	Completion aggregate.Interval  `json:"completion_rate_iqm"`
	LatencyS   *aggregate.Interval `json:"mean_latency_s_iqm,omitempty"`
	Reward     *aggregate.Interval `json:"reward_iqm,omitempty"`
	// Better is the probability that a run completes more tasks than a run of the first group.
	Better  *aggregate.Interval `json:"probability_of_improvement,omitempty"`
	Profile []float64           `json:"profile"` // share of runs that complete more than Table.Thresholds
}

// Part has the rows of a scenario, or of all.
type Part struct {
	Scenario  string  `json:"scenario"`
	Episodes  int     `json:"episodes,omitempty"` // of the evaluation of every run; 0 for all scenarios
	Heuristic string  `json:"best_heuristic,omitempty"`
	Level     float64 `json:"best_heuristic_completion_rate,omitempty"`
	Rows      []Row   `json:"groups"`
}

// Unfinished is a run that is not compared.
type Unfinished struct {
	Folder  string `json:"folder"`
	Update  int    `json:"update"`
	Updates int    `json:"updates"`
}

// Table is the comparison in numbers.
type Table struct {
	Resamples  int          `json:"resamples"`
	Thresholds []float64    `json:"thresholds"`
	Parts      []Part       `json:"parts"`
	Unfinished []Unfinished `json:"unfinished"`
	Warnings   []string     `json:"warnings"`
}

// fewRuns is the number of runs below which a bootstrap interval is too narrow to be believed.
const fewRuns = 5

// everyScenario is the label of the part over all scenarios.
const everyScenario = "all scenarios"

// Table computes statistics and intervals. Equal folders give equal tables.
func (c *Comparison) Table() *Table {
	t := &Table{Resamples: aggregate.Resamples, Thresholds: c.thresholds(), Unfinished: []Unfinished{}, Warnings: []string{}}
	for i, name := range c.Scenarios {
		t.Parts = append(t.Parts, c.part(t, name, []int{i}))
	}
	if all := c.tasks(); len(all) > 1 && c.complete() {
		t.Parts = append(t.Parts, c.part(t, everyScenario, all))
	}
	for _, p := range c.Unfinished {
		t.Unfinished = append(t.Unfinished, Unfinished{string(p.Folder), p.Update(), p.Config.Train.Updates})
	}
	t.Unfinished = append(t.Unfinished, c.Missing...)
	return t
}

func (c *Comparison) tasks() (all []int) {
	for i := range c.Scenarios {
		all = append(all, i)
	}
	return all
}

// complete reports whether every group has every scenario.
func (c *Comparison) complete() bool {
	for _, g := range c.Groups {
		for _, runs := range g.Tasks {
			if len(runs) == 0 {
				return false
			}
		}
	}
	return true
}

// part has the rows of some scenarios.
func (c *Comparison) part(t *Table, name string, tasks []int) Part {
	part := Part{Scenario: name}
	b := aggregate.Bootstrap{Resamples: t.Resamples}
	var first aggregate.Scores
	for _, g := range c.Groups {
		scores := g.scores(tasks, completionOf)
		if scores == nil {
			continue
		}
		row := Row{Group: g.Label, Runs: runs(scores), Completion: b.Interval(aggregate.IQM, scores), Profile: profile(scores, t.Thresholds)}
		if len(tasks) == 1 { // seconds and rewards of different scenarios have no common scale
			latency, reward := b.Interval(aggregate.IQM, g.scores(tasks, latencyOf)), b.Interval(aggregate.IQM, g.scores(tasks, rewardOf))
			row.LatencyS, row.Reward = &latency, &reward
			played := g.Tasks[tasks[0]][0].Table
			part.Episodes = played.Episodes
			part.Heuristic, part.Level = bestHeuristic(played)
		}
		if first == nil {
			first = scores
		} else {
			better := b.Interval(aggregate.Improvement, scores, first)
			row.Better = &better
		}
		if row.Runs < fewRuns*len(tasks) {
			t.Warnings = append(t.Warnings, fmt.Sprintf("%s, %s: %s; with fewer than %d a scenario, intervals are too narrow",
				name, g.Label, train.Counted(int64(row.Runs), "run"), fewRuns))
		}
		part.Rows = append(part.Rows, row)
	}
	return part
}

// score is a number of a run's greedy policy.
type score func(run.Row) float64

func completionOf(r run.Row) float64 { return r.Completion.Mean }
func latencyOf(r run.Row) float64    { return r.LatencyS.Mean }
func rewardOf(r run.Row) float64     { return r.Reward.Mean }

// scores returns those of the group by scenario; nil if a scenario has no run.
func (g *Group) scores(tasks []int, of score) (s aggregate.Scores) {
	for _, task := range tasks {
		var values []float64
		for _, p := range g.Tasks[task] {
			values = append(values, of(p.Table.Greedy()))
		}
		if values == nil {
			return nil
		}
		s = append(s, values)
	}
	return s
}

func runs(s aggregate.Scores) (n int) {
	for _, values := range s {
		n += len(values)
	}
	return n
}

func profile(s aggregate.Scores, thresholds []float64) (shares []float64) {
	for _, tau := range thresholds {
		shares = append(shares, aggregate.Above(tau)(s))
	}
	return shares
}

// thresholds are completion rates from a little below the lowest to the highest of all runs.
func (c *Comparison) thresholds() []float64 {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, g := range c.Groups {
		for task := range g.Tasks {
			for _, values := range g.scores([]int{task}, completionOf) {
				lowest, highest = min(lowest, slices.Min(values)), max(highest, slices.Max(values))
			}
		}
	}
	const steps = 40
	var all []float64
	for i := -1; i <= steps; i++ {
		all = append(all, lowest+(highest-lowest)*float64(i)/steps)
	}
	return all
}

// bestHeuristic is the row of a table with the highest completion rate that was not learned.
func bestHeuristic(t *run.Table) (name string, completion float64) {
	for _, r := range t.Heuristics() {
		if name == "" || r.Completion.Mean > completion {
			name, completion = r.Policy, r.Completion.Mean
		}
	}
	return name, completion
}

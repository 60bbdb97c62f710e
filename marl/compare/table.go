package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Row is a group in one scenario or, with the score alone, in all of them.
type Row struct {
	Group string
	Runs  int
	// Values are interquartile means by measure, the score first.
	Values []aggregate.Interval
	// Better is the probability that a run has a better score than a run of the first group.
	Better  *aggregate.Interval
	Profile []float64 // share of runs whose score is above Table.Thresholds

	measures []run.Measure
}

// MarshalJSON names the values by their measures.
func (r Row) MarshalJSON() ([]byte, error) {
	o := run.Object{{Key: "group", Value: r.Group}, {Key: "runs", Value: r.Runs}}
	for i, v := range r.Values {
		o = append(o, run.Field{Key: r.measures[i].Name + "_iqm", Value: v})
	}
	if r.Better != nil {
		o = append(o, run.Field{Key: "probability_of_improvement", Value: r.Better})
	}
	return json.Marshal(append(o, run.Field{Key: "profile", Value: r.Profile}))
}

// value is that of a measure by its index, nil if the row has none.
func (r *Row) value(i int) *aggregate.Interval {
	if i < len(r.Values) {
		return &r.Values[i]
	}
	return nil
}

// Part has the rows of a scenario, or of all.
type Part struct {
	Scenario  string
	Episodes  int    // of the evaluation of every run; 0 for all scenarios
	Heuristic string // the best one; "" for all scenarios
	Level     float64
	Rows      []Row

	References []run.Row // policies that know more than an agent can, see Comparison.PlayReferences

	score run.Measure
}

// MarshalJSON names the level of the best heuristic by the score, and leaves out what all scenarios together do not have.
func (p Part) MarshalJSON() ([]byte, error) {
	o := run.Object{{Key: "scenario", Value: p.Scenario}}
	if p.Heuristic != "" {
		o = append(o, run.Field{Key: "episodes", Value: p.Episodes}, run.Field{Key: "best_heuristic", Value: p.Heuristic},
			run.Field{Key: "best_heuristic_" + p.score.Name, Value: p.Level})
	}
	o = append(o, run.Field{Key: "groups", Value: p.Rows})
	if p.References != nil {
		o = append(o, run.Field{Key: "references", Value: p.References})
	}
	return json.Marshal(o)
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

	measures []run.Measure
}

// fewRuns is the number of runs below which a bootstrap interval is too narrow to be believed.
const fewRuns = 5

// everyScenario is the label of the part over all scenarios.
const everyScenario = "all scenarios"

// Table computes statistics and intervals. Equal folders give equal tables.
func (c *Comparison) Table() *Table {
	t := &Table{Resamples: aggregate.Resamples, Thresholds: c.thresholds(), Unfinished: []Unfinished{}, Warnings: []string{}, measures: c.measures}
	for i, name := range c.Scenarios {
		part := c.part(t, name, []int{i})
		if c.references != nil {
			part.References = c.references[i]
		}
		t.Parts = append(t.Parts, part)
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
	part := Part{Scenario: name, score: c.measures[0]}
	b := aggregate.Bootstrap{Resamples: t.Resamples}
	var first aggregate.Scores
	for _, g := range c.Groups {
		scores := g.scores(tasks, c.measures[0])
		if scores == nil {
			continue
		}
		row := Row{Group: g.Label, Runs: runs(scores), Values: []aggregate.Interval{b.Interval(aggregate.IQM, scores)}, Profile: profile(scores, t.Thresholds), measures: c.measures}
		if len(tasks) == 1 { // seconds and rewards of different scenarios have no common scale
			for _, m := range c.measures[1:] {
				row.Values = append(row.Values, b.Interval(aggregate.IQM, g.scores(tasks, m)))
			}
			played := g.Tasks[tasks[0]][0].Table
			part.Episodes = played.Episodes
			best := run.Best(played.Heuristics())
			part.Heuristic, part.Level = best.Policy, best.Scores[0].Mean
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

// scores returns a number of the runs' greedy policies by scenario; nil if a scenario has no run.
func (g *Group) scores(tasks []int, of run.Measure) (s aggregate.Scores) {
	for _, task := range tasks {
		var values []float64
		for _, p := range g.Tasks[task] {
			values = append(values, p.Table.Greedy().Scores.Of(of.Name).Mean)
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

// thresholds are scores from a little below the lowest to the highest of all runs.
func (c *Comparison) thresholds() []float64 {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, g := range c.Groups {
		for task := range g.Tasks {
			for _, values := range g.scores([]int{task}, c.measures[0]) {
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

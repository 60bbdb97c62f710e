package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/marl/run"
)

// Final is the table of the final evaluations in a scenario.
type Final struct {
	Head   []string // of the measures
	Rows   []FinalRow
	Better bool // some row has a probability of improvement
	Notes  []string
}

// FinalRow is a team or a heuristic.
type FinalRow struct {
	Name   string
	Kind   string // learned, heuristic or reference
	Colour int
	Runs   int // 0 for what is not learned
	Cells  []Cell
	Better string // probability of improvement over the first team; "" for none
}

// Cell is a number with its interval, and where that lies in its column, in percent of the width.
type Cell struct {
	Text             string
	Low, Point, High float64
	Best             bool // of the column

	interval aggregate.Interval
}

// final puts teams and heuristics into one table; nil if no run is finished.
func final(teams []*team) *Final {
	first := firstFinished(teams)
	if first == nil {
		return nil
	}
	measures := first.Config.Measures()
	f := &Final{}
	for _, m := range measures {
		f.Head = append(f.Head, m.Heading())
	}
	better, notes := improvement(teams)
	f.Notes, f.Better = notes, len(better) > 0
	for _, t := range teams {
		row := FinalRow{Name: t.label, Kind: "learned", Colour: t.colour, Better: better[t.label]}
		for _, m := range measures {
			i, n := t.score(m)
			row.Runs = n
			row.Cells = append(row.Cells, Cell{Text: text(i, m.Digits), interval: i})
		}
		if row.Runs > 0 {
			f.Rows = append(f.Rows, row)
		}
	}
	f.add("heuristic", first.Table.Heuristics(), measures)
	f.add("reference", first.Table.References, measures)
	f.place(measures)
	return f
}

// add adds policies that are not learned; each has the interval over its episodes.
func (f *Final) add(kind string, rows []run.Row, measures []run.Measure) {
	for _, r := range rows {
		row := FinalRow{Name: r.Policy, Kind: kind, Colour: -1}
		for _, m := range measures {
			i := overEpisodes(r, m)
			row.Cells = append(row.Cells, Cell{Text: text(i, m.Digits), interval: i})
		}
		f.Rows = append(f.Rows, row)
	}
}

// overEpisodes is the mean over episodes with Student's interval.
func overEpisodes(r run.Row, m run.Measure) aggregate.Interval {
	s := r.Scores.Of(m.Name)
	return aggregate.Interval{Point: s.Mean, Low: s.Mean - s.Half, High: s.Mean + s.Half}
}

// score is the interquartile mean of a measure over the finished runs, and their number. A single run has the interval over its episodes.
func (t *team) score(m run.Measure) (aggregate.Interval, int) {
	var values []float64
	var only run.Row
	for _, p := range t.runs {
		if p.Table != nil {
			only = p.Table.Greedy()
			values = append(values, only.Scores.Of(m.Name).Mean)
		}
	}
	switch len(values) {
	case 0:
		return aggregate.Interval{}, 0
	case 1:
		return overEpisodes(only, m), 1
	}
	b := aggregate.Bootstrap{Resamples: aggregate.Resamples}
	return b.Interval(aggregate.IQM, aggregate.Scores{values}), len(values)
}

// improvement is the probability of improvement over the first team by label, and what gmel compare says of the runs: why they cannot
// be compared, or how far intervals can be trusted.
func improvement(teams []*team) (better map[string]string, notes []string) {
	better = map[string]string{}
	var all []*run.Past
	for _, t := range teams {
		all = append(all, t.runs...)
	}
	c, err := compare.New(all)
	if err != nil {
		return better, []string{"No probabilities of improvement: " + err.Error() + "."}
	}
	finished := func(t *team) bool { _, n := t.score(t.runs[0].Config.Measures()[0]); return n > 0 }
	named := slices.DeleteFunc(slices.Clone(teams), func(t *team) bool { return !finished(t) })
	table := c.Table()
	for i, row := range table.Parts[0].Rows {
		if row.Better != nil {
			better[named[i].label] = text(*row.Better, 2)
		}
	}
	return better, table.Warnings
}

// text is a number with its interval.
func text(i aggregate.Interval, digits int) string {
	switch {
	case math.IsNaN(i.Point):
		return "n/a"
	case math.IsNaN(i.Low) || i.Low == i.High:
		return fmt.Sprintf("%.*f", digits, i.Point)
	}
	return fmt.Sprintf("%.*f [%.*f, %.*f]", digits, i.Point, digits, i.Low, digits, i.High)
}

// place says where the intervals of a column lie between its ends, and which is the best.
func (f *Final) place(measures []run.Measure) {
	for column, m := range measures {
		low, high, best := math.Inf(1), math.Inf(-1), -1
		for n, r := range f.Rows {
			i := r.Cells[column].interval
			if math.IsNaN(i.Point) {
				continue
			}
			low, high = min(low, i.Point, known(i.Low, i.Point)), max(high, i.Point, known(i.High, i.Point))
			if r.Kind != "reference" && (best < 0 || (i.Point > f.Rows[best].Cells[column].interval.Point) != m.Falling) {
				best = n
			}
		}
		for n := range f.Rows {
			c := &f.Rows[n].Cells[column]
			c.Best = n == best
			at := func(v float64) float64 { return 100 * (v - low) / max(high-low, 1e-12) }
			i := c.interval
			c.Point, c.Low, c.High = at(i.Point), at(known(i.Low, i.Point)), at(known(i.High, i.Point))
		}
	}
}

// known is a value, or another one if it is NaN.
func known(v, other float64) float64 {
	if math.IsNaN(v) {
		return other
	}
	return v
}

// remarks are the paired differences and the warnings of single runs.
func remarks(teams []*team) (all []string) {
	for _, t := range teams {
		for _, p := range t.runs {
			if p.Table == nil {
				continue
			}
			if len(t.runs) == 1 {
				for _, d := range p.Table.Differences {
					all = append(all, fmt.Sprintf("%s: %s minus %s, the best heuristic, on the same episodes: %s.", t.label, d.Policy, d.Against, differences(d)))
				}
			}
			for _, w := range p.Table.Warnings {
				all = append(all, fmt.Sprintf("%s: %s.", p.Folder, w))
			}
		}
	}
	return all
}

func differences(d run.Difference) string {
	var parts []string
	for _, s := range d.Scores {
		parts = append(parts, strings.TrimSpace(s.Title+" "+s.Text(s.Digits)+" "+s.Unit))
	}
	return strings.Join(parts, ", ")
}

// Split is the mean latency of a task by its parts.
type Split struct {
	Name  string
	Total float64 // s
	Parts []Part
}

// Part is a part of the latency.
type Part struct {
	Name    string
	Seconds float64
	Width   float64 // of the longest latency, in percent
}

var parts = []struct{ name, title string }{
	{"radio_wait_s", "radio wait"}, {"upload_s", "upload"}, {"queue_wait_s", "queue"}, {"switch_s", "model load"}, {"compute_s", "compute"}, {"download_s", "download"},
}

// splits are the latencies of the greedy policies in their last evaluations, means over runs. A single team is shown before training, too.
func splits(teams []*team) (all []Split) {
	for _, t := range teams {
		if len(teams) == 1 {
			all = t.split(all, t.label+", before training", func(n int) int { return 0 })
		}
		all = t.split(all, t.label, func(n int) int { return n - 1 })
	}
	longest := 0.0
	for _, s := range all {
		longest = max(longest, s.Total)
	}
	for _, s := range all {
		for i := range s.Parts {
			s.Parts[i].Width = 100 * s.Parts[i].Seconds / longest
		}
	}
	return all
}

// split adds the latency in one of the n evaluations, if it is known.
func (t *team) split(all []Split, name string, which func(n int) int) []Split {
	s, n := Split{Name: name, Parts: make([]Part, len(parts))}, 0
	for _, p := range t.runs {
		evaluations := p.Greedy()
		if len(evaluations) == 0 {
			continue
		}
		values := evaluations[which(len(evaluations))].Values
		if _, there := values[parts[0].name]; !there {
			continue
		}
		n++
		for i, part := range parts {
			s.Parts[i].Name = part.title
			s.Parts[i].Seconds += values[part.name]
		}
	}
	for i := range s.Parts {
		s.Parts[i].Seconds /= float64(max(n, 1))
		s.Total += s.Parts[i].Seconds
	}
	if s.Total > 0 {
		all = append(all, s)
	}
	return all
}

package compare

import (
	"slices"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Panels are the pictures of a scenario: learning curves by the slots that were played, as interquartile means over runs with their
// 95 % bands, and the performance profile of the finished runs. Updates of different algorithms are no common scale.
func (c *Comparison) Panels(t *Table, scenario int) (panels []record.Panel) {
	score := c.measures[0]
	profile := record.Panel{Title: "Share of runs that reach more", XLabel: score.Axis}
	for _, m := range c.measures {
		if m.Axis == "" {
			continue
		}
		p := record.Panel{Title: m.Axis, XLabel: slotsLabel}
		if m.Name == score.Name {
			p.Title = c.Scenarios[scenario] + ": " + m.Axis
		}
		for _, row := range t.Parts[scenario].Rows {
			p.Series = append(p.Series, c.group(row.Group).curve(scenario, m.Name))
		}
		panels = append(panels, p)
	}
	for _, row := range t.Parts[scenario].Rows {
		profile.Series = append(profile.Series, record.Series{Name: row.Group, X: t.Thresholds, Y: row.Profile})
	}
	return append(panels, profile)
}

// group is the group with a label.
func (c *Comparison) group(label string) *Group {
	return &c.Groups[slices.IndexFunc(c.Groups, func(g Group) bool { return g.Label == label })]
}

const slotsLabel = "slots played, all worlds together"

// curve is a number of the greedy policy by slots. It has the updates at which all runs of the group were evaluated.
func (g *Group) curve(scenario int, name string) record.Series {
	s := record.Series{Name: g.Label}
	byUpdate := map[int][]float64{}
	runs := g.Tasks[scenario]
	for _, p := range runs {
		greedy := p.Table.Greedy().Policy
		for _, line := range p.Lines {
			if v, there := line.Values[name]; there && line.Kind == greedy {
				byUpdate[line.Update] = append(byUpdate[line.Update], v)
			}
		}
	}
	var updates []int
	for update, values := range byUpdate {
		if len(values) == len(runs) {
			updates = append(updates, update)
		}
	}
	slices.Sort(updates)
	b := aggregate.Bootstrap{Resamples: aggregate.Resamples}
	for _, update := range updates {
		i := b.Interval(aggregate.IQM, aggregate.Scores{byUpdate[update]})
		s.X, s.Y = append(s.X, runs[0].SlotsAt(update)), append(s.Y, i.Point)
		s.Low, s.High = append(s.Low, i.Low), append(s.High, i.High)
	}
	return s
}

package compare

import (
	"slices"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Panels are the pictures of a scenario: completion rate and latency by the slots that were played, as interquartile means over runs
// with their 95 % bands, and the performance profile of the finished runs. Updates of different algorithms are no common scale.
func (c *Comparison) Panels(t *Table, scenario int) []record.Panel {
	completion := record.Panel{Title: c.Scenarios[scenario] + ": completion rate", XLabel: slotsLabel}
	latency := record.Panel{Title: "Mean latency, s", XLabel: slotsLabel}
	profile := record.Panel{Title: "Share of runs that complete more", XLabel: "completion rate"}
	for _, row := range t.Parts[scenario].Rows {
		g := c.Groups[slices.IndexFunc(c.Groups, func(g Group) bool { return g.Label == row.Group })]
		completion.Series = append(completion.Series, g.curve(scenario, run.CompletionName))
		latency.Series = append(latency.Series, g.curve(scenario, run.LatencyName))
		profile.Series = append(profile.Series, record.Series{Name: row.Group, X: t.Thresholds, Y: row.Profile})
	}
	return []record.Panel{completion, latency, profile}
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
		s.X, s.Y = append(s.X, slotsAt(runs[0].Lines, update)), append(s.Y, i.Point)
		s.Low, s.High = append(s.Low, i.Low), append(s.High, i.High)
	}
	return s
}

// slotsAt interpolates the slots played at an update from the reports of training. They are the same for all seeds.
func slotsAt(lines []record.Line, update int) float64 {
	before, slots := 0, 0.0
	for _, line := range lines {
		played, there := line.Values[run.SlotsName]
		if !there {
			continue
		}
		if line.Update >= update {
			return slots + (played-slots)*float64(update-before)/float64(max(1, line.Update-before))
		}
		before, slots = line.Update, played
	}
	return slots
}

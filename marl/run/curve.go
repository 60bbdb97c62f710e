package run

import (
	"fmt"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
)

// Names of numbers of an evaluation, and of the slots played in a report of training.
const (
	CompletionName = "completion_rate"
	LatencyName    = "mean_latency_s"
	SlotsName      = "env_slots"
)

// summaryRecord is the record of an evaluation. Without tasks there is the reward alone.
func summaryRecord(s sim.Summary) train.Record {
	if s.Tasks == 0 {
		return train.Record{Kind: s.Policy, Scalars: []record.Scalar{{Name: "reward", Value: s.MeanReward}}}
	}
	split := s.LatencySplit
	scalars := []record.Scalar{
		{Name: CompletionName, Value: s.CompletionRate}, {Name: LatencyName, Value: s.MeanLatencyS},
		{Name: "p95_latency_s", Value: s.P95LatencyS}, {Name: "reward", Value: s.MeanReward}, {Name: "energy_per_task_j", Value: s.EnergyJ},
		{Name: "radio_wait_s", Value: split.RadioWait}, {Name: "upload_s", Value: split.Upload}, {Name: "queue_wait_s", Value: split.QueueWait},
		{Name: "switch_s", Value: split.Switch}, {Name: "compute_s", Value: split.Compute}, {Name: "download_s", Value: split.Download},
	}
	for a, share := range s.ActionShares {
		scalars = append(scalars, record.Scalar{Name: fmt.Sprintf("share_action_%d", a), Value: share})
	}
	for l, share := range s.LevelShares {
		scalars = append(scalars, record.Scalar{Name: fmt.Sprintf("share_level_%d", l+1), Value: share})
	}
	if s.Quality != nil {
		scalars = append(scalars, record.Scalar{Name: qualityMeasure.Name, Value: *s.Quality})
	}
	return train.Record{Kind: s.Policy, Scalars: scalars}
}

// learningCurve draws the evaluations so far, and the levels of the heuristics in the table t, if it is not nil.
func learningCurve(of []Measure, lines []record.Line, t *Table) (panels []record.Panel) {
	for _, m := range of {
		if m.Curve != "" {
			panels = append(panels, curve(lines, t, m))
		}
	}
	return panels
}

func curve(lines []record.Line, t *Table, m Measure) record.Panel {
	p := record.Panel{Title: m.Curve, XLabel: "update"}
	index, last := map[string]int{}, 0.0
	for _, line := range lines {
		y, ok := line.Values[m.Name]
		if !ok {
			continue
		}
		if _, known := index[line.Kind]; !known {
			index[line.Kind] = len(p.Series)
			p.Series = append(p.Series, record.Series{Name: line.Kind})
		}
		s := &p.Series[index[line.Kind]]
		last = float64(line.Update)
		s.X, s.Y = append(s.X, last), append(s.Y, y)
	}
	if t == nil {
		return p
	}
	for _, r := range t.Rows {
		if _, learned := index[r.Policy]; !learned {
			y := r.Scores.Of(m.Name).Mean
			p.Series = append(p.Series, record.Series{Name: r.Policy, X: []float64{0, last}, Y: []float64{y, y}, Dashed: true})
		}
	}
	return p
}

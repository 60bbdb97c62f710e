package sweep

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// TrialStatus is how far a trial is and, if all of its runs are finished, what the greedy policy reaches.
type TrialStatus struct {
	Trial    int
	Settings string
	Runs     int
	Finished int
	Fault    string
	// Values are interquartile means over the runs by measure, with 95 % intervals; nil before all runs are finished.
	Values  []aggregate.Interval
	Folders []string

	measures []run.Measure
	value    float64 // of the goal
}

// MarshalJSON names the values by their measures.
func (t TrialStatus) MarshalJSON() ([]byte, error) {
	o := run.Object{{Key: "trial", Value: t.Trial}, {Key: "settings", Value: t.Settings}, {Key: "runs", Value: t.Runs}, {Key: "finished", Value: t.Finished}}
	if t.Fault != "" {
		o = append(o, run.Field{Key: "fault", Value: t.Fault})
	}
	for i, v := range t.Values {
		o = append(o, run.Field{Key: t.measures[i].Name + "_iqm", Value: v})
	}
	return json.Marshal(append(o, run.Field{Key: "folders", Value: t.Folders}))
}

// Status reads how far every trial is that has begun. It needs no sampler.
func (s *Search) Status() ([]TrialStatus, error) {
	all := []TrialStatus{}
	trials, err := s.Begun()
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		status := TrialStatus{Trial: t.Number, Settings: strings.Join(t.Settings, " "), Runs: len(s.seeds), Fault: t.Fault, Folders: []string{}, measures: s.base.Config.Compared()}
		var tables []*run.Table
		for _, r := range t.Runs {
			status.Folders = append(status.Folders, r.Folder)
			if !train.Folder(r.Folder).HasRun() {
				continue
			}
			past, err := run.ReadPast(r.Folder)
			if err != nil {
				return nil, err
			}
			if past.Table != nil {
				tables = append(tables, past.Table)
			}
		}
		if status.Finished = len(tables); len(tables) == len(s.seeds) {
			status.reach(s, tables)
		}
		all = append(all, status)
	}
	return all, nil
}

// reach computes the numbers of a finished trial.
func (t *TrialStatus) reach(s *Search, tables []*run.Table) {
	var ok bool
	if t.value, ok = s.value(tables); !ok {
		return
	}
	b := aggregate.Bootstrap{Resamples: aggregate.Resamples}
	for _, m := range t.measures {
		var scores []float64
		for _, table := range tables {
			scores = append(scores, table.Greedy().Scores.Of(m.Name).Mean)
		}
		t.Values = append(t.Values, b.Interval(aggregate.IQM, aggregate.Scores{scores}))
	}
}

// Best lists the finished trials, the best first.
func (s *Search) Best() ([]TrialStatus, error) {
	all, err := s.Status()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t TrialStatus) bool { return t.Values == nil })
	if len(all) == 0 {
		return nil, train.Usagef("none of the trials is finished")
	}
	slices.SortStableFunc(all, func(a, b TrialStatus) int {
		if !s.goal.Falling {
			a, b = b, a
		}
		return cmp.Compare(a.value, b.value)
	})
	return all, nil
}

// text is the state in words.
func (t *TrialStatus) text() string {
	switch {
	case t.Fault != "":
		return "failed"
	case t.Finished == t.Runs:
		return "finished"
	}
	return fmt.Sprintf("%d of %s finished", t.Finished, train.Counted(int64(t.Runs), "run"))
}

// Markdown is a table of trials, and of how many are to come.
func (s *Search) Markdown(all []TrialStatus) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s begun, in %s.\n\n", len(all), train.Counted(int64(s.Trials), "trial"), s.Folder)
	fmt.Fprintf(&b, "| %5s | %-20s | %s | %s |\n|---|---|---|---|\n", "trial", "state", "settings", "fault")
	for _, t := range all {
		fmt.Fprintf(&b, "| %5d | %-20s | %s | %s |\n", t.Trial, t.text(), t.Settings, t.Fault)
	}
	return b.String()
}

// BestMarkdown is a table of finished trials.
func (s *Search) BestMarkdown(all []TrialStatus) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The greedy policy by %s, the best first: interquartile means over %s, with 95 %% intervals.\n",
		s.goal.Name, train.Counted(int64(len(s.seeds)), "run"))
	b.WriteString("The best of many trials looks better than it is: train it with other seeds before it is compared.\n\n")
	fmt.Fprintf(&b, "| %5s |", "trial")
	listed := s.base.Config.Compared()
	for _, m := range listed {
		fmt.Fprintf(&b, " %-*s |", m.Listed, m.Heading())
	}
	fmt.Fprintf(&b, " settings |\n|---%s|---|\n", strings.Repeat("|---", len(listed)))
	for _, t := range all {
		fmt.Fprintf(&b, "| %5d |", t.Trial)
		for i, m := range listed {
			fmt.Fprintf(&b, " %-*s |", m.Listed, interval95(&t.Values[i], m.Digits))
		}
		fmt.Fprintf(&b, " %s |\n", t.Settings)
	}
	return b.String()
}

func interval95(i *aggregate.Interval, digits int) string {
	return fmt.Sprintf("%.*f [%.*f, %.*f]", digits, i.Point, digits, i.Low, digits, i.High)
}

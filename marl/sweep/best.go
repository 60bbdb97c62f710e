package sweep

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// TrialStatus is how far a trial is and, if all of its runs are finished, what the greedy policy reaches: interquartile means over the
// runs, with 95 % intervals.
type TrialStatus struct {
	Trial      int                 `json:"trial"`
	Settings   string              `json:"settings"`
	Runs       int                 `json:"runs"`
	Finished   int                 `json:"finished"`
	Fault      string              `json:"fault,omitempty"`
	Completion *aggregate.Interval `json:"completion_rate_iqm,omitempty"`
	LatencyS   *aggregate.Interval `json:"mean_latency_s_iqm,omitempty"`
	Reward     *aggregate.Interval `json:"reward_iqm,omitempty"`
	Folders    []string            `json:"folders"`

	value float64 // of the goal
}

// Status reads how far every trial is that has begun. It needs no sampler.
func (s *Search) Status() ([]TrialStatus, error) {
	all := []TrialStatus{}
	trials, err := s.Begun()
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		status := TrialStatus{Trial: t.Number, Settings: strings.Join(t.Settings, " "), Runs: len(s.seeds), Fault: t.Fault, Folders: []string{}}
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
	over := func(of func(run.Row) float64) *aggregate.Interval {
		var scores []float64
		for _, table := range tables {
			scores = append(scores, of(table.Greedy()))
		}
		i := b.Interval(aggregate.IQM, aggregate.Scores{scores})
		return &i
	}
	t.Completion, t.Reward, t.LatencyS = over(goals[0].of), over(goals[1].of), over(goals[2].of)
}

// Best lists the finished trials, the best first.
func (s *Search) Best() ([]TrialStatus, error) {
	all, err := s.Status()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t TrialStatus) bool { return t.Completion == nil })
	if len(all) == 0 {
		return nil, usagef("none of the trials is finished")
	}
	slices.SortStableFunc(all, func(a, b TrialStatus) int {
		if s.goal.direction == "maximize" {
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
		s.goal.name, train.Counted(int64(len(s.seeds)), "run"))
	b.WriteString("The best of many trials looks better than it is: train it with other seeds before it is compared.\n\n")
	fmt.Fprintf(&b, "| %5s | %-24s | %-20s | %-22s | %s |\n|---|---|---|---|---|\n", "trial", "completion", "latency s", "reward", "settings")
	for _, t := range all {
		fmt.Fprintf(&b, "| %5d | %-24s | %-20s | %-22s | %s |\n", t.Trial, interval95(t.Completion, 4), interval95(t.LatencyS, 3), interval95(t.Reward, 2), t.Settings)
	}
	return b.String()
}

func interval95(i *aggregate.Interval, digits int) string {
	return fmt.Sprintf("%.*f [%.*f, %.*f]", digits, i.Point, digits, i.Low, digits, i.High)
}

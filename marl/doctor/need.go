package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// need is what a rule must have seen of a run before its silence means something.
type need struct {
	text string // such as "the final table"
	met  func(*evidence) bool
}

var (
	anyReport   = need{"a report of training", func(e *evidence) bool { return len(e.training) > 0 }}
	early       = reports(1, 0, goneBefore, "first third")
	lastQuarter = reports(leastReports, 0.75, 1, "last quarter")
	lastHalf    = reports(leastReports, 0.5, 1, "second half")
	bothHalves  = need{
		fmt.Sprintf("%d reports of training in the first half of the run and one in the second", leastReports),
		func(e *evidence) bool { return e.reports(0, 0.5) >= leastReports && e.reports(0.5, 1) > 0 },
	}
	played = need{"an evaluation during training", func(e *evidence) bool {
		return slices.ContainsFunc(e.greedy, func(line record.Line) bool { return line.Update > 0 })
	}}
	evaluations = need{fmt.Sprintf("%d evaluations", leastScores), (*evidence).evaluated}
	wholeRun    = need{fmt.Sprintf("the whole run with %d evaluations", leastScores), func(e *evidence) bool { return e.evaluated() && e.ended() }}
	finalTable  = need{"the final table", func(e *evidence) bool { return e.past.Table != nil }}
)

// reports is the need for n reports of training in a part of the run.
func reports(n int, from, to float64, part string) need {
	return need{fmt.Sprintf("%s of training in the %s of the run", train.Counted(int64(n), "report"), part), func(e *evidence) bool { return e.reports(from, to) >= n }}
}

// Unjudged are rules that the run is too short for, or has told too little.
type Unjudged struct {
	Rules []string `json:"rules"`
	Need  string   `json:"need"` // of each of them
}

// unjudged are the rules whose needs are not met, by their need.
func (e *evidence) unjudged() []Unjudged {
	all := []Unjudged{}
	for _, r := range rules {
		if r.need.met(e) {
			continue
		}
		same := func(u Unjudged) bool { return u.Need == r.need.text }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Rules = append(all[i].Rules, r.name)
		} else {
			all = append(all, Unjudged{[]string{r.name}, r.need.text})
		}
	}
	return all
}

// notJudged says which rules could not judge the run, and what they need; "" if all could.
func (d *Diagnosis) notJudged() string {
	var parts []string
	for _, u := range d.Unjudged {
		parts = append(parts, fmt.Sprintf("%s (needed: %s)", strings.Join(u.Rules, ", "), u.Need))
	}
	return strings.Join(parts, "; ")
}

// judging is the number of rules that could judge.
func (d *Diagnosis) judging() int {
	n := len(rules)
	for _, u := range d.Unjudged {
		n -= len(u.Rules)
	}
	return n
}

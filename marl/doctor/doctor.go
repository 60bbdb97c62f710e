// Package doctor says what looks wrong with a run, and what to try.
//
// A rule reads the numbers of a run, compares them with a threshold and returns a finding or none. Thresholds are wide: a rule is silent on
// the default runs of all algorithms, and speaks where the page of metrics says that something is wrong. So silence does not mean that a
// run is good.
package doctor

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Finding is what a rule has to say.
type Finding struct {
	Rule string   `json:"rule"`
	What string   `json:"what"`
	Try  []string `json:"try"`
}

// Diagnosis is what all rules say of a run.
type Diagnosis struct {
	Folder   string    `json:"folder"`
	Update   int       `json:"update"`
	Updates  int       `json:"updates"`
	Reports  int       `json:"reports"` // of training; most rules need some
	Findings []Finding `json:"findings"`

	Unjudged []Unjudged `json:"not_judged"`
}

// rule is a name and a function, nil for nothing wrong.
type rule struct {
	name string
	find func(*evidence) *Finding
	need need
}

var rules = []rule{
	{"not-finite", notFinite, anyReport},
	{"one-action", oneAction, played},
	{"entropy-gone", entropyGone, early},
	{"entropy-stays", entropyStays, lastQuarter},
	{"value-error", valueError, lastQuarter},
	{"gradient-grows", gradientGrows, bothHalves},
	{"gradient-zero", gradientZero, lastQuarter},
	{"steps-too-large", stepsTooLarge, lastHalf},
	{"below-heuristic", belowHeuristic, finalTable},
	{"got-worse", gotWorse, evaluations},
	{"greedy-below-sampled", greedyBelowSampled, evaluations},
	{"still-rising", stillRising, wholeRun},
}

// Names are those of the rules.
func Names() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// Examine applies all rules to a run, finished or not.
func Examine(p *run.Past) *Diagnosis {
	e := newEvidence(p)
	updates := max(p.Update(), p.Config.Train.Updates) // the last iteration may go beyond
	d := &Diagnosis{Folder: string(p.Folder), Update: p.Update(), Updates: updates, Reports: len(e.training), Findings: []Finding{}, Unjudged: e.unjudged()}
	for _, r := range rules {
		if f := r.find(e); f != nil {
			f.Rule = r.name
			d.Findings = append(d.Findings, *f)
		}
	}
	return d
}

// Text is the diagnosis for people.
func (d *Diagnosis) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, update %d of %d: ", d.Folder, d.Update, d.Updates)
	switch {
	case d.Update == 0:
		b.WriteString("there is no report of training yet.\n")
	case len(d.Findings) == 0 && len(d.Unjudged) == 0:
		b.WriteString("nothing looks wrong.\n")
	case len(d.Findings) == 0:
		fmt.Fprintf(&b, "nothing looks wrong to %d of %d rules; there is too little of the run for the others.\n", d.judging(), len(rules))
	default:
		fmt.Fprintf(&b, "%s.\n", train.Counted(int64(len(d.Findings)), "finding"))
	}
	for i, f := range d.Findings {
		fmt.Fprintf(&b, "\n%d. %s (%s)\n", i+1, f.What, f.Rule)
		for _, try := range f.Try {
			fmt.Fprintf(&b, "   - %s\n", try)
		}
	}
	if text := d.notJudged(); text != "" && d.Update > 0 {
		fmt.Fprintf(&b, "\nNot judged: %s.\n", text)
	}
	return b.String()
}

// evidence is what rules read.
type evidence struct {
	past     *run.Past
	training []record.Line
	greedy   []record.Line
	sampled  []record.Line
	settings map[string]string
	score    run.Measure
}

func newEvidence(p *run.Past) *evidence {
	e := &evidence{past: p, training: p.Training(), greedy: p.Greedy(), score: p.Config.Measures()[0]}
	_, e.settings = p.Config.Settings()
	for _, line := range p.Lines {
		if line.Kind == marl.SampledName(p.Config.Train.Algo) {
			e.sampled = append(e.sampled, line)
		}
	}
	return e
}

// values are those of a number in the reports of training between two parts of the run's updates, 0 to 1, without what is not finite.
func (e *evidence) values(name string, from, to float64) (x []float64) {
	for _, line := range e.training {
		if v, there := line.Values[name]; there && e.within(line, from, to) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			x = append(x, v)
		}
	}
	return x
}

// within reports whether a line is between two parts of the run's updates; the last iteration may go beyond them.
func (e *evidence) within(line record.Line, from, to float64) bool {
	at := min(1, float64(line.Update)/float64(e.past.Config.Train.Updates))
	return at > from && at <= to
}

// reports is the number of reports of training between two parts of the run's updates.
func (e *evidence) reports(from, to float64) (n int) {
	for _, line := range e.training {
		if e.within(line, from, to) {
			n++
		}
	}
	return n
}

// ended reports whether the run has made all its updates.
func (e *evidence) ended() bool { return e.past.Update() >= e.past.Config.Train.Updates }

// evaluated reports whether there are enough evaluations to speak of a rise.
func (e *evidence) evaluated() bool {
	_, x := e.scores(e.greedy)
	return len(x) >= leastScores
}

// scores are those of evaluations, by update.
func (e *evidence) scores(of []record.Line) (updates []int, x []float64) {
	for _, line := range of {
		if v, there := line.Values[e.score.Name]; there && !math.IsNaN(v) {
			updates, x = append(updates, line.Update), append(x, v)
		}
	}
	return updates, x
}

// setting names a setting with its value, such as amarl.alpha (0.1), by the end of its path; "" if the run has none.
func (e *evidence) setting(end string) string {
	for _, path := range []string{e.settings["train.algo"] + "." + end, "train." + end} {
		if v, there := e.settings[path]; there {
			return fmt.Sprintf("%s (%s)", path, v)
		}
	}
	return ""
}

// tries are sentences about settings, such as "raise %s"; those of settings that the run does not have are left out.
func (e *evidence) tries(pairs ...[2]string) (all []string) {
	for _, p := range pairs {
		if s := e.setting(p[1]); s != "" {
			all = append(all, fmt.Sprintf(p[0], s))
		}
	}
	return all
}

// choices is the number of actions, from the shares in evaluations; 0 if they are not told.
func (e *evidence) choices() (n int) {
	if len(e.greedy) == 0 {
		return 0
	}
	for {
		if _, there := e.greedy[0].Values[fmt.Sprintf("share_action_%d", n)]; !there {
			return n
		}
		n++
	}
}

// destinations is the number of actions of a level: all of them without levels.
func (e *evidence) destinations() int {
	for levels := 0; ; levels++ {
		if _, there := e.greedy[0].Values[fmt.Sprintf("share_level_%d", levels+1)]; !there {
			return e.choices() / max(1, levels)
		}
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// median is the higher of the two in the middle of an even number of values.
func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

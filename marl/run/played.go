package run

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
)

// Training says on what a policy was trained that is evaluated on another scenario.
type Training struct {
	Scenario string   `json:"scenario"`
	Changed  []Change `json:"changed"` // settings of the scenario, without its name
}

// Change is a setting that differs between training and evaluation.
type Change struct {
	Setting string `json:"setting"` // path in the scenario, such as tasks.models[0].share
	Trained any    `json:"trained"`
	Played  any    `json:"played"`
}

// played returns the scenario of an evaluation: that of the run with configuration c, or the one that the options ask for,
// which must fit the policy and is observed in the units of training. The first result is then what differs.
func (o *EvalOptions) played(f train.Folder, c *Config) (*Training, game, error) {
	if o.Scenario == "" && len(o.Sets) == 0 {
		return nil, c.game(), nil
	}
	for _, s := range o.Sets {
		if path, _, _ := strings.Cut(s, "="); path != scenarioKey && !strings.HasPrefix(path, scenarioKey+".") {
			return nil, nil, train.Usagef("--set %s: an evaluation changes settings of the scenario only, such as --set scenario.ieds=50", s)
		}
	}
	path, err := f.Config()
	if err != nil {
		return nil, nil, err
	}
	asked, err := Load(Sources{File: path, Scenario: o.Scenario, Sets: o.Sets})
	if err != nil {
		return nil, nil, err
	}
	g, err := asked.game().fits(c.game())
	if err != nil {
		return nil, nil, train.Usage(err)
	}
	t, err := trainedOn(c.game(), g)
	return t, g, train.Usage(err)
}

// scenarioKey is the section of the scenario.
const scenarioKey = "scenario"

// trainedOn compares the scenarios of training and evaluation; nil if they are equal. A run plays its own copies of the
// files, so files are equal if their contents are.
func trainedOn(trained, played game) (*Training, error) {
	before, err := trained.digests()
	if err != nil {
		return nil, err
	}
	after, err := played.digests()
	if err != nil {
		return nil, err
	}
	t := &Training{Scenario: trained.name(), Changed: []Change{}}
	for _, d := range setting.Differences(alone(trained), alone(played)) {
		sameFile := before[d.Path] != "" && before[d.Path] == after[d.Path]
		if d.Path != "name" && !sameFile {
			t.Changed = append(t.Changed, Change{d.Path, d.Before, d.After})
		}
	}
	if len(t.Changed) == 0 && trained.name() == played.name() {
		return nil, nil
	}
	return t, nil
}

// alone is a document with the settings of a game at its top.
func alone(g game) []setting.Section {
	s := g.section(nil)
	return []setting.Section{{Value: s.Value}}
}

// Bounds of what a text shows of the changes; the table in JSON has all.
const (
	shownChanges = 12 // settings
	shownValue   = 40 // bytes of a value
)

// text is a sentence about the training.
func (t *Training) text() string {
	var changed []string
	for _, c := range t.Changed[:min(len(t.Changed), shownChanges)] {
		changed = append(changed, fmt.Sprintf("%s = %s (%s)", c.Setting, short(c.Played), short(c.Trained)))
	}
	if len(changed) == 0 {
		return fmt.Sprintf("The policy was trained on %s, which has the same settings.", t.Scenario)
	}
	list := strings.Join(changed, ", ")
	if more := len(t.Changed) - len(changed); more > 0 {
		list += fmt.Sprintf(" and %s (see --json)", train.Counted(int64(more), "more setting"))
	}
	return fmt.Sprintf("The policy was trained on %s. Settings that differ here, with those of training in brackets: %s.", t.Scenario, list)
}

// short is a value with six digits, or "..." for a long one.
func short(v any) string {
	text := fmt.Sprint(v)
	if x, ok := v.(float64); ok {
		text = fmt.Sprintf("%.6g", x)
	}
	switch {
	case text == "":
		return `""`
	case len(text) > shownValue:
		return "..."
	}
	return text
}

package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl/compare"
)

// Differing is a table of facts by what has them. Facts that differ come first.
type Differing struct {
	Head   []string // what has the facts
	Differ []FactRow
	Same   []FactRow // with one value
}

// FactRow is a fact, such as a setting, with its values.
type FactRow struct {
	Name   string
	Values []Fact
}

// Fact is a value. Odd ones differ from the value that most have, if there is one.
type Fact struct {
	Text string
	Odd  bool
}

// differing sorts facts by whether they are the same for all; nil without any.
func differing(head []string, facts []map[string]string) *Differing {
	if len(facts) == 0 {
		return nil
	}
	all := map[string]bool{}
	for _, f := range facts {
		for name := range f {
			all[name] = true
		}
	}
	d := &Differing{Head: head}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		row := FactRow{Name: name}
		common, same := commonest(facts, name)
		if same {
			row.Values = []Fact{{common, false}}
			d.Same = append(d.Same, row)
			continue
		}
		for _, f := range facts {
			v := valueOf(f, name)
			row.Values = append(row.Values, Fact{v, common != "" && v != common})
		}
		d.Differ = append(d.Differ, row)
	}
	return d
}

// absent is shown where a run has no such value.
const absent = "–"

func valueOf(facts map[string]string, name string) string {
	if v, there := facts[name]; there {
		return v
	}
	return absent
}

// commonest is the value that more than half have, "" for none, and whether it is the only one.
func commonest(facts []map[string]string, name string) (value string, only bool) {
	count := map[string]int{}
	for _, f := range facts {
		count[valueOf(f, name)]++
	}
	for v, n := range count {
		if 2*n > len(facts) {
			value = v
		}
	}
	return value, len(count) == 1
}

// settings are those of groups and of scenarios.
func settings(groups []compare.Group, scenarios []string) (ofGroups, ofScenarios *Differing) {
	var labels []string
	var facts []map[string]string
	worlds := make([]map[string]string, len(scenarios))
	for _, g := range groups {
		for task, runs := range g.Tasks {
			if len(runs) == 0 {
				continue
			}
			scenario, others := runs[0].Config.Settings()
			worlds[task] = scenario
			if !slices.Contains(labels, g.Label) {
				labels, facts = append(labels, g.Label), append(facts, own(others))
			}
		}
	}
	return differing(labels, facts), differing(scenarios, worlds)
}

// own puts the settings of a run's algorithm under one name, so that those of two algorithms stand side by side.
func own(settings map[string]string) map[string]string {
	all := map[string]string{}
	for path, value := range settings {
		if key, mine := strings.CutPrefix(path, settings["train.algo"]+"."); mine {
			path = "algorithm: " + key
		}
		all[path] = value
	}
	return all
}

// versions has the last process of each run.
func (p *Page) versions(sources []*source) {
	var labels []string
	var facts []map[string]string
	for _, s := range sources {
		if len(s.sessions) == 0 {
			continue
		}
		last := s.sessions[len(s.sessions)-1]
		f := map[string]string{
			"commit": last.Commit, "go": last.Go, "platform": last.Platform, "host": last.Host, "backend": last.Backend, "device": last.Device,
			"instruction set": last.ISA, "threads": fmt.Sprint(last.Threads), "processes": fmt.Sprint(len(s.sessions)), "started": last.Started,
		}
		for module, version := range last.Modules {
			f["module "+module] = version
		}
		maps.DeleteFunc(f, func(_, v string) bool { return v == "" })
		labels, facts = append(labels, string(s.folder)), append(facts, f)
	}
	p.Versions = differing(labels, facts)
}

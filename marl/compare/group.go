package compare

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Group is a set of runs with the same settings but the seed.
type Group struct {
	Label string
	Tasks [][]*run.Past // by scenario, in the order of Comparison.Scenarios; finished runs in the order of their seeds
}

// Comparison is what the folders hold.
type Comparison struct {
	Scenarios  []string // labels
	Groups     []Group
	Unfinished []*run.Past
	Missing    []Unfinished // runs without a folder, which a caller may know of

	measures   []run.Measure // those that are compared, the score first
	references [][]run.Row   // by scenario, see PlayReferences
}

// Read reads run folders and compares them as New does. An error is a usage error where the runs cannot be compared.
func Read(folders []string) (*Comparison, error) {
	var runs []*run.Past
	for _, dir := range folders {
		p, err := run.ReadPast(dir)
		if err != nil {
			return nil, err
		}
		runs = append(runs, p)
	}
	return New(runs)
}

// New compares runs that have been read; those without a final table are not counted. An error is a usage error.
func New(runs []*run.Past) (*Comparison, error) {
	c := &Comparison{}
	var finished []*run.Past
	for _, p := range runs {
		if p.Table == nil {
			c.Unfinished = append(c.Unfinished, p)
		} else {
			finished = append(finished, p)
		}
	}
	c.Scenarios, c.Groups = Sort(finished)
	return c, c.check()
}

// Sort puts runs into groups, finished or not. The scenarios are those of Group.Tasks, where runs are in the order of their seeds.
func Sort(runs []*run.Past) (names []string, sorted []Group) {
	var scenarios, groups kinds
	places := map[*run.Past][2]int{}
	for _, p := range runs {
		scenario, others := p.Config.Settings()
		places[p] = [2]int{scenarios.index(scenario), groups.index(others)}
	}
	names = scenarios.labels("name")
	for _, label := range groups.labels("train.algo") {
		sorted = append(sorted, Group{Label: label, Tasks: make([][]*run.Past, len(names))})
	}
	for _, p := range runs {
		at := places[p]
		tasks := sorted[at[1]].Tasks
		tasks[at[0]] = append(tasks[at[0]], p)
	}
	for _, g := range sorted {
		for _, task := range g.Tasks {
			slices.SortStableFunc(task, bySeed)
		}
	}
	return names, sorted
}

// check refuses what would not be a comparison.
func (c *Comparison) check() error {
	if len(c.Groups) == 0 {
		return train.Usagef("none of the runs is finished; a run is compared by its final table")
	}
	if err := c.measure(); err != nil {
		return err
	}
	for scenario := range c.Scenarios {
		var all []*run.Past
		for _, g := range c.Groups {
			runs := g.Tasks[scenario]
			if err := distinct(runs); err != nil {
				return err
			}
			all = append(all, runs...)
		}
		if err := c.sameEpisodes(all); err != nil {
			return err
		}
	}
	return nil
}

// measure takes the measures of the game, and refuses runs of different games.
func (c *Comparison) measure() error {
	var first *run.Past
	for _, g := range c.Groups {
		for _, p := range slices.Concat(g.Tasks...) {
			if first == nil {
				first = p
				c.measures = p.Config.Compared()
			}
			if a, b := c.measures[0].Name, p.Config.Compared()[0].Name; a != b {
				return train.Usagef("%s is scored by %s and %s by %s: they are runs of different games, and have no common scale", first.Folder, a, p.Folder, b)
			}
		}
	}
	return nil
}

// distinct refuses runs of a group, in the order of their seeds, that have the same seed.
func distinct(runs []*run.Past) error {
	for i, p := range runs {
		if i > 0 && bySeed(runs[i-1], p) == 0 {
			return train.Usagef("%s and %s have the same settings and seed: they are one run, and would count twice", runs[i-1].Folder, p.Folder)
		}
	}
	return nil
}

// sameEpisodes refuses runs of a scenario without a score, and with scores of different episodes.
func (c *Comparison) sameEpisodes(runs []*run.Past) error {
	for _, p := range runs {
		first := runs[0]
		if score := c.measures[0].Name; math.IsNaN(p.Table.Greedy().Scores.Of(score).Mean) {
			return train.Usagef("%s has no %s, by which runs are compared: its evaluation had no task", p.Folder, strings.ReplaceAll(score, "_", " "))
		}
		if p.Table.Seed != first.Table.Seed || p.Table.Episodes != first.Table.Episodes {
			return train.Usagef("%s played %d evaluation episodes on seed %d and %s %d on seed %d; runs are compared on the same episodes",
				first.Folder, first.Table.Episodes, first.Table.Seed, p.Folder, p.Table.Episodes, p.Table.Seed)
		}
	}
	return nil
}

func bySeed(a, b *run.Past) int { return cmp.Compare(a.Config.Seed, b.Config.Seed) }

// kinds numbers different settings in the order of their first appearance.
type kinds struct{ all []map[string]string }

func (k *kinds) index(settings map[string]string) int {
	if i := slices.IndexFunc(k.all, func(s map[string]string) bool { return maps.Equal(s, settings) }); i >= 0 {
		return i
	}
	k.all = append(k.all, settings)
	return len(k.all) - 1
}

// shownDigits of the digest of a file tell files apart.
const shownDigits = 12

// labels names every kind by one setting and by those that differ within the kinds of that name.
func (k *kinds) labels(name string) []string {
	var labels []string
	for _, s := range k.all {
		label := s[name]
		paths := k.differing(name, s[name])
		for _, path := range paths {
			value, there := s[path]
			if !there {
				value = "absent"
			}
			if strings.HasPrefix(value, sim.DigestPrefix) {
				value = value[:len(sim.DigestPrefix)+shownDigits] + "..."
			}
			label += " " + short(path, paths) + "=" + value
		}
		labels = append(labels, label)
	}
	return labels
}

// short is the end of a path, in whole keys, that no other of the paths has.
func short(path string, paths []string) string {
	end := ""
	for _, key := range slices.Backward(strings.Split(path, ".")) {
		end = strings.TrimSuffix(key+"."+end, ".")
		ends := func(other string) bool { return other != path && strings.HasSuffix("."+other, "."+end) }
		if !slices.ContainsFunc(paths, ends) {
			return end
		}
	}
	return path
}

// differing lists the paths, sorted, in which kinds of the same name differ.
func (k *kinds) differing(name, of string) []string {
	values := map[string]map[string]bool{}
	n := 0
	for _, s := range k.all {
		if s[name] != of {
			continue
		}
		n++
		for path, value := range s {
			if values[path] == nil {
				values[path] = map[string]bool{}
			}
			values[path][value] = true
		}
	}
	var paths []string
	for path, different := range values {
		if len(different) > 1 || n > 1 && k.count(name, of, path) < n {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// count is the number of kinds of a name that have a path.
func (k *kinds) count(name, of, path string) (n int) {
	for _, s := range k.all {
		if _, there := s[path]; there && s[name] == of {
			n++
		}
	}
	return n
}

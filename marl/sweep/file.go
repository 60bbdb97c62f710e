package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
)

// file is a plan as it is written. Names of files in it are relative to it.
type file struct {
	Config     string        `yaml:"config"`     // a configuration that all runs begin from
	Set        setting.Pairs `yaml:"set"`        // settings of all runs
	Grid       setting.Pairs `yaml:"grid"`       // settings with a list of values: every combination is run
	Algorithms setting.Texts `yaml:"algorithms"` // default: that of config
	Scenarios  setting.Texts `yaml:"scenarios"`  // default: that of config
	Seeds      setting.Texts `yaml:"seeds"`      // a number of seeds, from 1, or a list of them; default: that of config
	Out        string        `yaml:"out"`        // folder of the runs
}

// read reads the file of a plan. search is nil where it has no such part.
func read(path string) (f *file, search *searchSection, err error) {
	r, f := setting.NewReader(), new(file)
	if err := r.File(path); err != nil {
		return nil, nil, train.Usage(err)
	}
	search = &searchSection{Sampler: "tpe", Seed: 1}
	searched := r.Peek("search", new(setting.Texts)) != setting.Origin{}
	r.Read(setting.Section{Value: f, Check: func(c *setting.Checker) {
		const problem = "a plan with search has one algorithm, one scenario and no grid"
		c.Expect(!searched || len(f.Grid) == 0, "grid", problem, "")
		c.Expect(!searched || len(f.Algorithms.Of) < 2, "algorithms", problem, "")
		c.Expect(!searched || len(f.Scenarios.Of) < 2, "scenarios", problem, "")
	}})
	r.Read(setting.Section{Name: "search", Value: search, Check: func(c *setting.Checker) {
		if searched {
			search.check(c)
		}
	}})
	if err := r.Check(); err != nil {
		return nil, nil, train.Usage(err)
	}
	if !searched {
		search = nil
	}
	return f, search, f.beside(path)
}

// beside makes names of files relative to the plan.
func (f *file) beside(path string) error {
	if f.Out == "" {
		return train.Usagef("%s: out is missing: the folder of the runs", path)
	}
	beside := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(path), name)
	}
	f.Config, f.Out = beside(f.Config), beside(f.Out)
	for i, name := range f.Scenarios.Of {
		if file := beside(name); exists(file) { // else a preset, or a fault that loading it explains
			f.Scenarios.Of[i] = file
		}
	}
	return f.check()
}

// check refuses settings that would be ignored.
func (f *file) check() error {
	var errs []error
	refuse := func(of string, pairs setting.Pairs) {
		for _, p := range pairs {
			if problem := f.problem(of, p); problem != "" {
				errs = append(errs, train.Usage(&setting.Error{Origin: p.From, Path: of + "." + p.Key, Problem: problem}))
			}
		}
	}
	refuse(ofSet, f.Set)
	refuse(ofGrid, f.Grid)
	return errors.Join(errs...)
}

// Keys of a plan.
const (
	ofSet  = "set"
	ofGrid = "grid"
)

// problem says why a setting would be ignored; "" if it would not.
func (f *file) problem(of string, p setting.Pair) string {
	algorithms := orNone(f.Algorithms.Of)
	switch {
	case of == ofGrid && len(p.Values.Of) == 0:
		return "the list is empty, so there would be no run"
	case of == ofSet && slices.ContainsFunc(f.Grid, func(g setting.Pair) bool { return g.Key == p.Key }):
		return "the grid has values of it, too"
	case p.Key == "seed":
		return "seeds has the seeds of the runs"
	case p.Key == "train.algo" && algorithms[0] != "":
		return "algorithms has the algorithms of the runs"
	case !slices.ContainsFunc(algorithms, func(algo string) bool { return !foreign(p.Key, algo) }):
		return "no run of the plan has that algorithm"
	}
	return ""
}

// count is the number of runs; any number above mostRuns if there are more.
func (f *file) count(seeds int) (n int) {
	for _, algo := range orNone(f.Algorithms.Of) {
		runs := seeds * len(orNone(f.Scenarios.Of))
		for _, p := range f.Grid {
			if !foreign(p.Key, algo) {
				runs = min(runs*len(p.Values.Of), mostRuns+1)
			}
		}
		n += runs
	}
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// seeds is a number of seeds, counted from 1, or the seeds of a list; none for that of the configuration.
func (f *file) seeds() (all []uint64, err error) {
	for _, text := range f.Seeds.Of {
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil || f.Seeds.Single && (v < 1 || v > mostRuns) {
			return nil, fmt.Errorf("seeds: %s is not allowed; allowed: a number of seeds from 1 to %d, or a list of seeds, whole numbers from 0", text, mostRuns)
		}
		all = append(all, v)
	}
	if f.Seeds.Single {
		n := all[0]
		all = nil
		for seed := uint64(1); seed <= n; seed++ {
			all = append(all, seed)
		}
	}
	return all, nil
}

// combinations are the runs of one seed: every scenario, algorithm and entry of the grid, the last varying first.
func (f *file) combinations() (all []*Run) {
	var fixed []string
	for _, p := range f.Set {
		fixed = append(fixed, p.Key+"="+p.Values.Text())
	}
	for _, scenario := range orNone(f.Scenarios.Of) {
		for _, algo := range orNone(f.Algorithms.Of) {
			for _, sets := range grid(f.Grid, algo) {
				all = append(all, &Run{Scenario: scenario, Algo: algo, Sets: slices.Concat(own(fixed, algo), sets)})
			}
		}
	}
	return all
}

// orNone is a list with one empty text for an empty list.
func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// grid lists every combination of the values of settings that an algorithm has.
func grid(pairs setting.Pairs, algo string) [][]string {
	all := [][]string{nil}
	for _, p := range pairs {
		if foreign(p.Key, algo) {
			continue
		}
		var longer [][]string
		for _, sets := range all {
			for _, value := range p.Values.Of {
				longer = append(longer, append(slices.Clone(sets), p.Key+"="+value))
			}
		}
		all = longer
	}
	return all
}

// own leaves out settings of other algorithms.
func own(sets []string, algo string) []string {
	return slices.DeleteFunc(slices.Clone(sets), func(set string) bool { return foreign(set, algo) })
}

// foreign reports whether a setting is in the section of another algorithm than the run's. Where the plan names none,
// nothing is: loading tells.
func foreign(path, algo string) bool {
	section, _, _ := strings.Cut(path, ".")
	return algo != "" && section != algo && slices.Contains(marl.Algorithms(), section)
}

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
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// file is a plan as it is written. Names of files in it are relative to it.
type file struct {
	Config     string        `yaml:"config"`     // a configuration that all runs begin from
	Set        setting.Pairs `yaml:"set"`        // settings of all runs
	Grid       setting.Pairs `yaml:"grid"`       // settings with a list of values: every combination is run
	Algorithms setting.Texts `yaml:"algorithms"` // default: that of config
	Scenarios  setting.Texts `yaml:"scenarios"`  // default: that of config
	Seeds      setting.Texts `yaml:"seeds"`      // a number of seeds, from 1, or a list of them
	Out        string        `yaml:"out"`        // folder of the runs
}

// Plan is a list of runs.
type Plan struct {
	Name string // of its file
	Runs []*Run
}

// Run is one training run of a plan.
type Run struct {
	Index    int
	Folder   string
	Algo     string // "": that of the configuration
	Scenario string
	Sets     []string // path=value
	Seed     uint64
	Config   *run.Config

	file string
}

// Sources are those of the run's configuration.
func (r *Run) Sources() run.Sources {
	return run.Sources{File: r.file, Algo: r.Algo, Scenario: r.Scenario, Sets: r.Sets, Seed: &r.Seed}
}

// mostRuns bounds a plan: more are a mistake in a grid.
const mostRuns = 100_000

// Read reads a plan and the configuration of every run. All faults are reported before anything starts.
func Read(path string) (*Plan, error) {
	f, err := read(path)
	if err != nil {
		return nil, err
	}
	p := &Plan{Name: path}
	seeds, err := f.seeds()
	if err != nil {
		return nil, err
	}
	for _, c := range f.combinations() {
		for _, seed := range seeds {
			r := *c
			r.Index, r.Seed, r.file = len(p.Runs), seed, f.Config
			if p.Runs = append(p.Runs, &r); len(p.Runs) > mostRuns {
				return nil, usagef("%s has more than %d runs", path, mostRuns)
			}
		}
	}
	return p, p.load(f.Out)
}

func read(path string) (*file, error) {
	r, f := setting.NewReader(), new(file)
	if err := r.File(path); err != nil {
		return nil, usage(err)
	}
	r.Read(setting.Section{Value: f})
	if err := r.Err(); err != nil {
		return nil, usage(err)
	}
	if f.Out == "" {
		return nil, usagef("%s: out is missing: the folder of the runs", path)
	}
	beside := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(path), name)
	}
	f.Config, f.Out = beside(f.Config), beside(f.Out)
	for i, name := range f.Scenarios.Of {
		if beside := beside(name); exists(beside) { // else a preset, or a fault that loading it explains
			f.Scenarios.Of[i] = beside
		}
	}
	return f, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// seeds is a number of seeds, counted from 1, or the seeds of a list.
func (f *file) seeds() (all []uint64, err error) {
	if len(f.Seeds.Of) == 0 {
		return []uint64{1}, nil
	}
	for _, text := range f.Seeds.Of {
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil || f.Seeds.Single && (v < 1 || v > mostRuns) {
			return nil, usagef("seeds: %s is not allowed; allowed: a number of seeds from 1 to %d, or a list of seeds, whole numbers from 0", text, mostRuns)
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

// load reads every configuration and names the folders.
func (p *Plan) load(out string) error {
	var errs []error
	folders := map[string]int{}
	for _, r := range p.Runs {
		var err error
		if r.Config, err = run.Load(r.Sources()); err == nil {
			err = r.place(out)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("run %d (%s): %w", r.Index, r.Label(), err))
			continue
		}
		if first, there := folders[r.Folder]; there {
			errs = append(errs, usagef("runs %d and %d are the same: %s with seed %d", first, r.Index, r.Label(), r.Seed))
		}
		folders[r.Folder] = r.Index
	}
	return some(errs)
}

// place names the folder of a run.
func (r *Run) place(out string) error {
	id, err := r.Config.Identity()
	r.Folder = filepath.Join(out, fmt.Sprintf("%s-%s-%d", r.Config.Train.Algo, id, r.Seed))
	return err
}

// Label names the run without its seed.
func (r *Run) Label() string {
	var words []string
	for _, word := range append([]string{r.Scenario, r.Algo}, r.Sets...) {
		if word != "" {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "the default run"
	}
	return strings.Join(words, " ")
}

// some joins the first errors and tells the number of the others.
func some(errs []error) error {
	const most = 10
	if n := len(errs); n > most {
		errs = append(errs[:most:most], usagef("and %d more runs", n-most))
	}
	return errors.Join(errs...)
}

func usage(err error) error { return &train.UsageError{Err: err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

package sweep

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Plan is a list of runs, or a search.
type Plan struct {
	Name   string // of its file
	Out    string // folder of the runs
	Runs   []*Run
	Search *Search // nil: the list of runs is all there is
}

// Len is the number of runs or, in a search, of trials: the indices of a scheduler's array are below it.
func (p *Plan) Len() int {
	if p.Search != nil {
		return p.Search.Trials
	}
	return len(p.Runs)
}

// Noun names what has an index.
func (p *Plan) Noun() string {
	if p.Search != nil {
		return "trial"
	}
	return "run"
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

	plan, file string // names
	seeded     bool   // the plan has the seed, not the configuration
}

// Sources are those of the run's configuration.
func (r *Run) Sources() run.Sources {
	src := run.Sources{File: r.file, Algo: r.Algo, Scenario: r.Scenario, Sets: r.Sets, SetsFile: r.plan}
	if r.seeded {
		src.Seed = &r.Seed
	}
	return src
}

// mostRuns bounds a plan: more are a mistake in a grid.
const mostRuns = 100_000

// Read reads a plan and the configuration of every run. All faults are reported before anything starts.
func Read(path string) (*Plan, error) {
	f, searched, err := read(path)
	if err != nil {
		return nil, err
	}
	p := &Plan{Name: path, Out: f.Out}
	seeds, err := f.seeds()
	if err != nil {
		return nil, train.Usagef("%s: %w", path, err)
	}
	if searched != nil {
		p.Search, err = f.search(path, searched, seeds)
		return p, err
	}
	seeded := len(seeds) > 0
	if !seeded {
		seeds = []uint64{0} // not used
	}
	if f.count(len(seeds)) > mostRuns {
		return nil, train.Usagef("%s has more than %d runs", path, mostRuns)
	}
	for _, c := range f.combinations() {
		for _, seed := range seeds {
			r := *c
			r.Index, r.Seed, r.plan, r.file, r.seeded = len(p.Runs), seed, path, f.Config, seeded
			p.Runs = append(p.Runs, &r)
		}
	}
	return p, p.load(f.Out)
}

// load reads every configuration and names the folders.
func (p *Plan) load(out string) error {
	var errs []error
	folders := map[string]int{}
	for _, r := range p.Runs {
		var err error
		if r.Config, err = run.Load(r.Sources()); err == nil {
			r.Seed = r.Config.Seed
			err = r.place(out)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("run %d (%s): %w", r.Index, r.Label(), err))
			continue
		}
		if first, there := folders[r.Folder]; there {
			errs = append(errs, train.Usagef("runs %d and %d are the same: %s with seed %d", first, r.Index, r.Label(), r.Seed))
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
		errs = append(errs[:most:most], train.Usagef("and %d more runs", n-most))
	}
	return errors.Join(errs...)
}

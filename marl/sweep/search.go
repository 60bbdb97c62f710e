package sweep

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// searchSection is the part search of a plan.
type searchSection struct {
	Sampler string        `yaml:"sampler"`
	Seed    uint64        `yaml:"seed"` // of the sampler
	Trials  int           `yaml:"trials"`
	Goal    string        `yaml:"goal"`
	Space   setting.Pairs `yaml:"space"`
}

// mostTrials bounds a search: a sampler that weighs all earlier trials is slow for more.
const mostTrials = 10_000

func (s *searchSection) check(c *setting.Checker) {
	c.OneOf("sampler", s.Sampler, "tpe", "random")
	c.Require(s.Seed < 1<<32, "seed", s.Seed, "a whole number from 0 to 2^32-1")
	c.Count("trials", s.Trials, 1, mostTrials)
	if s.Goal != "" {
		c.OneOf("goal", s.Goal, run.Goals()...)
	}
	c.Expect(len(s.Space) > 0, "space", "there is no setting to choose", "a mapping of settings to values, such as amarl.heads: [2, 4]")
}

// Search is a plan whose settings a sampler chooses, trial by trial. A trial is trained with every seed of the plan, and its value is
// the interquartile mean of the goal over them.
type Search struct {
	Folder string // of the sampler's journal and of the trials; named by a hash of all that is asked for but the number of trials
	Trials int

	sampler string
	seed    uint64
	goal    run.Measure // of the greedy policy in a run's final table
	space   []parameter
	seeds   []uint64
	out     string
	base    *Run // without a choice
}

// search makes the search of a plan and checks every value of its space, each at a time.
func (f *file) search(path string, s *searchSection, seeds []uint64) (*Search, error) {
	base := f.combinations()[0]
	base.plan, base.file = path, f.Config
	made := &Search{Trials: s.Trials, sampler: s.Sampler, seed: s.Seed, seeds: seeds, out: f.Out, base: base}
	var errs []error
	for i, seed := range seeds {
		if slices.Contains(seeds[:i], seed) {
			errs = append(errs, train.Usagef("seeds: %d is there twice; allowed: different seeds", seed))
		}
	}
	for _, pair := range s.Space {
		p, err := newParameter(pair)
		switch {
		case err != nil:
		case slices.ContainsFunc(f.Set, func(fixed setting.Pair) bool { return fixed.Key == p.Path }):
			err = p.fault("the setting is in set, too; allowed: one of the two")
		case p.Path == "seed":
			err = p.fault("a search does not choose the seed: every trial is trained with the seeds of the plan")
		}
		errs, made.space = append(errs, err), append(made.space, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, train.Usage(err)
	}
	var err error
	if base.Config, err = run.Load(base.Sources()); err != nil {
		return nil, fmt.Errorf("%s: %w", base.Label(), err)
	}
	if len(seeds) == 0 {
		made.seeds = []uint64{base.Config.Seed}
	}
	base.seeded = true
	if made.goal, err = s.measure(base.Config.Compared()); err != nil {
		return nil, err
	}
	if err := made.check(); err != nil {
		return nil, train.Usage(err)
	}
	return made, made.place()
}

// measure is the goal as a measure of the game: its score if the plan names none.
func (s *searchSection) measure(of []run.Measure) (run.Measure, error) {
	var names []string
	for _, m := range of {
		if s.Goal == m.Name || s.Goal == "" {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return run.Measure{}, train.Usagef("search.goal is %s, which this game does not have; allowed: %s", s.Goal, strings.Join(names, ", "))
}

// check loads the configurations at the ends of the space.
func (s *Search) check() error {
	var errs []error
	for i := range s.space {
		p := &s.space[i]
		if err := p.typed(s.base.Config.Kind(p.Path)); err != nil {
			errs = append(errs, err)
			continue
		}
		same := map[string]string{} // value by identity
		for _, value := range p.ends() {
			id, err := s.identity(p.Path + "=" + value)
			if err != nil && !s.withAnother(p, value) {
				errs = append(errs, p.at(err))
			}
			if first, there := same[id]; there && err == nil {
				errs = append(errs, p.fault(fmt.Sprintf("%s and %s give the same runs; allowed: values that change a number", first, value)))
			}
			same[id] = value
		}
	}
	return some(errs)
}

// withAnother reports whether a value is allowed with another value of one of the other parameters.
func (s *Search) withAnother(p *parameter, value string) bool {
	for i := range s.space {
		other := &s.space[i]
		for _, v := range other.ends() {
			if _, err := s.identity(p.Path+"="+value, other.Path+"="+v); other != p && err == nil {
				return true
			}
		}
	}
	return false
}

// identity is that of the runs with some settings.
func (s *Search) identity(sets ...string) (string, error) {
	src := s.base.Sources()
	src.Sets = slices.Concat(src.Sets, sets)
	c, err := run.Load(src)
	if err != nil {
		return "", err
	}
	return c.Identity()
}

// place names the folder of the search. A search with more trials goes on with what is there, and any other change begins another.
func (s *Search) place() error {
	id, err := s.base.Config.Identity()
	if err != nil {
		return err
	}
	h := sha256.New()
	fmt.Fprintln(h, id, s.sampler, s.seed, s.goal.Name, s.seeds)
	for _, p := range s.space {
		fmt.Fprintln(h, p.text())
	}
	s.Folder = filepath.Join(s.out, fmt.Sprintf("search-%x", h.Sum(nil)[:6]))
	return nil
}

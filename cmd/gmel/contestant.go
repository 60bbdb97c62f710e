package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

// contestant is a policy that plays, with the scenario as it observes it.
type contestant struct {
	sim.Policy
	scenario *sim.Scenario
	label    string // in pictures
	trained  *run.Player
}

// finish frees the policy.
func (p *contestant) finish() error {
	if p.trained == nil {
		return nil
	}
	return p.trained.Close()
}

// isRun reports that a flag names a run folder. Heuristics and references have their names first; ./greedy is a folder.
func isRun(name string) bool {
	return !slices.Contains(slices.Concat(sim.Policies(), sim.References()), name) && train.Folder(name).HasRun()
}

// contestants are the policies of --policy and --beside, both on one scenario.
func contestants(c *cli.Context) (all []*contestant, err error) {
	defer func() {
		if err != nil {
			for _, p := range all {
				err = errors.Join(err, p.finish())
			}
		}
	}()
	names := []string{c.String("policy")}
	if c.IsSet("beside") {
		names = append(names, c.String("beside"))
	}
	s, err := baseScenario(c, names)
	if err != nil {
		return nil, err
	}
	own, err := heuristics(names, s, c.Uint64("seed"))
	if err != nil {
		return nil, err
	}
	if err := readSets(c, s, own[0]); err != nil {
		return nil, err
	}
	if s, err = tracePart(c, s); err != nil {
		return nil, err
	}
	for i, name := range names {
		p := &contestant{own[i], s, name, nil}
		if p.Policy == nil {
			if p, err = trainedContestant(c, name, s); err != nil {
				return all, err
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// trainedContestant plays the greedy policy of a run.
func trainedContestant(c *cli.Context, dir string, s *sim.Scenario) (*contestant, error) {
	say := progress(c).Line
	// A run of another machine may have a backend that is not here.
	t, err := run.OpenPolicy(dir, s, run.EvalOptions{Seed: c.Uint64("seed"), Threads: c.Int("threads"), Backend: "auto", Notice: say})
	if err != nil {
		return nil, err
	}
	return &contestant{t, t.Scenario, fmt.Sprintf("%s (%s)", t.Name(), filepath.Base(filepath.Clean(dir))), t}, nil
}

// baseScenario is the scenario of --scenario, or that of the first run among the policies.
func baseScenario(c *cli.Context, names []string) (*sim.Scenario, error) {
	if i := slices.IndexFunc(names, isRun); i >= 0 && !c.IsSet("scenario") {
		return run.TrainedScenario(names[i])
	}
	return run.LoadScenario(c.String("scenario"), setting.Origin{Flag: "--scenario"})
}

// heuristics are the policies of these names; nil in the place of a run.
func heuristics(names []string, s *sim.Scenario, seed uint64) ([]sim.Policy, error) {
	all := make([]sim.Policy, len(names))
	for i, name := range names {
		if isRun(name) {
			continue
		}
		var err error
		if all[i], err = sim.NewPolicy(name, s, seed); err != nil {
			known := strings.Join(slices.Concat(sim.Policies(), sim.References()), ", ")
			return nil, train.Usagef("%q is no policy and no run folder; policies are %s", name, known)
		}
	}
	return all, nil
}

// readSets reads the settings of --set into the scenario and into the policy, which is nil for that of a run.
func readSets(c *cli.Context, s *sim.Scenario, p sim.Policy) error {
	r := setting.NewReader()
	for _, text := range c.StringSlice("set") {
		if err := r.Set(text); err != nil {
			return train.Usage(err)
		}
	}
	r.Read(setting.Section{Name: "scenario", Value: s, Files: s.Files()})
	var own any
	if p != nil {
		own = sim.Settings(p)
	}
	switch {
	case own != nil:
		r.Read(setting.Section{Name: "policy", Value: own})
	case p != nil:
		r.Refuse("policy", fmt.Sprintf("the policy %s has no settings", p.Name()))
	default:
		r.Refuse("policy", "the policy of a run has no settings")
	}
	if err := r.Check(); err != nil {
		return train.Usage(err)
	}
	s.NormaliseShares()
	return nil
}

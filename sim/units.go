package sim

import (
	"fmt"
	"strings"
)

// InUnitsOf returns the scenario for a policy that was trained on another one. Both must have the same observation and
// actions: as many candidates, the same models in the same order, the same optional parts. Otherwise the error is one
// sentence that names every difference.
//
// Observations then have the units of training: a number that stood for 8 Mbit or 4 s stands for the same, although the
// largest task or the shortest deadline is another one. The load n_m / N of an ES keeps the N of training, because its
// band is shared by n_m IEDs, however many there are elsewhere.
func (s *Scenario) InUnitsOf(trained *Scenario) (*Scenario, error) {
	var wants, has []string
	for _, f := range features {
		want, own := f.of(trained), f.of(s)
		if want != own {
			wants, has = append(wants, want), append(has, fmt.Sprintf("%s (%s)", own, f.settings))
		}
	}
	if len(wants) > 0 {
		return nil, fmt.Errorf("sim: the policy of scenario %s observes %s, but scenario %s has %s",
			trained.Name, strings.Join(wants, ", "), s.Name, strings.Join(has, ", "))
	}
	c := s.Clone()
	c.Units = trained.Clone()
	for _, f := range c.Units.Files() { // no unit depends on a file, so the hash does not depend on its path
		*f.Path = ""
	}
	return c, nil
}

// feature is a part of the observation or the actions that two scenarios of one policy must share.
type feature struct {
	settings string // that decide on it
	of       func(*Scenario) string
}

// features are all of them. Everything else in a scenario changes what happens, and not what a number means.
var features = []feature{
	{"servers, candidates", func(s *Scenario) string { return plural(s.Candidates(), "candidate") }},
	{"tasks.models", func(s *Scenario) string { return plural(len(s.Tasks.Models), "model") + " " + modelNames(s) }},
	{"tasks.arrivals.queue", with("waiting tasks", func(s *Scenario) bool { return s.Tasks.Arrivals.Queue > 0 })},
	{"radio.reuse_1", with("noise rise", func(s *Scenario) bool { return s.Radio.Reuse1 })},
	{"compute.cloud", with("cloud", (*Scenario).hasCloud)},
	{"observation.cache_flags", with("cache flags", func(s *Scenario) bool { return s.Observation.CacheFlags })},
	{"observation.load_times", with("load times", func(s *Scenario) bool { return s.Observation.LoadTimes })},
	{"observation.server_speeds", with("server speeds", func(s *Scenario) bool { return s.Observation.ServerSpeeds })},
}

// with describes a feature that a scenario has or has not.
func with(what string, has func(*Scenario) bool) func(*Scenario) string {
	return func(s *Scenario) string {
		if has(s) {
			return what
		}
		return "no " + what
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func modelNames(s *Scenario) string {
	var names []string
	for i := range s.Tasks.Models {
		names = append(names, s.Tasks.Models[i].Name)
	}
	return "[" + strings.Join(names, " ") + "]"
}

// setUnits replaces the scales of the observation by those of another scenario.
func (p *params) setUnits(s *Scenario) {
	q := sizes(s)
	q.setTasks(s)
	q.setArrivals(s)
	q.setSpeeds(s)
	p.perData, p.perCycle, p.perSecond, p.perSpeed = q.perData, q.perCycle, q.perSecond, q.perSpeed
	p.perServerSpeed, p.perLoad, p.perWait, p.maxWait = q.perServerSpeed, q.perLoad, q.perWait, q.maxWait
	p.perQueue, p.perAgent = q.perQueue, float32(1/float64(q.A))
}

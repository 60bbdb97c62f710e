package sim

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/sim/feature"
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
	for _, f := range fittings {
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

// fitting is a part of the observation or the actions that two scenarios of one policy must share.
type fitting struct {
	settings string // that decide on it
	of       func(*Scenario) string
	observed observed // what an option adds to an observation if it is on
}

// observed are numbers of an observation, with the scales of params.
type observed func(*Scenario, *params) []feature.Observation

// fittings are all of them, options in the order of an observation. Everything else in a scenario changes what happens, and not
// what a number means.
var fittings = []fitting{
	{"servers, candidates", func(s *Scenario) string { return plural(s.Candidates(), "candidate") }, nil},
	{"tasks.models", func(s *Scenario) string { return plural(len(s.Tasks.Models), "model") + " " + modelNames(s) }, nil},
	option("tasks.arrivals.queue", "waiting tasks", func(s *Scenario) bool { return s.Tasks.Arrivals.Queue > 0 }, func(s *Scenario, p *params) []feature.Observation {
		waiting := scaled("waiting", "tasks", p.perQueue, "tasks that wait after the task at hand")
		return []feature.Observation{waiting.Between(0, float32(s.Tasks.Arrivals.Queue))}
	}),
	option("radio.reuse_1", "noise rise", func(s *Scenario) bool { return s.Radio.Reuse1 }, func(s *Scenario, _ *params) []feature.Observation {
		return s.each(scaled(".noise_rise", "dB", 1/gainUnitDB, "rise of the noise at the ES by interference, in the last slot").From(0))
	}),
	option("compute.cloud", "cloud", (*Scenario).hasCloud, func(_ *Scenario, p *params) []feature.Observation {
		return []feature.Observation{p.wait("cloud.time", "time that the cloud adds to that on the radio; 0 without a task")}
	}),
	option("observation.cache_flags", "cache flags", func(s *Scenario) bool { return s.Observation.CacheFlags }, observedCaches),
	option("observation.load_times", "load times", func(s *Scenario) bool { return s.Observation.LoadTimes }, observedLoadTimes),
	option("observation.server_speeds", "server speeds", func(s *Scenario) bool { return s.Observation.ServerSpeeds }, observedSpeeds),
	{"tasks.models[].levels", levelsText, observedLevels},
}

// option is a part that a scenario has or has not.
func option(settings, what string, has func(*Scenario) bool, adds observed) fitting {
	name := func(s *Scenario) string {
		if has(s) {
			return what
		}
		return "no " + what
	}
	return fitting{settings, name, func(s *Scenario, p *params) []feature.Observation {
		if !has(s) {
			return nil
		}
		return adds(s, p)
	}}
}

func observedCaches(s *Scenario, _ *params) (list []feature.Observation) {
	for c := range s.Candidates() {
		for _, m := range s.Tasks.Models {
			list = append(list, feature.Flag(candidate(c, ".holds."+m.Name), "1 if the ES holds this model"))
		}
	}
	return list
}

func observedLoadTimes(s *Scenario, p *params) []feature.Observation {
	longest := float32(0)
	for i := range s.Tasks.Models {
		longest = max(longest, float32(s.Tasks.Models[i].measured().LoadS))
	}
	return s.each(scaled(".load_time", "s", p.perLoad, "time in which the ES would load the task's model; 0 if it holds it, or without a task").Between(0, longest))
}

func observedSpeeds(s *Scenario, p *params) []feature.Observation {
	own := &params{M: s.Servers}
	own.setSpeeds(s)
	return s.each(scaled(".speed", "Gcycle/s", float32(p.perServerSpeed*1e9), "speed of a GPU of the ES").Between(0, 1e-9/own.perServerSpeed))
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

package run

import (
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim/spread"
)

// presetDefaults change the defaults of training for presets; marl.DefaultOf has all others. They apply where
// a run names the preset, with or without a number of IEDs. A scenario whose settings are written out, as in a
// run's folder, has none, so a run that began without them goes on without them.
var presetDefaults = map[string]func(*marl.Config){
	// What an IED does to its neighbours is lost in the noise of a mean over hundreds: see docs/design/neighbours.md.
	// An algorithm with one reward for all (omega 1) or only the own one (omega 0) is left alone.
	"population": func(c *marl.Config) {
		if c.Omega > 0 && c.Omega < 1 {
			c.RewardGroup = 40
		}
	},
	// An agent reaches a landmark after about ten cycles.
	spread.Name: func(c *marl.Config) { c.Gamma = 0.95 },
}

// defaultsFor returns the defaults of an algorithm on a scenario: a preset's name, PRESET:N or a file.
func defaultsFor(algo, scenario string) marl.Config {
	c := marl.DefaultOf(algo)
	preset, _, _ := strings.Cut(scenario, ":")
	if change, ok := presetDefaults[preset]; ok {
		change(&c)
	}
	return c
}

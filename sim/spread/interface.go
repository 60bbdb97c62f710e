package spread

import (
	"fmt"

	"github.com/gmel-go/gmel/sim/feature"
)

// Interface says what an agent observes, in the order of Worlds.Obs, and what its actions are.
func (s *Scenario) Interface() feature.Interface {
	var list []feature.Observation
	pair := func(name, meaning string) {
		for _, axis := range []string{"x", "y"} {
			list = append(list, feature.Observation{Name: name + "." + axis, Meaning: meaning, Unit: "1", Scale: 1})
		}
	}
	pair("velocity", "own velocity")
	pair("position", "own position")
	for l := range s.Agents {
		pair(fmt.Sprintf("landmark_%d", l+1), "place of the landmark, relative to the agent")
	}
	for j := range s.Agents - 1 {
		pair(fmt.Sprintf("other_%d", j+1), "place of another agent, relative to the agent")
	}
	for j := range s.Agents - 1 {
		pair(fmt.Sprintf("channel_%d", j+1), "channel of another agent, always 0")
	}
	actions := []feature.Action{{Name: "none", Meaning: "no push"}}
	for _, way := range []string{"left", "right", "down", "up"} {
		actions = append(actions, feature.Action{Name: way, Meaning: "a push to this side with force 5"})
	}
	return feature.Interface{
		Observations: list, Actions: actions, Mask: "Every action is always legal.",
		Notes: []string{"Other agents are in the order of their numbers, without the agent itself."},
	}
}

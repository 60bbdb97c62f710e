package marl

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/sim/feature"
)

// ObservedInTurns returns what an agent observes with train.turns, in the order of the network's inputs: its own observation in an
// environment with sizes n, and after it what the turns add.
func (c *Config) ObservedInTurns(n Sizes, own []feature.Observation) ([]feature.Observation, error) {
	n, err := c.inTurns(n)
	if err != nil || n.Turns <= 1 {
		return own, err
	}
	all := slices.Clone(own)
	for candidate := range n.Candidates {
		for _, task := range own[:n.Task] {
			all = append(all, feature.Observation{
				Name:    fmt.Sprintf("candidate_%d.earlier.%s", candidate+1, task.Name),
				Meaning: "sum of " + task.Name + " over the agents of earlier turns of this slot that chose this server",
				Unit:    task.Unit, Scale: task.Scale,
			}.From(0))
		}
	}
	turn := feature.Observation{Name: "turn", Meaning: "number of the agent's turn in the slot, from 0", Unit: "1", Scale: 1 / float32(n.Turns)}
	return append(append(all, turn.Between(0, float32(n.Turns-1))), n.observedValues()...), nil
}

// observedValues are what agents see of the values of their actions.
func (s Sizes) observedValues() (list []feature.Observation) {
	if !s.Valued {
		return nil
	}
	for _, what := range [][2]string{{"reward", "own reward of the action"}, {"value", "how much less the action adds to the value of the slot than the best one"}} {
		for a := range s.Actions {
			list = append(list, feature.Observation{Name: fmt.Sprintf("action_%d.%s", a, what[0]), Meaning: what[1] + ", by a simulation", Unit: "1", Scale: 1})
		}
	}
	return list
}

package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/sim/feature"
)

// ObservedInTurns returns what an agent observes with train.turns, in the order of the network's inputs: its own observation in an
// environment with sizes n, and after it what earlier turns have chosen.
func (c *Config) ObservedInTurns(n Sizes, own []feature.Observation) ([]feature.Observation, error) {
	n, err := c.inTurns(n)
	if err != nil || n.Turns <= 1 {
		return own, err
	}
	for candidate := range n.Candidates {
		for _, task := range own[:n.Task] {
			own = append(own, feature.Observation{
				Name:    fmt.Sprintf("candidate_%d.earlier.%s", candidate+1, task.Name),
				Meaning: "sum of " + task.Name + " over the agents of earlier turns of this slot that chose this server",
				Unit:    task.Unit, Scale: task.Scale,
			}.From(0))
		}
	}
	turn := feature.Observation{Name: "turn", Meaning: "number of the agent's turn in the slot, from 0", Unit: "1", Scale: 1 / float32(n.Turns)}
	return append(own, turn.Between(0, float32(n.Turns-1))), nil
}

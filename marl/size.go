package marl

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
)

// MaxSize bounds every whole number of a configuration: the product of any two is a number.
const MaxSize = 1 << 30

// maxProduct bounds the elements of a tensor. All that a plan adds up stays a number, and no machine holds as much.
const maxProduct = 1 << 56

// checkInts gives the checker every whole number of a section above MaxSize.
func checkInts(v *setting.Checker, section any) {
	for _, x := range setting.Ints(section) {
		v.Require(x.Value <= MaxSize, x.Key, x.Value, fmt.Sprintf("at most %d", MaxSize))
	}
}

// checkProducts refuses settings that multiply to more than any machine holds. Every tensor has at most the size of
// the two largest settings, the agents, the agents that one attends to, their observations and actions, and
// the one-hot numbers of the servers of their candidates.
func (c *Config) checkProducts(n Sizes) error {
	all := []setting.Int{{Key: SharedSection + ".worlds", Value: c.Worlds}, {Key: SharedSection + ".slots_per_iteration", Value: c.SlotsPerIteration}}
	for _, x := range setting.Ints(c.Own) {
		all = append(all, setting.Int{Key: c.Algo + "." + x.Key, Value: x.Value})
	}
	slices.SortFunc(all, func(a, b setting.Int) int { return cmp.Compare(b.Value, a.Value) })
	group := 1
	if a := c.Attention(); a != nil {
		group = a.group(n.Agents)
	}
	product := float64(max(1, n.Agents)) * float64(max(1, group)) * float64(n.Obs+n.Actions+n.Candidates*(n.Servers+1)) * float64(all[0].Value) * float64(all[1].Value)
	if product > maxProduct {
		return fmt.Errorf("marl: %s = %d and %s = %d are too large together, with %d agents in a world; lower one of them",
			all[0].Key, all[0].Value, all[1].Key, all[1].Value, n.Agents)
	}
	return nil
}

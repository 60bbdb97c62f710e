package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/sim"
)

// Evaluate plays a policy, learned or not, in worlds that training never sees: o.Seed is that of the run, and the
// worlds' is its evaluation stream, the same at every call. So summaries of one seed compare policies on the same
// topologies, tasks and fading. Windows of an arrival trace are those of its held-out part. Exactly o.Episodes episodes count. The result does not depend on threads.
func Evaluate(o sim.SimulateOptions) (sim.Summary, error) {
	p := o.Policy
	o.Seed, o.Scenario = Split(o.Seed, StreamEvaluation), o.Scenario.HeldOut()
	summary, err := sim.Simulate(o)
	if err != nil {
		return summary, fmt.Errorf("evaluating %s: %w", p.Name(), err)
	}
	return summary, nil
}

// degenerateShare is the share of one action above which a policy is degenerate.
const degenerateShare = 0.98

// Degenerate returns a sentence if the policy has collapsed to one choice, else "". Such a policy is a
// constant, even if its numbers are good.
func Degenerate(s sim.Summary) string {
	for a, share := range s.ActionShares {
		if share < degenerateShare {
			continue
		}
		d := len(s.DestinationShares())
		choice := fmt.Sprintf("candidate %d", a%d)
		if a%d == 0 {
			choice = "local execution"
		}
		if len(s.LevelShares) > 1 {
			choice += fmt.Sprintf(" at level %d", a/d+1)
		}
		return fmt.Sprintf("policy %s chooses %s for %.1f %% of the tasks: it is degenerate", s.Policy, choice, 100*share)
	}
	return ""
}

package marltest

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim/spread"
)

// LearnsToSpread checks that the sampled policy returns clearly more than standing still in simple_spread, which random
// play does not reach.
func LearnsToSpread(t *testing.T, c marl.Config) {
	t.Helper()
	Compiled(t)
	env, err := spread.New(spread.Default(), c.Worlds, marl.Split(1, marl.StreamWorld))
	if err != nil {
		t.Fatal(err)
	}
	tr := NewTrainer(t, c, env, 1)
	Run(t, tr)
	learned := marl.SpreadPolicy{Policy: policy(t, tr, marl.Execution{Backend: OpenBackend(t, "auto", 1), Sampled: true, Seed: 1})}
	still, err := spread.NewPolicy("still", 1)
	if err != nil {
		t.Fatal(err)
	}
	before, after := meanReturn(t, still), meanReturn(t, learned)
	t.Logf("return: standing still %.2f, learned %.2f", before, after)
	if after < before+5 {
		t.Errorf("the learned policy returns %.2f, standing still %.2f", after, before)
	}
}

// meanReturn is the return of a policy, summed over agents, on the same episodes for every policy.
func meanReturn(t *testing.T, p spread.Policy) (mean float64) {
	t.Helper()
	r, err := spread.Play(t.Context(), spread.Game{Scenario: spread.Default(), Episodes: 128, Seed: 2, Threads: 2}, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Episodes {
		mean += e.Return / float64(len(r.Episodes))
	}
	return mean
}

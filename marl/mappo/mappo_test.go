package mappo

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// tiny is for games that are solved in a second.
func tiny(state string, valueNorm bool) func(updates int) marl.Config {
	return func(updates int) marl.Config {
		c := marltest.TinyRollouts("mappo", updates)
		own := c.Own.(*Config)
		own.Epochs, own.Minibatches, own.GAELambda = 4, 4, 0.95
		marltest.TinyNetworks(&own.CriticConfig, &own.ActorConfig)
		own.State, own.ValueNorm = state, valueNorm
		return c
	}
}

// busy has all features and few updates.
func busy(state string, valueNorm bool, updates int) marl.Config {
	c := tiny(state, valueNorm)(updates)
	marltest.BusyRollouts(&c)
	own := c.Own.(*Config)
	own.Epochs, own.Minibatches, own.AlphaFinal, own.LogitPenalty = 2, 3, 0.001, 1e-3
	return c
}

func TestProbes(t *testing.T) {
	for _, state := range []string{StateConcatenated, StateAgent} {
		for _, valueNorm := range []bool{true, false} {
			marltest.OnPolicyProbes(t, tiny(state, valueNorm), marltest.TrainedCentralValues)
		}
	}
}

func TestConforms(t *testing.T) {
	for _, state := range []string{StateConcatenated, StateAgent} {
		marltest.Conforms(t, func(updates int) marl.Config {
			c := busy(state, state == StateAgent, updates)
			c.Own.(*Config).CriticIdle = state == StateAgent
			return c
		})
	}
}

func TestLearningBeatsRandom(t *testing.T) {
	c := marl.DefaultOf("mappo")
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 800, 16, 25, 25
	c.Own.(*Config).Minibatches = 10
	marltest.LearnsToOffload(t, c)
}

// MAPPO ends in the traps of the climbing game and of the penalty game with k = -100, as published (Papoudakis et al.
// 2021, results on repeated matrix games).
func TestMatrixGames(t *testing.T) {
	c := tiny(StateConcatenated, true)(1600)
	c.Gamma, c.Own.(*Config).Alpha = 0, 0.1
	marltest.Published(t, c, marltest.Climbing, 175)
	marltest.Published(t, c, marltest.Penalty, 50)
}

// What an agent cannot see, the others tell its critic.
func TestCriticSeesWhatTheAgentDoesNot(t *testing.T) {
	marltest.Compiled(t)
	tr := marltest.Solve(t, tiny(StateAgent, true)(640), marltest.HalfBlind())
	for _, s := range []float32{-1, 1} {
		v := marltest.TrainedCentralValues(t, tr, s, 0)
		marltest.Near(t, "V of the agent that sees", v[0], float64(s), 0.15)
		marltest.Near(t, "V of the blind agent", v[1], float64(s)+0.1, 0.15)
	}
	if e := marltest.BlindError(t, tr); e > 0.01 {
		t.Errorf("the squared error of the value of the blind agent is %.3f", e)
	}
	if pi := marltest.Policy(t, tr, 1, 0); pi.At(1, 1) < 0.95 {
		t.Errorf("pi(1) of the blind agent is %.3f", pi.At(1, 1))
	}
}

// Where the unit of values moves, the last layer moves with it: the values of a state stay the same (PopArt).
func TestUnitKeepsValues(t *testing.T) {
	c := busy(StateAgent, true, 6)
	tr := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
	marltest.Run(t, tr)
	n := tr.Workshop().Sizes
	seen := marltest.Normals(marltest.Source(7), n.Agents*n.Obs)
	unit, _ := tr.Workshop().Layout.Lookup("value_unit")
	if err := tr.Rollout(); err != nil {
		t.Fatal(err)
	}
	before, was := marltest.TrainedCentralValues(t, tr, seen...), marltest.Get(t, tr, unit)
	if err := tr.Prepare(); err != nil {
		t.Fatal(err)
	}
	is := marltest.Get(t, tr, unit)
	if is[0] == was[0] || is[1] == was[1] {
		t.Fatalf("the unit is %v before and %v after a rollout", was, is)
	}
	for i, v := range marltest.TrainedCentralValues(t, tr, seen...) {
		marltest.Near(t, "V", v, before[i], 1e-5)
	}
}

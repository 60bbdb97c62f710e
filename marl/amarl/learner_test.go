package amarl

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

func busyConfig(updates int) setup {
	c := tiny(updates)
	c.NormaliseObs = true
	c.StandardiseReward, c.Omega, c.SlotsPerIteration, c.UpdatesPerIteration = true, 0.5, 2, 2
	c.AlphaFinal, c.LRFinal, c.LogitPenalty, c.AttentionPenalty, c.Replay = 0.001, 0.1, 1e-3, 1e-3, 100
	c.LogEvery, c.CheckpointEvery = 4, 6
	return c
}

func TestConforms(t *testing.T) {
	busy := func(updates int) marl.Config { return busyConfig(updates).Config }
	marltest.Conforms(t, busy, func(c *marl.Config) {
		own := c.Own.(*Config)
		own.ActorLoss, own.TargetValue, own.ActorActions = ActorSampled, TargetExpected, ActionsResampled
	}, func(c *marl.Config) {
		own := c.Own.(*Config)
		own.AttentionConfig.Attention, own.CriticIdle, own.ActorActions = false, false, ActionsResampled
	})
}

// A number that is not finite stops the run; the error names its origin, and nothing of that iteration is saved.
func TestNonFiniteStopsTheRun(t *testing.T) {
	c := busyConfig(40)
	r := marltest.Busy()
	good, calls := r.Reward, 0
	r.Reward = func(r []float32, s float32, step int, a []int32) {
		good(r, s, step, a)
		if calls++; calls > 200 {
			r[1] = float32(math.NaN())
		}
	}
	kept := 0
	tr := marltest.NewTrainer(t, c.Config, marltest.NewToy(r, c.Worlds, 1), 5)
	err := tr.Run(context.Background(), marl.Hooks{Checkpoint: func() error { kept = tr.Update(); return nil }})
	var bad *marl.NonFiniteError
	if !errors.As(err, &bad) {
		t.Fatalf("error %v, want NonFiniteError", err)
	}
	if bad.Tensor != "replay/reward" || kept == 0 || kept >= bad.Update {
		t.Errorf("%v; last checkpoint at update %d", err, kept)
	}
}

// The successor of the last slot of an episode is its final state, not the next beginning; a time limit
// is not a termination.
func TestOutcomeAtTheEndOfAnEpisode(t *testing.T) {
	for _, limit := range []bool{true, false} {
		r := marltest.Busy()
		r.Limit = limit
		c := tiny(1)
		env := marltest.NewToy(r, c.Worlds, 1)
		tr := marltest.NewTrainer(t, c.Config, env, 5)
		for step := range r.Length {
			if err := tr.Rollout(); err != nil {
				t.Fatal(err)
			}
			row := step * c.Worlds // of the first world
			want := float32(0)
			if step == r.Length-1 && !limit {
				want = 1
			}
			if got := marltest.Get(t, tr, learnerOf(tr).Replay.Terminated)[row*r.Agents]; got != want {
				t.Errorf("slot %d, limit %t: terminated is %g, want %g", step, limit, got, want)
			}
			if got := marltest.Get(t, tr, learnerOf(tr).Replay.NextObs)[row*r.Agents*r.Obs+2]; got != float32(step+1)/5 {
				t.Errorf("slot %d: the successor shows time %g", step, got)
			}
		}
		if env.Obs()[2] != 0 {
			t.Error("the next episode has not begun")
		}
	}
}

func smallConfig(updates int) setup {
	c := defaults()
	c.Updates, c.Worlds, c.Batch, c.Replay, c.WarmupSlots = updates, 8, 16, 4000, 25
	c.Hidden, c.ActorHidden = 32, 32
	return c
}

func TestLearningBeatsRandom(t *testing.T) { marltest.LearnsToOffload(t, smallConfig(400).Config) }

// AMARL is right in a game that others have made, too.
func TestLearnsToSpread(t *testing.T) {
	c := marl.Default()
	c.Updates, c.Worlds, c.Gamma, c.Omega = 1200, 16, 0.9, 1
	c.Own.(*Config).ActorActions = ActionsResampled
	marltest.LearnsToSpread(t, c)
}

// Agents that decide one after the other.
func TestTurnsConform(t *testing.T) {
	marltest.Conforms(t, func(updates int) marl.Config {
		c := busyConfig(updates)
		c.Turns = 3
		return c.Config
	})
}

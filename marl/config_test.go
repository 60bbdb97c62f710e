package marl_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, algo := range marl.Algorithms() {
		c := marl.DefaultOf(algo)
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", algo, err)
		}
	}
}

func TestValidateNamesEveryField(t *testing.T) {
	c := marl.DefaultOf("amarl")
	own := c.Own.(*amarl.Config)
	c.Gamma, c.Worlds, own.Hidden, own.ActorLoss = 1, 0, 63, "closed"
	c.RewardGroup, c.RewardNeighbourhood = 1, "ring"
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"train.gamma: 1 is not allowed; allowed: 0 <= gamma < 1", "amarl.hidden: 63 is not", `amarl.actor_loss: "closed" is not`, "train.worlds: 0 is not",
		"train.reward_group: 1 is not allowed; allowed: 0 for all, or at least 2",
		`train.reward_neighbourhood: "ring" is not allowed; allowed: block, window`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

// The error of an unknown algorithm lists the linked algorithms.
func TestUnknownAlgorithm(t *testing.T) {
	c := marl.DefaultOf("sarsa")
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `train.algo: "sarsa" is not allowed; allowed: amarl, amarl-ppo`) {
		t.Errorf("%v", err)
	}
}

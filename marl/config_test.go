package marl

import (
	"strings"
	"testing"
)

func TestDefaultIsValid(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidateNamesEveryField(t *testing.T) {
	c := Default()
	c.Gamma, c.Hidden, c.ActorLoss, c.Worlds = 1, 63, "closed", 0
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"train.gamma: 1 is not allowed; allowed: 0 <= gamma < 1", "train.hidden: 63 is not", `train.actor_loss: "closed" is not`, "train.worlds: 0 is not",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

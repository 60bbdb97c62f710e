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
	for _, want := range []string{"train.gamma is 1", "train.hidden is 63", `train.actor_loss is "closed"`, "train.worlds is 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

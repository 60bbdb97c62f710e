package ppo

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
)

// rig is a learner for Programs that the test itself builds.
type rig struct {
	*Learner
	*marltest.Rig
}

func newRig(t *testing.T, c *setup, n marl.Sizes) *rig {
	t.Helper()
	r := marltest.NewRig(t, &c.Config, n)
	l, err := Algorithm{}.Build(r.Workshop)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{l.(*Learner), r}
}

// setup is a configuration with its section, so that tests set both alike.
type setup struct {
	marl.Config
	*own
}

type own = Config

func defaults() setup {
	c := marl.DefaultOf(Algorithm{}.Name())
	return setup{c, c.Own.(*Config)}
}

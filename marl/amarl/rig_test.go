package amarl

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
	r := marltest.NewRig(t, &c.Config, n)
	return &rig{newLearner(r.Workshop), r}
}

// learnerOf is the learner of a trainer.
func learnerOf(tr *marl.Trainer) *Learner { return tr.Learner().(*Learner) }

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

package qlearn

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// rig is a learner for Programs that the test itself builds.
type rig struct {
	*Learner
	*marltest.Rig
}

func newRig(t *testing.T, c *setup, n marl.Sizes, m Mixer) *rig {
	r := marltest.NewRig(t, &c.Config, n)
	return &rig{New(r.Workshop, c.Settings, m), r}
}

// setup is a configuration with its section, so that tests set both alike.
type setup struct {
	marl.Config
	*Settings
}

func defaults() setup {
	own := Defaults()
	own.Batch, own.Hidden, own.Replay = 6, 16, 64
	c := marl.DefaultOf("")
	c.Own = &own
	return setup{c, &own}
}

// weighted is a mixer with parameters, Q_tot = sum_i |w_i| Q_i.
type weighted struct {
	params *nn.Params
	w      *nn.Param
	agents int
}

func newWeighted(agents int) *weighted {
	m := &weighted{params: nn.NewParams("mixer"), agents: agents}
	m.w = m.params.Matrix("share.w", 1, agents, nn.KaimingUniform)
	return m
}

func (m *weighted) Params() *nn.Params { return m.params }

func (m *weighted) Mix(bd *nn.Bound, q, _ *nn.Node) *nn.Node {
	return op.SumRows(op.Mul(op.Reshape(q, q.Shape()[0]/m.agents, m.agents), op.Abs(bd.Node(m.w))))
}

package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// ProximalUpdates are the cases of "ppo-update": one minibatch of the on-policy form.
func ProximalUpdates() []Case { return []Case{ProximalUpdate(64, 30, 64)} }

// ProximalUpdate is one update of amarl-ppo on B joint transitions of the offloading game with A IEDs
// out of a rollout of 2048: minibatch, critic, clipped objective, two optimisers.
func ProximalUpdate(batch, agents, hidden int) Case {
	return Case{
		Name: "ppo-update", Shape: fmt.Sprintf("amarl-ppo N%d H%d B%d", agents, hidden, batch), Unit: "joint transitions/s", Items: float64(batch),
		Peer: "ppo-update", Sizes: map[string]int{"batch": batch, "agents": agents}, Goals: map[string]float64{peerTorch: 3},
		Open:  func(b kernels.Backend) (Running, error) { return openProximal(b, batch, agents, hidden) },
		Batch: func(n int) Case { return ProximalUpdate(n, agents, hidden) },
	}
}

func openProximal(backend kernels.Backend, batch, agents, hidden int) (Running, error) {
	u := newProximal(marl.DefaultOf("amarl-ppo"), backend, agents)
	u.own = u.rollout
	c := u.cfg.Own.(*ppo.Config)
	c.Hidden, c.ActorHidden, u.actorHidden = hidden, hidden, hidden
	c.Minibatches = u.cfg.Worlds * u.cfg.SlotsPerIteration / batch
	return u.opened()
}

// newProximal is a trainer of amarl-ppo that learns from its first rollout.
func newProximal(c marl.Config, backend kernels.Backend, agents int) *update {
	own := c.Own.(*ppo.Config)
	u := &update{cfg: c, backend: backend, agents: agents, actorHidden: own.ActorHidden}
	u.ready = func() error {
		if err := u.trainer.Rollout(); err != nil {
			return err
		}
		return u.trainer.Prepare()
	}
	u.critic = func() *nn.Params { return marl.NewValueCritic(&own.AttentionConfig, agents, u.worlds.O).Params() }
	return u
}

// rollout is the rollout that is learned from, with the settings and the rows of the first minibatch.
func (u *update) rollout() ([]Array, error) {
	drawn, err := u.drawn(func(l marl.Learner, b *machine.Builder) []machine.Tensor {
		return []machine.Tensor{l.(*ppo.Learner).Draws(b)}
	})
	if err != nil {
		return nil, err
	}
	tables, err := u.tables()
	return append([]Array{u.proximalSettings(), vector("minibatch", drawn[0]...)}, tables...), err
}

// proximalSettings are those of the clipped objective and its optimisers.
func (u *update) proximalSettings() Array {
	c := u.cfg.Own.(*ppo.Config)
	return vector("settings", float32(c.Clip), float32(c.AttentionPenalty), float32(c.LogitPenalty), float32(c.LRCritic), float32(c.LRActor),
		float32(u.cfg.MaxNorm), float32(c.Heads))
}

// tables are those of the last rollout, with its advantages and returns.
func (u *update) tables() (arrays []Array, err error) {
	for _, x := range u.trainer.Workshop().Memory().Tables() {
		data, err := marl.Read(u.trainer.Session(), x)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, Array{x.Name(), x.Shape(), data})
	}
	return arrays, nil
}

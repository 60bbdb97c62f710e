package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
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
	u := &update{cfg: marl.DefaultOf(marl.AlgoPPO), backend: backend, agents: agents}
	u.own = u.rollout
	u.cfg.Hidden, u.cfg.ActorHidden = hidden, hidden
	u.cfg.Minibatches = u.cfg.Worlds * u.cfg.SlotsPerIteration / batch
	return u.opened()
}

// rollout is the rollout that is learned from, with the settings and the rows of the first minibatch.
func (u *update) rollout() ([]Array, error) {
	rows, err := u.trainer.Minibatch(u.backend)
	if err != nil {
		return nil, err
	}
	tables, err := u.horizon()
	return append([]Array{u.proximalSettings(), vector("minibatch", rows...)}, tables...), err
}

// proximalSettings are those of the clipped objective and its optimisers.
func (u *update) proximalSettings() Array {
	c := &u.cfg
	return vector("settings", float32(c.Clip), float32(c.AttentionPenalty), float32(c.LogitPenalty), float32(c.LRCritic), float32(c.LRActor),
		float32(c.MaxNorm), float32(c.Heads))
}

// horizon is the last rollout, with its advantages and returns.
func (u *update) horizon() (arrays []Array, err error) {
	tables, err := u.trainer.Horizon()
	for _, t := range tables {
		arrays = append(arrays, Array{t.Name, t.Shape, t.Data})
	}
	return arrays, err
}

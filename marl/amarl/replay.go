package amarl

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// replay holds joint transitions: observations, actions and rewards of all agents of one world in one slot.
// Storing observations twice (o and o') costs memory, but avoids special cases at the end of an episode and
// of the ring.
type replay struct {
	*marl.Ring
	mask              machine.Tensor // [R, A*U]; the observations o are Ring.Observed, [R, A*O]
	act, reward       machine.Tensor // [R, A]; the reward is mixed, not standardised
	nextObs, nextMask machine.Tensor // [R, A*O], [R, A*U]; of the final state if the episode ended
	terminated        machine.Tensor // [R, A] 1 = no successor state; 0 at a time limit
}

func newReplay(w *marl.Workshop, capacity int) *replay {
	agents, obs, actions := w.Sizes.Agents, w.Sizes.Obs, w.Sizes.Actions
	r := w.NewRing(marl.RingOptions{
		Prefix: "replay/", Observed: "obs", Capacity: capacity, Setting: "amarl.replay", Scratch: "amarl.batch",
	})
	return &replay{
		Ring: r, mask: r.Table("mask", agents*actions), act: r.Table("act", agents), reward: r.Table("reward", agents),
		nextObs: r.Table("next_obs", agents*obs), nextMask: r.Table("next_mask", agents*actions), terminated: r.Table("terminated", agents),
	}
}

// transition has the joint transitions of all worlds in a slot.
type transition struct {
	obs, mask, act, reward        machine.Tensor // [W*A, O], [W*A, U], [W*A], [W, A]
	nextObs, nextMask, terminated machine.Tensor // [W*A, O], [W*A, U], [W*A]
}

// entries pairs each part of a transition with its table.
func (r *replay) entries(t transition) []marl.Entry {
	return []marl.Entry{
		{Table: r.Observed, Row: t.obs}, {Table: r.mask, Row: t.mask}, {Table: r.act, Row: t.act}, {Table: r.reward, Row: t.reward},
		{Table: r.nextObs, Row: t.nextObs}, {Table: r.nextMask, Row: t.nextMask}, {Table: r.terminated, Row: t.terminated},
	}
}

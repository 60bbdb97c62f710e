package marl

import "github.com/gmel-go/gmel/nn/machine"

// replay is what the off-policy form learns from: what all agents of one world saw, did and got in
// one slot. Observations are stored twice (o and o'), which costs memory and saves every special case
// at the end of an episode and of the ring.
type replay struct {
	*ring
	obs, mask         machine.Tensor // [R, A*O], [R, A*U]
	act, reward       machine.Tensor // [R, A]; the reward is mixed, not standardised
	nextObs, nextMask machine.Tensor // [R, A*O], [R, A*U]; of the end of the episode where it ended
	terminated        machine.Tensor // [R, A] 1 = nothing follows; 0 at a time limit
}

func newReplay(l *machine.Layout, capacity int, n sizes) *replay {
	agents, obs, actions := n.agents, n.obs, n.actions
	r := &replay{ring: newRing(l, "replay/", capacity, n.worlds, []column{
		{"obs", agents * obs}, {"mask", agents * actions}, {"act", agents}, {"reward", agents},
		{"next_obs", agents * obs}, {"next_mask", agents * actions}, {"terminated", agents},
	})}
	t := r.tables
	r.obs, r.mask, r.act, r.reward, r.nextObs, r.nextMask, r.terminated = t[0], t[1], t[2], t[3], t[4], t[5], t[6]
	return r
}

// transition is a joint transition of every world in a Program, in the layout of the replay.
type transition struct {
	obs, mask, act, reward, nextObs, nextMask, terminated machine.Tensor
}

func (x transition) columns() []machine.Tensor {
	return []machine.Tensor{x.obs, x.mask, x.act, x.reward, x.nextObs, x.nextMask, x.terminated}
}

package spread

// Sizes returns W, A, O and U.
func (w *Worlds) Sizes() (worlds, agents, obs, actions int) {
	return w.worlds, w.agents, w.scenario.ObsSize(), Actions
}

// Obs is [W, A, O]: own velocity and position, landmarks and other agents relative to it, and zeros for the silent
// channels, in the order of PettingZoo.
func (w *Worlds) Obs() []float32 { return w.obs }

// Mask is [W, A, U], all 1: every action is legal.
func (w *Worlds) Mask() []float32 { return w.mask }

// Reward is [W, A], that of the last Step.
func (w *Worlds) Reward() []float32 { return w.reward }

// Active is [W, A], all true: every agent decides in every cycle.
func (w *Worlds) Active() []bool { return w.active }

// Terminated is [W], all false: only the time limit ends an episode.
func (w *Worlds) Terminated() []bool { return w.terminated }

// Truncated is [W]: the last Step was the last cycle of the episode.
func (w *Worlds) Truncated() []bool { return w.truncated }

// FinalObs is [W, A, O], valid for worlds whose episode the last Step ended.
func (w *Worlds) FinalObs() []float32 { return w.finalObs }

// FinalMask is [W, A, U], all 1.
func (w *Worlds) FinalMask() []float32 { return w.mask }

// Outcomes is [W], of the last Step.
func (w *Worlds) Outcomes() []Outcome { return w.outcomes }

// Moment returns the episode of a world and the cycle in it that the next Step plays.
func (w *Worlds) Moment(world int) (episode, cycle int) {
	return int(w.episode[world]), int(w.cycle[world])
}

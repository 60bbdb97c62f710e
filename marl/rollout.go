package marl

// rollout plays H slots in all worlds with the current policy and keeps the transitions.
func (t *Trainer) rollout() error {
	for range t.cfg.SlotsPerIteration {
		if err := t.slot(); err != nil {
			return err
		}
	}
	return nil
}

// slot is one slot: observe, act, step, remember.
func (t *Trainer) slot() error {
	l, x := t.learner, t.transitions
	copy(x.obs, t.env.Obs()) // the env overwrites its slices in Step
	copy(x.mask, t.env.Mask())
	if err := l.sample(x); err != nil {
		return err
	}
	for i, a := range x.act {
		t.actions[i] = int32(a)
	}
	if err := t.env.Step(t.actions); err != nil {
		return err
	}
	t.outcome()
	if err := t.checkTransitions(); err != nil {
		return err
	}
	t.slots++
	return l.replay.insert(l.session, x)
}

// sample runs the act Program: x.act is drawn from the policy at x.obs.
func (l *learner) sample(x *transitions) error {
	if err := l.session.Upload(l.obs, x.obs); err != nil {
		return err
	}
	if err := l.session.Upload(l.mask, x.mask); err != nil {
		return err
	}
	if err := l.session.Run(l.act); err != nil {
		return err
	}
	return l.session.Download(x.act, l.actions)
}

// outcome fills reward, successor and end of the transitions from the last Step.
func (t *Trainer) outcome() {
	x, env, n := t.transitions, t.env, t.learner.size
	mixRewards(x.reward, env.Reward(), env.Active(), n.agents, t.cfg.Omega)
	copy(x.nextObs, env.Obs())
	copy(x.nextMask, env.Mask())
	for w := range n.worlds {
		if !env.Terminated()[w] && !env.Truncated()[w] {
			continue
		}
		// Obs already shows the next episode; the successor is the end of this one.
		copyWorld(x.nextObs, env.FinalObs(), w, n.agents*n.obs)
		copyWorld(x.nextMask, env.FinalMask(), w, n.agents*n.actions)
	}
	for i := range x.terminated {
		x.terminated[i] = 0
		if env.Terminated()[i/n.agents] {
			x.terminated[i] = 1
		}
	}
}

func copyWorld(dst, src []float32, world, width int) {
	copy(dst[world*width:][:width], src[world*width:])
}

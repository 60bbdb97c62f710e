package marl

import "github.com/gmel-go/gmel/kernels"

// stage lets Programs play an Env.
type stage struct {
	Env
	actions []int32 // [W, A]
}

// environment is what the Programs of a run play: the Env itself if C can play it.
func environment(env Env) kernels.Environment {
	if n, ok := env.(interface{ Native() kernels.Native }); ok {
		if native := n.Native(); native != nil {
			return native
		}
	}
	w, a, _, _ := env.Sizes()
	return &stage{env, make([]int32, w*a)}
}

// Privileged implements kernels.Privileged: the servers of the candidates.
func (s *stage) Privileged() int { return sizesOf(s.Env).Candidates }

// Play implements kernels.Environment.
func (s *stage) Play(x kernels.Slot) error {
	for i, a := range x.Act {
		s.actions[i] = int32(a)
	}
	if err := s.Step(s.actions); err != nil {
		return err
	}
	copy(x.Obs, s.Obs())
	copy(x.Mask, s.Mask())
	copy(x.NextObs, s.Obs())
	copy(x.NextMask, s.Mask())
	s.tell(x)
	copy(x.Reward, s.Reward())
	for i, active := range s.Active() {
		x.Active[i] = number(active)
	}
	s.ends(x)
	return nil
}

// tell writes the servers of the candidates after the observations.
func (s *stage) tell(x kernels.Slot) {
	if env, ok := s.Env.(Serving); ok && s.Privileged() > 0 {
		observed := len(s.Obs())
		copy(x.Obs[observed:], env.Servers())
		copy(x.NextObs[observed:], env.Servers())
	}
}

// ends corrects the successors of worlds whose episode has ended: Obs already belongs to the next episode,
// but the successor is the final state of this one.
func (s *stage) ends(x kernels.Slot) {
	worlds, agents, obs, actions := s.Sizes()
	for w := range worlds {
		end := float32(kernels.GoesOn)
		switch {
		case s.Terminated()[w]:
			end = kernels.Terminated
		case s.Truncated()[w]:
			end = kernels.Truncated
		}
		for i := range agents {
			x.Ended[w*agents+i] = end
		}
		if end != kernels.GoesOn {
			copyWorld(x.NextObs, s.FinalObs(), w, agents*obs)
			copyWorld(x.NextMask, s.FinalMask(), w, agents*actions)
			if c := s.Privileged(); c > 0 {
				copyWorld(x.NextObs[worlds*agents*obs:], s.Env.(Serving).FinalServers(), w, agents*c)
			}
		}
	}
}

func copyWorld(dst, src []float32, world, width int) {
	copy(dst[world*width:][:width], src[world*width:])
}

func number(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

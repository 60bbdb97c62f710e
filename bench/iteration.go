package bench

import (
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
)

// Iterations are the cases of "iteration": training as it runs, worlds included.
func Iterations() []Case {
	c := marl.DefaultOf("amarl-ppo")
	return []Case{Iteration(c, 30, true), Iteration(c, 30, false)}
}

// Iteration is one iteration of amarl-ppo on the offloading game with A IEDs: a rollout of H slots in W
// worlds and, where whole, the updates on it. A peer plays the same worlds. It agrees when, given all actions so far, it finds in
// the first rollout that we tell of, in which an episode ends, what we have found: observations, masks, log-probabilities,
// values, rewards, advantages and returns. That its updates do the same work is for ProximalUpdate to check.
func Iteration(c marl.Config, agents int, whole bool) Case {
	own := c.Own.(*ppo.Config)
	part, goals := "rollout", map[string]float64(nil)
	if whole {
		part, goals = "rollout + updates", map[string]float64{peerTorch: 3}
	}
	return Case{
		Name: "iteration", Shape: fmt.Sprintf("%s N%d H%d W%d x %d slots, %s", c.Algo, agents, own.Hidden, c.Worlds, c.SlotsPerIteration, part),
		Unit: "agent-steps/s", Items: float64(agents * c.Worlds * c.SlotsPerIteration), Goals: goals, Peer: "iteration",
		Sizes: map[string]int{
			"agents": agents, "worlds": c.Worlds, "slots": c.SlotsPerIteration, "epochs": own.Epochs, "minibatches": own.Minibatches, "updates": flag(whole),
		},
		Open: func(b kernels.Backend) (Running, error) {
			u := newProximal(c, b, agents)
			i, ready := &iteration{update: u, whole: whole}, u.ready
			u.own, u.ready = i.rollouts, func() error {
				if err := i.playEpisode(); err != nil {
					return err
				}
				return ready()
			}
			if _, err := u.opened(); err != nil {
				return nil, err
			}
			return i, nil
		},
	}
}

// iteration is a trainer that goes on playing.
type iteration struct {
	*update
	whole  bool
	played Array // [n H W, A] the actions of the n rollouts before, the first of which is the warm-up
}

// playEpisode plays rollouts up to that in which the first episode ends, and keeps their actions.
func (i *iteration) playEpisode() error {
	c := &i.cfg
	if c.WarmupSlots != c.SlotsPerIteration {
		return fmt.Errorf("bench: an iteration is measured with a warm-up as long as a rollout, not with %d and %d slots", c.WarmupSlots, c.SlotsPerIteration)
	}
	i.played = Array{Name: "played/act"}
	for slots := c.WarmupSlots; ; slots += c.SlotsPerIteration {
		act, err := i.actions()
		if err != nil {
			return err
		}
		i.played.Data = append(i.played.Data, act.Data...)
		i.played.Shape = []int{len(i.played.Data) / i.agents, i.agents}
		if slots+c.SlotsPerIteration >= i.worlds.Scenario().Time.Slots {
			return nil
		}
		if err := i.trainer.Rollout(); err != nil {
			return err
		}
	}
}

// actions are those of the last rollout.
func (i *iteration) actions() (Array, error) {
	tables, err := i.tables()
	if err != nil {
		return Array{}, err
	}
	return tables[slices.IndexFunc(tables, func(a Array) bool { return a.Name == "rollout/act" })], nil
}

// rollouts are the settings and all actions so far.
func (i *iteration) rollouts() ([]Array, error) {
	c := &i.cfg
	act, err := i.actions()
	return []Array{i.proximalSettings(), vector("returns", float32(c.Gamma), float32(c.Own.(*ppo.Config).GAELambda), float32(c.Omega)), i.played, act}, err
}

// Run implements Running.
func (i *iteration) Run(n int) error {
	i.ran = true
	for range n {
		if err := i.once(); err != nil {
			return err
		}
	}
	return nil
}

func (i *iteration) once() error {
	if i.whole {
		return i.trainer.Iterate()
	}
	return i.trainer.Rollout()
}

// Program implements Running: what is executed most, an update or else a slot.
func (i *iteration) Program() *kernels.Program {
	if i.whole {
		return i.trainer.UpdateProgram()
	}
	return i.trainer.SlotProgram()
}

// Profile implements Running.
func (i *iteration) Profile() (kernels.Profile, bool) { return i.trainer.Profile(i.Program()) }

// Found implements Running: what the first rollout has shown.
func (i *iteration) Found() ([]Array, error) {
	if err := i.fresh(); err != nil {
		return nil, err
	}
	return i.tables()
}

// flops is the arithmetic of the networks; that of the worlds is not counted.
func (i *iteration) flops() int64 {
	n := int64(i.cfg.SlotsPerIteration) * flops(i.trainer.SlotProgram())
	if i.whole {
		n += int64(i.cfg.UpdatesAtOnce()) * flops(i.trainer.UpdateProgram())
	}
	return n
}

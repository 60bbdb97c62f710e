package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// Sizes are W, A, O and U of an Env, and M and C if it is Serving.
type Sizes struct {
	Worlds, Agents, Obs, Actions int
	Servers, Candidates          int
	Task                         int  // T of a Serving Env
	Levels                       int  // L of a Leveled Env
	Turns                        int  // R of a slot; 0 or 1: all agents decide at once. See Own.
	Granted                      bool // agents that decide in turn wait for a message of their server; see Granting
	Ordered                      bool // agents decide in the order of the environment; see Config.TurnOrder
	Valued                       bool // agents that decide in turn see what their actions are worth; see Config.TurnValues
}

func sizesOf(env Env) (n Sizes) {
	n.Worlds, n.Agents, n.Obs, n.Actions = env.Sizes()
	if s, ok := env.(Serving); ok {
		n.Servers, n.Candidates, n.Task = s.ServerSizes()
	}
	if g, ok := env.(Granting); ok {
		n.Granted = g.Granted()
	}
	if l, ok := env.(Leveled); ok {
		n.Levels = l.Levels()
	}
	return n
}

// SizesOf returns the sizes of a world of a scenario.
func SizesOf(s *sim.Scenario) Sizes {
	return Sizes{
		Worlds: 1, Agents: s.IEDs, Obs: s.ObsSize(), Actions: s.Actions(), Servers: s.Servers, Candidates: s.Candidates(), Task: s.TaskSize(), Levels: s.Levels(), Granted: s.Time.MessageS > 0,
	}
}

// Rows is W A: every agent of every world.
func (s Sizes) Rows() int { return s.Worlds * s.Agents }

// Workshop is where an [Algorithm] builds its learner. It has the tensors that all algorithms share, and
// methods to declare the others, so that the trainer can manage them.
type Workshop struct {
	Config *Config
	Sizes  Sizes
	Seed   uint64 // of the run; see Split
	Layout *machine.Layout

	Normaliser    Normaliser
	RewardMoments machine.Tensor // [2] mean and standard deviation of the mixed rewards in memory; measured by Prepare
	Updates       machine.Tensor // [2] counter of updates
	Statistics    *Statistics    // of NewStatistics

	// ServerPositions [M] in m, nil if the environment does not tell them; see Located.
	ServerPositions [][2]float32

	slice    sim.Slice      // the worlds that are played: Sizes.Worlds of Config.Worlds
	slots    machine.Tensor // [2] counter of slots
	rollout  rollout
	nets     []*Net
	annealed []annealed
	memory   *Ring

	controller *controller // nil unless agents see what their actions are worth
}

// NewWorkshop places the tensors that all algorithms share.
func NewWorkshop(c *Config, n Sizes, seed uint64) *Workshop {
	l := machine.NewLayout()
	return &Workshop{
		Config: c, Sizes: n, Seed: seed, Layout: l, slice: sim.Slice{Worlds: n.Worlds, All: n.Worlds},
		Normaliser: newNormaliser(l, n.Obs), RewardMoments: l.Add("reward_moments", 2),
		slots: l.Add("act_counter", 2), Updates: l.Add("update_counter", 2), rollout: newRollout(l, n),
	}
}

// Net is a network with its parameters in the arena.
type Net struct {
	*nn.Placed
	Adam *nn.Adam // nil if it is not trained
	lr   float64  // of Adam at the first update
}

// Bind makes the parameters part of a graph.
func (n *Net) Bind(f *nn.Fragment) *nn.Bound { return f.Bind(n.Placed.Params(), n.Placed) }

// Train places a network and its optimiser, whose step is annealed from lr.
func (w *Workshop) Train(name string, p *nn.Params, lr float64) *Net {
	n := &Net{Placed: p.Place(w.Layout, name), lr: lr}
	n.Adam = nn.NewAdam(w.Layout, name+"_adam", n.Placed, nn.AdamConfig{
		LR: float32(lr), B1: 0.9, B2: 0.999, Eps: 1e-8, MaxNorm: float32(w.Config.MaxNorm),
	})
	w.nets = append(w.nets, n)
	return n
}

// Copy places a network that starts equal to another, such as a target network.
func (w *Workshop) Copy(name string, of *Net) *Net {
	n := &Net{Placed: of.Placed.Params().Place(w.Layout, name)}
	w.nets = append(w.nets, n)
	return n
}

// Fix places parameters that are never trained.
func (w *Workshop) Fix(name string, p *nn.Params) *Net {
	n := &Net{Placed: p.Place(w.Layout, name)}
	w.nets = append(w.nets, n)
	return n
}

// annealed is a scalar that changes linearly from its first to its last value during a share of the run.
type annealed struct {
	name     string
	at       machine.Tensor
	from, to float64
	within   float64 // the share of the run, in (0, 1]
}

// value is the value after the given share of the run.
func (a *annealed) value(share float64) float32 {
	return float32(a.from + float64((a.to-a.from)*min(1, share/a.within)))
}

// Anneal places a scalar that changes linearly from its first to its last value during the run. It is reported.
func (w *Workshop) Anneal(name string, from, to float64) machine.Tensor {
	return w.AnnealWithin(1, name, from, to)
}

// AnnealWithin is Anneal for a scalar that has its last value after a share of the run, in (0, 1], and then keeps it.
func (w *Workshop) AnnealWithin(share float64, name string, from, to float64) machine.Tensor {
	at := w.Layout.Add(name)
	w.annealed = append(w.annealed, annealed{name, at, from, to, share})
	return at
}

// progress is the share of the run that is done at an update, 0 to 1.
func (w *Workshop) progress(update int) float64 {
	return min(1, float64(update)/float64(w.Config.Updates))
}

// lrShare is the current fraction of the configured learning rates.
func (w *Workshop) lrShare(update int) float64 {
	return 1 + float64((w.Config.LRFinal-1)*w.progress(update))
}

// anneal uploads the scalars that change during the run; Programs read them on the device.
func (w *Workshop) anneal(s *machine.Session, update int) error {
	for _, a := range w.annealed {
		if err := s.Upload(a.at, []float32{a.value(w.progress(update))}); err != nil {
			return err
		}
	}
	for _, n := range w.nets {
		if n.Adam == nil {
			continue
		}
		if err := n.Adam.SetLR(s, float32(n.lr*w.lrShare(update))); err != nil {
			return err
		}
	}
	return nil
}

// Initialise fills networks, optimisers and annealed scalars; networks of one kind start equal.
func (w *Workshop) Initialise(s *machine.Session) error {
	for _, n := range w.nets {
		x := make([]float32, n.Flat.Len())
		n.Init(x, Split(w.Seed, StreamInit))
		if err := s.Upload(n.Flat, x); err != nil {
			return err
		}
		if n.Adam == nil {
			continue
		}
		if err := n.Adam.InitState(s); err != nil {
			return err
		}
	}
	if err := w.anneal(s, 0); err != nil { // the warm-up reads them
		return err
	}
	return w.Normaliser.identity(s)
}

// Memory is the memory of transitions.
func (w *Workshop) Memory() *Ring { return w.memory }

// suspects lists tensors from cause to effect: data, then gradients, then parameters.
func (w *Workshop) suspects() []machine.Tensor {
	s := append(w.memory.Tables(), w.RewardMoments)
	for _, n := range w.nets {
		if n.Adam != nil {
			s = append(s, n.Adam.Grads().Flat, n.Flat)
		}
	}
	return append(s, w.Statistics.sums)
}

// LogProbs lowers log pi(. | obs) of a head with the parameters of n; obs is normalised.
func (n *Net) LogProbs(b *machine.Builder, h Head, obs, mask, logp machine.Tensor) {
	f := nn.NewFragment()
	f.Output(h.LogProbs(n.Bind(f), f.Input(obs), f.Input(mask)), logp)
	f.Lower(b)
}

// finish ends the Program of an update.
func (w *Workshop) finish(b *machine.Builder) (*kernels.Program, error) {
	b.Count(w.Updates, 1)
	w.Statistics.count(b)
	return b.Build()
}

// Draw says with which random numbers the rows of a batch are drawn.
func (w *Workshop) Draw(s Stream, counter machine.Tensor) machine.Draw {
	return machine.Draw{Counter: counter, Seed: Split(w.Seed, s), Stream: uint32(s)}
}

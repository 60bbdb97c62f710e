package bench

import (
	"errors"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// Slots is a rollout without a network, on any backend: a Program that draws legal actions uniformly
// and plays a slot.
type Slots struct {
	session *machine.Session
	program *kernels.Program
	results []machine.Tensor // the arguments of OpStep that are kept
}

// OpenSlots prepares a rollout in worlds of the C engine, from their present state. The successor states are results, too, if
// successors is set; else nothing reads them, and a device writes each observation once. The caller keeps worlds and backend, but must
// not step the worlds before Close.
func OpenSlots(b kernels.Backend, w *sim.Worlds, successors bool) (*Slots, error) {
	w.RecordTasks(false)
	env := w.Native()
	if env == nil {
		return nil, errors.New("bench: a Program can play only worlds of the C engine; these worlds are of the engine " + w.Engine())
	}
	if err := w.Home(); err != nil {
		return nil, err
	}
	s := &Slots{}
	layout := machine.NewLayout()
	x, err := s.build(layout, env, successors)
	if err != nil {
		return nil, err
	}
	if s.session, err = machine.NewSession(b, layout, s.program); err != nil {
		return nil, err
	}
	if err := errors.Join(s.session.Upload(x.Obs, w.Obs), s.session.Upload(x.Mask, w.Mask)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// build builds the Program.
func (s *Slots) build(layout *machine.Layout, env kernels.Environment, successors bool) (x machine.Slot, err error) {
	worlds, agents, o, u := env.Sizes()
	rows := worlds * agents
	b := machine.NewBuilder("slots", layout)
	add := func(name string, shape ...int) machine.Tensor {
		t := layout.Add(name, shape...)
		s.results = append(s.results, t)
		return t
	}
	successor := add
	if !successors {
		successor = b.Temp
	}
	moment := layout.Add("moment", 2)
	x = machine.Slot{
		Act: add("act", rows), Obs: add("obs", rows, o), Mask: add("mask", rows, u), NextObs: successor("successor", rows, o),
		NextMask: successor("successor mask", rows, u), Reward: add("reward", rows), Active: add("active", rows), Ended: add("ended", rows),
	}
	chooseUniformly(b, moment, x)
	b.Count(moment, 1)
	b.Step(env, x)
	s.program, err = b.Build()
	return x, err
}

// chooseUniformly samples from the softmax of the mask, which is uniform over the legal actions.
func chooseUniformly(b *machine.Builder, moment machine.Tensor, x machine.Slot) {
	rows, actions := x.Mask.Shape()[0], x.Mask.Shape()[1]
	logp := b.Temp("logp", rows, actions)
	b.Op(kernels.Desc{Op: kernels.OpLogSoftmax, Dim: [kernels.MaxDims]int64{int64(rows), int64(actions)}}, x.Mask, x.Mask, logp)
	b.Sample(logp, x.Act, machine.Draw{Counter: moment, Seed: 1, Stream: 98})
}

// Run plays n slots in one call of the backend. It may return before they are complete.
func (s *Slots) Run(n int) error { return s.session.Repeat(s.program, n) }

// Sync waits for the slots.
func (s *Slots) Sync() error { return s.session.Sync() }

// Results are the arrays of the last slot that are kept, in the order of kernels.Slot.
func (s *Slots) Results() ([]Array, error) {
	var list []Array
	for _, t := range s.results {
		a := Array{Name: t.Name(), Shape: slices.Clone(t.Shape()), Data: make([]float32, t.Len())}
		if err := s.session.Download(a.Data, t); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// stepSeconds is the time of OpStep, summed over all slots so far. It fails unless the backend measures ops.
func (s *Slots) stepSeconds() (float64, error) {
	f, ok := s.session.Profile(s.program)
	if !ok {
		return 0, errors.New("bench: the backend does not measure its ops")
	}
	at := slices.IndexFunc(s.program.Descs, func(d kernels.Desc) bool { return d.Op == kernels.OpStep })
	return f.Seconds[at], nil
}

// bytes is the size of the arena.
func (s *Slots) bytes() int64 { return 4 * s.program.Arena }

// Close frees the memory and brings the state of the worlds back to the host.
func (s *Slots) Close() error { return s.session.Close() }

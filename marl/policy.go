package marl

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// Policy is a learned head for execution: every IED decides from its own observation.
// It implements sim.Policy. Its draws depend on the seed, the row and the slot, not on earlier calls,
// so evaluating twice gives the same actions.
type Policy struct {
	name        string
	how         Execution
	obs         int
	actions     int
	head        Head
	weights     []float32
	mean, scale []float32 // of the normaliser

	batch *batch // for the number of rows last asked for
	err   error
}

var _ sim.Policy = (*Policy)(nil)

// Execution says how a Policy plays.
type Execution struct {
	Backend kernels.Backend // remains owned by the caller
	Sampled bool            // false: the most probable action
	Seed    uint64          // of the draws of a sampled policy
}

// NewPolicy reads the head from a checkpoint of a run with configuration c; obs and actions are O and U. For worlds of
// another scenario than that of the run, see sim.Scenario.InUnitsOf. Errors name the tensor that is missing.
func NewPolicy(c *Config, s *checkpoint.State, obs, actions int, how Execution) (*Policy, error) {
	a, err := AlgorithmOf(c.Algo)
	if err != nil {
		return nil, err
	}
	p := newPolicy(a, c, Sizes{Obs: obs, Actions: actions}, how)
	if p.weights, err = p.head.Params().Import(s.Meta[metaHead], s); err != nil {
		return nil, err
	}
	n := newNormaliser(machine.NewLayout(), obs)
	if p.mean, err = s.Tensor(fileName(n.mean), obs); err != nil {
		return nil, err
	}
	p.scale, err = s.Tensor(fileName(n.scale), obs)
	return p, err
}

// Policy returns a Policy with a copy of the current head.
func (t *Trainer) Policy(how Execution) (*Policy, error) {
	p := t.newPolicy(how)
	_, net := t.learner.Head()
	for _, x := range []struct {
		to   *[]float32
		from machine.Tensor
	}{{&p.weights, net.Flat}, {&p.mean, t.shop.Normaliser.mean}, {&p.scale, t.shop.Normaliser.scale}} {
		var err error
		if *x.to, err = Read(t.session, x.from); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (t *Trainer) newPolicy(how Execution) *Policy {
	return newPolicy(t.algorithm, &t.cfg, t.shop.Sizes, how)
}

func newPolicy(a Algorithm, c *Config, n Sizes, how Execution) *Policy {
	how.Seed = Split(how.Seed, StreamExecution)
	p := &Policy{name: a.Name() + "-greedy", how: how, obs: n.Obs, actions: n.Actions, head: a.Head(c, n.Obs, n.Actions)}
	if how.Sampled {
		p.name = a.Name() + "-sampled"
	}
	return p
}

// Name is the algorithm with -greedy or -sampled.
func (p *Policy) Name() string { return p.name }

// Err returns the first error of the device; Act has none to return.
func (p *Policy) Err() error { return p.err }

// Close frees the device memory; Choose allocates it again.
func (p *Policy) Close() error {
	if p.batch == nil {
		return nil
	}
	session := p.batch.session
	p.batch = nil
	return session.Close()
}

// Act chooses the actions of the current slot. After an error (see Err) every IED computes locally.
func (p *Policy) Act(w *sim.Worlds, actions []int32) {
	episode, slot := w.LastSlot(0)
	p.ActOn(w.Obs, w.Mask, [2]float32{float32(episode + 1), float32(slot + 1)}, actions)
}

// ActOn is Act for any environment, see Choose. After an error all actions are 0.
func (p *Policy) ActOn(obs, mask []float32, moment [2]float32, actions []int32) {
	clear(actions)
	if p.err == nil {
		p.err = p.Choose(obs, mask, moment, actions)
	}
}

// Choose chooses actions [rows] for obs [rows, O] and mask [rows, U]; moment is the counter of
// a sampled policy's draws, two numbers below 2^24.
func (p *Policy) Choose(obs, mask []float32, moment [2]float32, actions []int32) error {
	if p.batch == nil || len(p.batch.chosen) != len(actions) {
		if err := p.open(len(actions)); err != nil {
			return err
		}
	}
	chosen, err := p.batch.run(obs, mask, moment)
	if err != nil {
		return err
	}
	for i, a := range chosen {
		actions[i] = int32(a)
	}
	return nil
}

// batch is the Program of a Policy for one number of rows.
type batch struct {
	layout                     *machine.Layout
	placed                     *nn.Placed
	norm                       Normaliser
	session                    *machine.Session
	program                    *kernels.Program
	obs, mask, moment, actions machine.Tensor
	chosen                     []float32 // [rows]
}

// newBatch builds the Program for the given number of rows.
func (p *Policy) newBatch(rows int) (*batch, error) {
	lay := machine.NewLayout()
	placed := p.head.Params().Place(lay, "head")
	norm := newNormaliser(lay, p.obs)
	x := &batch{
		layout: lay, placed: placed, norm: norm, obs: lay.Add("obs", rows, p.obs), mask: lay.Add("mask", rows, p.actions),
		moment: lay.Add("moment", 2), actions: lay.Add("act", rows), chosen: make([]float32, rows),
	}
	b := machine.NewBuilder("policy", lay)
	logp := b.Temp("logp", rows, p.actions)
	f := nn.NewFragment()
	f.Output(p.head.LogProbs(f.Bind(p.head.Params(), placed), f.Input(norm.Apply(b, x.obs)), f.Input(x.mask)), logp)
	f.Lower(b)
	if p.how.Sampled {
		b.Sample(logp, x.moment, x.actions, p.how.Seed, uint32(StreamExecution))
	} else {
		b.ArgMax(logp, x.actions)
	}
	var err error
	x.program, err = b.Build()
	return x, err
}

// memory is the device memory of the batch on a backend, in bytes.
func (x *batch) memory(backend kernels.Backend) (int64, error) {
	scratch, err := scratchOf(backend, x.program)
	return 4*max(x.layout.Size(), x.program.Arena) + scratch, err
}

// open allocates memory for the given number of rows.
func (p *Policy) open(rows int) error {
	if err := p.Close(); err != nil {
		return err
	}
	x, err := p.newBatch(rows)
	if err != nil {
		return err
	}
	if x.session, err = machine.NewSession(p.how.Backend, x.layout, x.program); err != nil {
		return err
	}
	err = x.norm.upload(x.session, p.mean, p.scale)
	if err == nil {
		err = x.session.Upload(x.placed.Flat, p.weights)
	}
	if err != nil {
		return errors.Join(err, x.session.Close())
	}
	p.batch = x
	return nil
}

func (x *batch) run(obs, mask []float32, moment [2]float32) ([]float32, error) {
	for _, in := range []struct {
		to   machine.Tensor
		from []float32
	}{{x.obs, obs}, {x.mask, mask}, {x.moment, moment[:]}} {
		if err := x.session.Upload(in.to, in.from); err != nil {
			return nil, err
		}
	}
	if err := x.session.Run(x.program); err != nil {
		return nil, err
	}
	return x.chosen, x.session.Download(x.chosen, x.actions)
}

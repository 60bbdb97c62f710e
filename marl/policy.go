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
	sizes       Sizes // of a world
	head        Head
	weights     []float32
	mean, scale []float32 // of the normaliser

	played    *sim.Worlds    // of the last Act
	appraiser *sim.Appraiser // nil unless agents see what their actions are worth
	watched   *watched       // nil unless the attention of the critic is measured
	batch     *batch         // for the number of rows last asked for
	err       error
}

var _ sim.Policy = (*Policy)(nil)

// Execution says how a Policy plays.
type Execution struct {
	Backend kernels.Backend // remains owned by the caller
	Sampled bool            // false: the most probable action
	Seed    uint64          // of the draws of a sampled policy
}

// NewPolicy reads the head from a checkpoint of a run with configuration c, for worlds of these sizes; SizesOf has those of a
// scenario. If that is not the scenario of the run, see sim.Scenario.InUnitsOf. Errors name the tensor that is missing.
func NewPolicy(c *Config, s *checkpoint.State, world Sizes, how Execution) (*Policy, error) {
	a, err := AlgorithmOf(c.Algo)
	if err != nil {
		return nil, err
	}
	n, err := c.inTurns(world)
	if err != nil {
		return nil, err
	}
	p := newPolicy(a, c, n, how)
	if p.weights, err = p.head.Params().Import(s.Meta[metaHead], s); err != nil {
		return nil, err
	}
	x := newNormaliser(machine.NewLayout(), n.Obs)
	if p.mean, err = s.Tensor(fileName(x.mean), n.Obs); err != nil {
		return nil, err
	}
	p.scale, err = s.Tensor(fileName(x.scale), n.Obs)
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

// GreedyName is the name of the policy of an algorithm that takes the most probable action.
func GreedyName(algorithm string) string { return algorithm + "-greedy" }

// SampledName is the name of the policy of an algorithm that draws its actions.
func SampledName(algorithm string) string { return algorithm + "-sampled" }

func newPolicy(a Algorithm, c *Config, n Sizes, how Execution) *Policy {
	how.Seed = Split(how.Seed, StreamExecution)
	p := &Policy{name: GreedyName(a.Name()), how: how, sizes: n, appraiser: c.appraiser(), head: a.Head(c, n.Obs, n.Actions)}
	if how.Sampled {
		p.name = SampledName(a.Name())
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
	p.ActOn(p.view(w), [2]float32{float32(episode + 1), float32(slot + 1)}, actions)
}

// ActOn is Act for any environment, see Choose. After an error all actions are 0.
func (p *Policy) ActOn(v View, moment [2]float32, actions []int32) {
	clear(actions)
	if p.err == nil {
		p.err = p.Choose(v, moment, actions)
	}
}

// view is what the policy needs of the current slot.
func (p *Policy) view(w *sim.Worlds) View {
	p.played = w
	v := View{Obs: w.Obs, Mask: w.Mask}
	if p.sizes.Turns > 1 || p.watched.tells() {
		v.Servers = make([]float32, w.W*w.A*p.sizes.Candidates)
		w.ListServers(v.Servers)
	}
	return v
}

// appraise values actions in the worlds of the last Act.
func (p *Policy) appraise(decisions, values []float32) {
	p.appraiser.Appraise(p.played, decisions, values)
}

// order is that of the worlds of the last Act.
func (p *Policy) order(rows []float32) { p.appraiser.Order(p.played, rows) }

// View is what agents see before anyone decides.
type View struct {
	Obs, Mask []float32 // [rows, O'], [rows, U]
	Servers   []float32 // [rows, C] of the candidates; only if agents decide in turn, or for a critic
}

// Choose writes actions [rows]; in a Granting Env they include the messages that agents wait for. moment is the counter of a sampled
// policy's draws, two numbers below 2^24. If agents decide in turn, the rows are those of whole worlds.
func (p *Policy) Choose(v View, moment [2]float32, actions []int32) error {
	if p.batch == nil || len(p.batch.chosen) != len(actions) {
		if err := p.open(len(actions)); err != nil {
			return err
		}
	}
	chosen, err := p.batch.run(v, moment)
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
	layout          *machine.Layout
	placed          *nn.Placed
	norm            Normaliser
	session         *machine.Session
	program         *kernels.Program
	obs, mask       machine.Tensor
	servers         machine.Tensor // None if nothing reads them
	moment, actions machine.Tensor
	chosen          []float32     // [rows]
	watched         *watchedBatch // nil if no critic is watched
}

// newBatch builds the Program for the given number of rows.
func (p *Policy) newBatch(rows int) (*batch, error) {
	lay := machine.NewLayout()
	placed := p.head.Params().Place(lay, "head")
	n := p.sizes
	norm := newNormaliser(lay, n.Obs)
	x := &batch{
		layout: lay, placed: placed, norm: norm, obs: lay.Add("obs", rows, n.Own()), mask: lay.Add("mask", rows, n.Actions),
		moment: lay.Add("moment", 2), actions: lay.Add("act", rows), chosen: make([]float32, rows), watched: p.watched.place(lay, rows),
	}
	if n.Turns > 1 || p.watched.tells() {
		x.servers = lay.Add("servers", rows, n.Candidates)
	}
	b := machine.NewBuilder("policy", lay)
	p.watched.lower(b, x, p.decideAll(b, x, rows), n)
	var err error
	x.program, err = b.Build()
	return x, err
}

// decideAll lowers the decisions of a slot.
func (p *Policy) decideAll(b *machine.Builder, x *batch, rows int) Decided {
	if p.sizes.Turns > 1 {
		return p.inTurn(b, x, rows)
	}
	all := Decided{Obs: x.obs, LogProbs: b.Temp("logp", rows, p.sizes.Actions), Act: x.actions}
	p.decide(b, x, decisions{own: x.obs, mask: x.mask, Decided: all}, uint32(StreamExecution))
	return all
}

// inTurn lowers the turns of a slot.
func (p *Policy) inTurn(b *machine.Builder, x *batch, rows int) Decided {
	n := p.sizes
	n.Worlds = rows / n.Agents
	decided := Decided{Obs: b.Temp("seen obs", rows, n.Obs), LogProbs: b.Temp("logp", rows, n.Actions), Act: x.actions}
	if n.Granted {
		decided.Act, decided.Granted = b.Temp("act", rows), x.actions
	}
	n.inTurn(b, decisions{
		own: x.obs, mask: x.mask, servers: x.servers, controller: newController(n, p.order, p.appraise), Decided: decided,
	}, func(turn int, obs, mask, logp, act machine.Tensor) {
		p.decide(b, x, decisions{own: obs, mask: mask, Decided: Decided{LogProbs: logp, Act: act}}, StreamExecution.inTurn(turn))
	})
	return decided
}

// decide lowers the log-probabilities and actions for observations.
func (p *Policy) decide(b *machine.Builder, x *batch, d decisions, stream uint32) {
	f := nn.NewFragment()
	f.Output(p.head.LogProbs(f.Bind(p.head.Params(), x.placed), f.Input(x.norm.Apply(b, d.own)), f.Input(d.mask)), d.LogProbs)
	f.Lower(b)
	if p.how.Sampled {
		b.Sample(d.LogProbs, d.Act, machine.Draw{Counter: x.moment, Seed: p.how.Seed, Stream: stream})
	} else {
		b.ArgMax(d.LogProbs, d.Act)
	}
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
	if err == nil {
		err = p.watched.upload(x.session, x.watched)
	}
	if err != nil {
		return errors.Join(err, x.session.Close())
	}
	p.batch = x
	return nil
}

func (x *batch) run(v View, moment [2]float32) ([]float32, error) {
	for _, in := range []struct {
		to   machine.Tensor
		from []float32
	}{{x.obs, v.Obs}, {x.mask, v.Mask}, {x.servers, v.Servers}, {x.moment, moment[:]}} {
		if in.to == machine.None {
			continue
		}
		if err := x.session.Upload(in.to, in.from); err != nil {
			return nil, err
		}
	}
	if err := x.session.Run(x.program); err != nil {
		return nil, err
	}
	return x.chosen, x.session.Download(x.chosen, x.actions)
}

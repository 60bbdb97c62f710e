package marl

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// sizes are W, A, O and U of an Env.
type sizes struct{ worlds, agents, obs, actions int }

func (s sizes) rows() int { return s.worlds * s.agents }

// learner owns the arena and the Programs of a run:
//
//	slot     one slot of the rollout: act, step, remember
//	prepare  what the updates of an iteration share, once per iteration
//	update   one update of critic and actor, U times per iteration
//	inspect  attention entropy, once per report
//
// What the algorithms do not share is their [method].
type learner struct {
	cfg  *Config
	size sizes
	seed uint64

	backend kernels.Backend
	stay    kernels.Stay // where the worlds are played
	scratch int64        // bytes of a device that launches of the Programs take besides the arena
	layout  *machine.Layout
	session *machine.Session
	method  method

	critic                    *Critic
	actor                     *Actor
	criticOnline, actorOnline *nn.Placed
	criticAdam, actorAdam     *nn.Adam

	normaliser normaliser
	memory     *ring          // what is learned from; the fourth table holds the mixed rewards
	alpha      machine.Tensor // scalar, annealed by the host
	moments    machine.Tensor // [2] mean and standard deviation of the rewards in memory
	played     machine.Tensor // [2] counter of slot
	learned    machine.Tensor // [2] counter of update
	statistic  statistics
	heads      machine.Tensor // [h] attention entropy of the last inspect

	rollout rollout

	slot, prepare, update, inspect *kernels.Program
}

// method is one algorithm: how it remembers a rollout and how it learns from it.
type method interface {
	// networks declares critic and actor.
	networks()
	// placeOwn lays out what only this algorithm has, and the memory.
	placeOwn()
	// copies are networks that start equal to the online ones: critics, then actors.
	copies() []*nn.Placed
	// remember ends the slot Program after act, step and the mixed reward.
	remember(b *machine.Builder, x played)
	buildPrepare() (*kernels.Program, error)
	buildUpdate() (*kernels.Program, error)
	buildInspect() (*kernels.Program, error)
	// warmed follows the warm-up: what is kept of it, and what is measured on it.
	warmed() error
	// statistics names what an update adds up.
	statistics() []string
	// report adds the metrics that only this algorithm has.
	report(m *Metrics, mean func(statistic string) float32) error
}

// newMethod is the algorithm that the configuration names.
func newMethod(l *learner) method {
	if l.cfg.Algo == AlgoPPO {
		return &onPolicy{learner: l}
	}
	return &offPolicy{learner: l}
}

// newLearner lays out the arena and builds the Programs; open makes them run.
func newLearner(cfg *Config, env kernels.Environment, backend kernels.Backend, seed uint64) (*learner, error) {
	l := &learner{cfg: cfg, seed: seed, backend: backend, stay: kernels.StayOf(backend, env), layout: machine.NewLayout()}
	l.size.worlds, l.size.agents, l.size.obs, l.size.actions = env.Sizes()
	if err := l.checkSizes(); err != nil {
		return nil, err
	}
	l.method = newMethod(l)
	l.method.networks()
	l.place()
	if err := l.build(env); err != nil {
		return nil, fmt.Errorf("marl: building the programs: %w", err)
	}
	if err := l.measureScratch(); err != nil {
		return nil, fmt.Errorf("marl: planning the memory: %w", err)
	}
	return l, nil
}

// checkSizes checks what the configuration asks of an environment.
func (l *learner) checkSizes() error {
	g, n := l.cfg.Neighbours, l.size.agents
	if g > 0 && n%g != 0 {
		return fmt.Errorf("marl: train.neighbours is %d, which does not divide the %d agents of a world; allowed: %s", g, n, divisors(n))
	}
	return nil
}

// divisors lists the numbers from 2 to n that divide n.
func divisors(n int) string {
	text := "0"
	for d := 2; d <= n; d++ {
		if n%d == 0 {
			text += fmt.Sprintf(", %d", d)
		}
	}
	return text
}

// open allocates the arena, compiles the Programs and fills the networks.
func (l *learner) open() error {
	session, err := machine.NewSession(l.backend, l.layout, l.programs()...)
	if err != nil {
		return fmt.Errorf("marl: the arena of %d MB could not be made; lower %s: %w", megabytes(l.floats()), l.plan().Largest().Setting, err)
	}
	l.session = session
	if err := l.initialise(); err != nil {
		return errors.Join(err, session.Close())
	}
	return nil
}

func megabytes(floats int64) int64 { return floats * 4 / 1e6 }

// place lays out everything that outlives a Program.
func (l *learner) place() {
	lay, cfg, n := l.layout, l.cfg, l.size
	l.normaliser = newNormaliser(lay, n.obs)
	l.moments = lay.Add("reward_moments", 2)
	l.played = lay.Add("act_counter", 2)
	l.learned = lay.Add("update_counter", 2)
	l.rollout = newRollout(lay, n)
	l.criticOnline = l.critic.params.Place(lay, "critic")
	l.criticAdam = nn.NewAdam(lay, "critic_adam", l.criticOnline, adam(cfg.LRCritic, cfg))
	l.actorOnline = l.actor.params.Place(lay, actorName)
	l.actorAdam = nn.NewAdam(lay, "actor_adam", l.actorOnline, adam(cfg.LRActor, cfg))
	l.alpha = lay.Add("alpha")
	l.statistic = newStatistics(lay, l.method.statistics())
	l.heads = lay.Add("attention_entropy", cfg.Heads)
	l.method.placeOwn()
}

func adam(lr float64, cfg *Config) nn.AdamConfig {
	return nn.AdamConfig{LR: float32(lr), B1: 0.9, B2: 0.999, Eps: 1e-8, MaxNorm: float32(cfg.MaxNorm)}
}

// initialise fills parameters and optimisers.
func (l *learner) initialise() error {
	seed := Split(l.seed, StreamInit)
	for _, p := range append([]*nn.Placed{l.criticOnline, l.actorOnline}, l.method.copies()...) {
		w := make([]float32, p.Flat.Len())
		p.Init(w, seed)
		if err := l.session.Upload(p.Flat, w); err != nil {
			return err
		}
	}
	if err := l.criticAdam.InitState(l.session); err != nil {
		return err
	}
	if err := l.actorAdam.InitState(l.session); err != nil {
		return err
	}
	return l.normaliser.identity(l.session)
}

func (l *learner) build(env kernels.Environment) (err error) {
	if l.slot, err = l.buildSlot(env); err != nil {
		return err
	}
	if l.prepare, err = l.method.buildPrepare(); err != nil {
		return err
	}
	if l.update, err = l.method.buildUpdate(); err != nil {
		return err
	}
	l.inspect, err = l.method.buildInspect()
	return err
}

func (l *learner) programs() []*kernels.Program {
	return []*kernels.Program{l.slot, l.prepare, l.update, l.inspect}
}

// policy lowers log pi(. | obs) with the parameters at pl; obs is normalised.
func (l *learner) policy(b *machine.Builder, pl *nn.Placed, obs, mask, logp machine.Tensor) {
	f := nn.NewFragment()
	_, lp := l.actor.forward(f.Bind(l.actor.params, pl), f.Input(obs), f.Input(mask))
	f.Output(lp, logp)
	f.Lower(b)
}

// schedule returns alpha and the share of the learning rates at an update, linear in it.
func (l *learner) schedule(update int) (alpha, share float64) {
	t := min(1, float64(update)/float64(l.cfg.Updates))
	return l.cfg.Alpha + float64((l.cfg.AlphaFinal-l.cfg.Alpha)*t), 1 + float64((l.cfg.LRFinal-1)*t)
}

// anneal uploads the scalars that change along the run; Programs read them from the device.
func (l *learner) anneal(update int) error {
	alpha, share := l.schedule(update)
	if err := l.session.Upload(l.alpha, []float32{float32(alpha)}); err != nil {
		return err
	}
	if err := l.criticAdam.SetLR(l.session, float32(l.cfg.LRCritic*share)); err != nil {
		return err
	}
	return l.actorAdam.SetLR(l.session, float32(l.cfg.LRActor*share))
}

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
//	prepare  mean and standard deviation of the replay's rewards, once per iteration
//	update   one update of critic, actor and targets, U times per iteration
//	inspect  attention entropy, once per report
type learner struct {
	cfg  *Config
	size sizes
	seed uint64

	backend kernels.Backend
	layout  *machine.Layout
	session *machine.Session

	critic                     *Critic
	actor                      *Actor
	criticOnline, criticTarget *nn.Placed
	actorOnline, actorTarget   *nn.Placed
	criticAdam, actorAdam      *nn.Adam

	normaliser normaliser
	replay     *replay
	alpha      machine.Tensor // scalar, annealed by the host
	moments    machine.Tensor // [2] mean and standard deviation of the replay's rewards
	played     machine.Tensor // [2] counter of slot
	learned    machine.Tensor // [2] counter of update
	statistic  statistics
	heads      machine.Tensor // [h] attention entropy of the last inspect

	rollout rollout

	slot, prepare, update, inspect *kernels.Program
}

func newLearner(cfg *Config, env kernels.Environment, backend kernels.Backend, seed uint64) (*learner, error) {
	var size sizes
	size.worlds, size.agents, size.obs, size.actions = env.Sizes()
	l := &learner{cfg: cfg, size: size, seed: seed, backend: backend, layout: machine.NewLayout()}
	l.critic = NewCritic(cfg, size.agents, size.obs, size.actions)
	l.actor = NewActor(cfg, size.obs, size.actions)
	l.place()
	if err := l.build(env); err != nil {
		return nil, fmt.Errorf("marl: building the programs: %w", err)
	}
	session, err := machine.NewSession(backend, l.layout, l.slot, l.prepare, l.update, l.inspect)
	if err != nil {
		return nil, fmt.Errorf("marl: %d MB for the arena, of which replay %d MB (train.replay = %d): %w",
			megabytes(l.layout.Size()), megabytes(l.replay.floats()), cfg.Replay, err)
	}
	l.session = session
	if err := l.initialise(); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return l, nil
}

func megabytes(floats int64) int64 { return floats * 4 / 1e6 }

// place lays out everything that outlives a Program.
func (l *learner) place() {
	lay, cfg, n := l.layout, l.cfg, l.size
	l.criticOnline = l.critic.params.Place(lay, "critic")
	l.criticTarget = l.critic.params.Place(lay, "critic_target")
	l.actorOnline = l.actor.params.Place(lay, actorName)
	l.actorTarget = l.actor.params.Place(lay, "actor_target")
	l.criticAdam = nn.NewAdam(lay, "critic_adam", l.criticOnline, adam(cfg.LRCritic, cfg))
	l.actorAdam = nn.NewAdam(lay, "actor_adam", l.actorOnline, adam(cfg.LRActor, cfg))
	l.normaliser = newNormaliser(lay, n.obs)
	l.alpha = lay.Add("alpha")
	l.moments = lay.Add("reward_moments", 2)
	l.played = lay.Add("act_counter", 2)
	l.learned = lay.Add("update_counter", 2)
	l.statistic = newStatistics(lay)
	l.heads = lay.Add("attention_entropy", cfg.Heads)
	l.rollout = newRollout(lay, n)
	l.replay = newReplay(lay, cfg.Replay, n)
}

func adam(lr float64, cfg *Config) nn.AdamConfig {
	return nn.AdamConfig{LR: float32(lr), B1: 0.9, B2: 0.999, Eps: 1e-8, MaxNorm: float32(cfg.MaxNorm)}
}

// initialise fills parameters and optimisers; targets start equal to the networks.
func (l *learner) initialise() error {
	seed := Split(l.seed, StreamInit)
	for _, p := range []*nn.Placed{l.criticOnline, l.criticTarget, l.actorOnline, l.actorTarget} {
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
	if l.prepare, err = l.buildPrepare(); err != nil {
		return err
	}
	if l.update, err = l.buildUpdate(); err != nil {
		return err
	}
	l.inspect, err = l.buildInspect()
	return err
}

// policy lowers log pi(. | obs) with the parameters at pl; obs is normalised.
func (l *learner) policy(b *machine.Builder, pl *nn.Placed, obs, mask, logp machine.Tensor) {
	f := nn.NewFragment()
	_, lp := l.actor.forward(f.Bind(l.actor.params, pl), f.Input(obs), f.Input(mask))
	f.Output(lp, logp)
	f.Lower(b)
}

// buildPrepare standardises by the whole replay's moments, which change once per iteration only.
func (l *learner) buildPrepare() (*kernels.Program, error) {
	b := machine.NewBuilder("prepare", l.layout)
	b.Moments(l.replay.reward, machine.None, l.replay.size, l.moments)
	return b.Build()
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

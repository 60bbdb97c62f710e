package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// offPolicy is AMARL as Iqbal & Sha 2019: a critic of joint actions that learns from a replay, with
// target networks. Its update is in update.go.
type offPolicy struct {
	*learner
	criticTarget, actorTarget *nn.Placed
	replay                    *replay
}

func (l *offPolicy) networks() {
	n := l.size
	l.critic, l.actor = NewCritic(l.cfg, n.agents, n.obs, n.actions), NewActor(l.cfg, n.obs, n.actions)
}

func (l *offPolicy) placeOwn() {
	l.criticTarget = l.critic.params.Place(l.layout, "critic_target")
	l.actorTarget = l.actor.params.Place(l.layout, "actor_target")
	l.replay = newReplay(l.layout, l.cfg.Replay, l.size)
	l.memory = l.replay.ring
}

func (l *offPolicy) copies() []*nn.Placed { return []*nn.Placed{l.criticTarget, l.actorTarget} }

// remember keeps the transitions of a slot in the replay.
func (l *offPolicy) remember(b *machine.Builder, x played) {
	n := l.size
	t := transition{
		obs: x.obs, mask: x.mask, act: x.act, reward: x.reward, nextObs: x.nextObs, nextMask: x.nextMask,
		terminated: b.Temp("terminated", n.rows()),
	}
	f := nn.NewFragment()
	f.Output(terminated(f.Input(x.ended)), t.terminated)
	f.Lower(b)
	l.keep(b, t.columns())
}

// buildPrepare standardises by the whole replay's moments, which change once per iteration only.
func (l *offPolicy) buildPrepare() (*kernels.Program, error) {
	b := machine.NewBuilder("prepare", l.layout)
	b.Moments(l.replay.reward, machine.None, l.replay.size, l.moments)
	return b.Build()
}

// warmed keeps the warm-up in the replay.
func (l *offPolicy) warmed() error { return nil }

func (l *offPolicy) statistics() []string {
	return []string{statCriticLoss, statSquaredTD, statTarget, statTargetVariance, statActorLoss, statEntropy, statCriticNorm, statActorNorm}
}

// report adds the share of the targets' variance that the critic does not know.
func (l *offPolicy) report(m *Metrics, mean func(string) float32) error {
	m.Unexplained = mean(statSquaredTD) / max(mean(statTargetVariance), 1e-6)
	return nil
}

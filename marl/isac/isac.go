// Package isac is independent soft actor-critic for discrete actions: every agent learns by SAC (Haarnoja et al. 2018,
// "Soft Actor-Critic", arXiv 1801.01290) in the form for discrete actions (Christodoulou 2019, arXiv 1910.07207), as if
// it were alone. Its critics see its own observation only. All agents share the networks and differ by their
// observations.
//
// It has two critics and takes the smaller value (clipped double Q), target networks of the critics, and expectations
// over the own actions in closed form. The weight of the entropy follows a schedule, like that of AMARL; the automatic
// one of Haarnoja et al. is not built.
package isac

import (
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is ISAC, for the registry of marl.
type Algorithm struct{}

func init() { marl.Register(Algorithm{}) }

// Name implements marl.Algorithm.
func (Algorithm) Name() string { return "isac" }

// Config is the section of ISAC. Its settings are described where they are declared.
type Config struct {
	replay.Settings   `yaml:",inline"`
	marl.CriticConfig `yaml:",inline"`
	marl.ActorConfig  `yaml:",inline"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(*marl.Config) marl.Section {
	return &Config{replay.Defaults(), marl.DefaultCritic(), marl.DefaultActor(0.1, 0.01)}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	c.CriticConfig.Check(v)
	c.ActorConfig.Check(v)
}

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string {
	docs := marl.NetDocs("")
	maps.Copy(docs, replay.Docs())
	return docs
}

// Head implements marl.Algorithm: the actor.
func (Algorithm) Head(c *marl.Config, obs, actions int) marl.Head {
	return marl.NewActor(c.Own.(*Config).ActorHidden, obs, actions)
}

// Build implements marl.Algorithm.
func (Algorithm) Build(w *marl.Workshop) (marl.Learner, error) {
	return New(w, w.Config.Own.(*Config)), nil
}

// Learner is one run of ISAC. Its update is in update.go.
type Learner struct {
	*marl.Workshop
	own                       *Config
	critic                    *twins
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget              *marl.Net
	alpha                     machine.Tensor // scalar, the weight of the entropy
	replay                    *replay.Memory
}

// Statistics of the updates, besides those of every critic.
const (
	actorLoss     = "actor_loss"  // with the logit penalty
	policyEntropy = "entropy"     // nats, deciding agents
	criticNorm    = "critic_norm" // of the gradient of both critics before the clip
	actorNorm     = "actor_norm"  // of the gradient before the clip
)

// New is a learner with its settings c.
func New(w *marl.Workshop, c *Config) *Learner {
	n := w.Sizes
	l := &Learner{Workshop: w, own: c, critic: newTwins(c.Hidden, n.Obs, n.Actions), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions)}
	l.criticOnline = w.Train("critic", l.critic.params, c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.CriticStatistics(actorLoss, policyEntropy, criticNorm, actorNorm)...)
	l.replay = replay.New(w, &c.Settings)
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorOnline }

// Remember implements marl.Learner: the transitions of a slot go into the replay.
func (l *Learner) Remember(b *machine.Builder, x marl.Played) { l.replay.Remember(b, x) }

// Prepare implements marl.Learner.
func (l *Learner) Prepare(b *machine.Builder) { l.replay.MeasureRewards(b) }

// WarmedUp implements marl.Learner: the warm-up stays in the replay.
func (l *Learner) WarmedUp(*machine.Session) error { return nil }

// Inspect implements marl.Learner: there is nothing to measure besides the updates.
func (l *Learner) Inspect(*machine.Builder) {}

// Scalars implements marl.Learner. TD errors are those of the first critic.
func (l *Learner) Scalars(_ *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	return []marl.Scalar{
		{Name: "critic_loss", Value: mean(replay.CriticLoss)}, {Name: "actor_loss", Value: mean(actorLoss)},
		replay.TDError(mean), replay.TargetMean(mean), {Name: "entropy", Value: mean(policyEntropy)}, replay.Unexplained(mean),
		{Name: "grad_norm_critic", Value: mean(criticNorm)}, {Name: "grad_norm_actor", Value: mean(actorNorm)},
	}, nil
}

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
	replay.Base
	own                       *Config
	critic                    *twins
	actor                     *marl.Actor
	criticOnline, actorOnline *marl.Net
	criticTarget              *marl.Net
	alpha                     machine.Tensor // scalar, the weight of the entropy
}

// New is a learner with its settings c.
func New(w *marl.Workshop, c *Config) *Learner {
	n := w.Sizes
	l := &Learner{Base: replay.Base{Workshop: w}, own: c, critic: newTwins(c.Hidden, n.Obs, n.Actions), actor: marl.NewActor(c.ActorHidden, n.Obs, n.Actions)}
	l.criticOnline = w.Train("critic", l.critic.params, c.LRCritic)
	l.actorOnline = w.Train(marl.ActorName, l.actor.Params(), c.LRActor)
	l.criticTarget = w.Copy("critic_target", l.criticOnline)
	l.alpha = w.Anneal("alpha", c.Alpha, c.AlphaFinal)
	w.NewStatistics(replay.ActorCriticStatistics()...)
	l.Replay = replay.New(w, &c.Settings)
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorOnline }

// Scalars implements marl.Learner. TD errors are those of the first critic.
func (l *Learner) Scalars(_ *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	return replay.ActorCriticScalars(mean), nil
}

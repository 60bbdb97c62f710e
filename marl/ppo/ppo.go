// Package ppo is proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347) for many agents:
// a rollout of H slots in W worlds, advantages by GAE, then E epochs of minibatches of joint transitions,
// each an Adam step of critic and actor. The old policy is not stored; only its log-probabilities are.
//
// [Algorithm] is amarl-ppo, with the attention critic of AMARL for the values of states; [New] makes other
// algorithms from other critics and methods.
package ppo

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Critic estimates the values of states.
type Critic interface {
	Params() *nn.Params
	// Values builds V for normalised observations [B*A, O].
	Values(bd *nn.Bound, obs *nn.Node) Values
}

// Told is a critic that may be told the servers of the candidates.
type Told interface {
	Critic
	TellsServers() bool
	// ToldValues is Values for servers [B*A, C].
	ToldValues(f *nn.Fragment, bd *nn.Bound, obs *nn.Node, servers machine.Tensor) Values
}

// Inspected is a critic with its own metrics.
type Inspected interface {
	Critic
	// Place allocates the tensors of the measurements.
	Place(w *marl.Workshop)
	// Inspect measures the metrics of a report with the parameters of n; seen gathers the observations of a
	// minibatch [B*A, O] and the servers of the candidates [B*A, C], None if the critic is not told.
	Inspect(b *machine.Builder, n *marl.Net, seen func() (obs, servers machine.Tensor))
	// Scalars are the metrics.
	Scalars(s *machine.Session) ([]marl.Scalar, error)
}

// Values is the forward pass of a critic.
type Values struct {
	V *nn.Node // [B*A] V_i
	// Loss builds the critic's loss for errors td [B*A] with a weight [B*A] for each row, nil: all count.
	Loss func(td, weight *nn.Node) *nn.Node
}

// Learner is one run of PPO.
type Learner struct {
	*marl.Workshop
	method              Method
	idle                bool // agents without a decision count in the critic's loss
	critic              Critic
	inspected           Inspected // the critic, if it is inspected
	told                Told      // the critic, if it is told servers
	actor               *marl.Actor
	criticNet, actorNet *marl.Net
	buffer              *buffer

	alpha       machine.Tensor // scalar, the weight of the entropy
	scale       machine.Tensor // [2] mean and deviation of the warm-up's rewards: the unit of all values
	returned    machine.Tensor // [2] mean and deviation of the returns of the last rollout
	unexplained machine.Tensor // [2] the same of return minus value
	normal      machine.Tensor // [2] the same of the advantages of agents that decide
	drawn       machine.Tensor // [2] counter of the minibatches' rows
	unit        *valueUnit     // nil without value normalisation
}

// Statistics of the updates.
const (
	criticLoss    = "critic_loss" // with the critic's penalties
	squaredTD     = "squared_td"  // (V - return)^2, deciding agents
	targetMean    = "target"      // the return, deciding agents
	actorLoss     = "actor_loss"  // with the logit penalty
	policyEntropy = "entropy"     // nats, deciding agents
	criticNorm    = "critic_norm" // of the gradient before the clip
	actorNorm     = "actor_norm"  // of the gradient before the clip
	clipped       = "clipped"     // share of rho outside of the clip, with a clip
	klEstimate    = "kl"          // of KL(pi_old, pi), with a clip
)

// New is a learner with a critic and its settings v; the actor is marl.Actor.
func New(w *marl.Workshop, m Method, v *marl.CriticConfig, critic Critic) *Learner {
	n, lay := w.Sizes, w.Layout
	l := &Learner{Workshop: w, method: m, idle: v.CriticIdle, critic: critic, actor: marl.NewTurnActor(w.Config, m.Actor.ActorHidden, n.Obs, n.Actions)}
	l.criticNet = w.Train("critic", critic.Params(), v.LRCritic)
	l.actorNet = w.Train(marl.ActorName, l.actor.Params(), m.Actor.LRActor)
	l.alpha = w.Anneal("alpha", m.Actor.Alpha, m.Actor.AlphaFinal)
	statistics := []string{criticLoss, squaredTD, targetMean, actorLoss, policyEntropy, criticNorm, actorNorm}
	if m.clips() {
		statistics = append(statistics, clipped, klEstimate)
	}
	w.NewStatistics(statistics...)
	if c, ok := critic.(Inspected); ok {
		l.inspected = c
		c.Place(w)
	}
	l.scale, l.drawn = lay.Add("reward_scale", 2), lay.Add("shuffle_counter", 2)
	l.returned, l.unexplained, l.normal = lay.Add("return_moments", 2), lay.Add("error_moments", 2), lay.Add("advantage_moments", 2)
	if m.ValueNorm {
		l.unit = newValueUnit(w, l.criticNet, critic.(Rescalable))
	}
	if c, ok := critic.(Told); ok && c.TellsServers() {
		l.told = c
	}
	l.buffer = newBuffer(w, &m, l.told != nil)
	return l
}

// Head implements marl.Learner.
func (l *Learner) Head() (marl.Head, *marl.Net) { return l.actor, l.actorNet }

// Attention implements marl.Attending.
func (l *Learner) Attention() *marl.AttentionNet {
	c, ok := l.critic.(*attentionCritic)
	if !ok {
		return nil
	}
	return &marl.AttentionNet{Critic: c.Critic, Net: l.criticNet, Table: c.table}
}

// Remember implements marl.Learner. It stores a slot with the values of its state and of its successor
// state. After the end of an episode the successor differs from the state of the next slot.
func (l *Learner) Remember(b *machine.Builder, x marl.Played) {
	rows := l.Sizes.Rows()
	s := slot{
		played: x, logp: b.Temp("taken", rows), value: b.Temp("value", rows), next: b.Temp("next value", rows), decides: b.Temp("decides", rows),
	}
	f := nn.NewFragment()
	f.Output(op.Pick(f.Input(x.LogProbs), f.Input(x.Act)), s.logp)
	f.Output(marl.Deciding(f.Input(x.Mask)), s.decides)
	f.Lower(b)
	l.values(b, l.Sizes.OwnColumns(b, x.Normalised), x.Servers, s.value)
	l.values(b, l.Sizes.OwnColumns(b, l.Normaliser.Apply(b, x.NextObs)), x.NextServers, s.next)
	l.Keep(b, l.buffer.entries(s)...)
}

// values lowers V(obs) for normalised obs [rows, O'], which are the own observations: what others have chosen in the same
// slot is not known of a successor.
func (l *Learner) values(b *machine.Builder, obs, servers, to machine.Tensor) {
	f := nn.NewFragment()
	f.Output(l.unit.value(f, l.valuesOf(f, l.criticNet.Bind(f), obs, servers).V), to)
	f.Lower(b)
}

// valuesOf is the forward pass of the critic.
func (l *Learner) valuesOf(f *nn.Fragment, bd *nn.Bound, obs, servers machine.Tensor) Values {
	if l.told != nil {
		return l.told.ToldValues(f, bd, f.Input(obs), servers)
	}
	return l.critic.Values(bd, f.Input(obs))
}

// Prepare implements marl.Learner. It computes advantages and returns = advantage + value, and then scales
// advantages to mean 0 and deviation 1 over the agents that decided.
func (l *Learner) Prepare(b *machine.Builder) {
	c, r := l.Config, l.buffer
	slots, width := c.SlotsPerIteration, l.AllRows()
	series := func(t machine.Tensor) machine.Tensor { return b.Part(t, 0, slots, width) } // [H, W*A]
	reward := b.Temp("scaled reward", slots, width)
	b.Copy(r.reward, reward)
	if c.StandardiseReward {
		b.Binary(kernels.BinSub, reward, b.Part(l.scale, 0), reward)
		b.Binary(kernels.BinDiv, reward, b.Part(l.scale, 1), reward)
	}
	l.method.Advantages(b, Series{reward, series(r.value), series(r.next), series(r.ended)}, float32(c.Gamma), series(r.advantage))
	b.Binary(kernels.BinAdd, r.advantage, r.value, r.returns)
	b.Moments(r.returns, machine.None, r.Size, l.returned)
	b.Moments(r.advantage, machine.None, r.Size, l.unexplained)
	b.Moments(r.advantage, r.decides, r.Size, l.normal)
	b.Moments(r.reward, machine.None, r.Size, l.RewardMoments)
	b.Binary(kernels.BinSub, r.advantage, b.Part(l.normal, 0), r.advantage)
	b.Binary(kernels.BinDiv, r.advantage, b.Part(l.normal, 1), r.advantage)
	l.unit.move(b, l.returned)
}

// Inspect implements marl.Learner, on the next minibatch.
func (l *Learner) Inspect(b *machine.Builder) {
	if l.inspected != nil {
		l.inspected.Inspect(b, l.criticNet, func() (obs, servers machine.Tensor) {
			mb := l.drawMinibatch(b)
			return l.Sizes.OwnColumns(b, mb.obs), mb.servers
		})
	}
}

// WarmedUp implements marl.Learner. It measures the unit of rewards on the warm-up, and then discards the
// warm-up, which was played without normalised observations.
func (l *Learner) WarmedUp(s *machine.Session) error {
	rewards, err := marl.Read(s, l.buffer.reward)
	if err != nil {
		return err
	}
	mean, scale := marl.FeatureMoments(rewards[:max(1, l.buffer.Filled()*l.Sizes.Agents)], 1)
	if err := s.Upload(l.scale, []float32{mean[0], 1 / scale[0]}); err != nil {
		return err
	}
	if err := l.unit.begin(s); err != nil {
		return err
	}
	return l.buffer.Forget(s)
}

// Scalars implements marl.Learner:
//
//	td_error            root mean squared V - return of deciding agents, in units of the standardised reward
//	target_mean         mean of the returns
//	entropy             of the policy of deciding agents, nats
//	clip_fraction       share of decisions whose probability ratio is outside of the clip
//	approx_kl           estimate of KL(pi_old, pi) between the policy of the rollout and that of an update; like
//	                    clip_fraction only with a clip
//	explained_variance  share of the variance of the last rollout's returns that the values before its updates explain
//	grad_norm_*         norm of the gradient before the clip
//
// and those of the critic before the norms.
func (l *Learner) Scalars(s *machine.Session, mean func(string) float32) ([]marl.Scalar, error) {
	explained, err := l.explained(s)
	if err != nil {
		return nil, err
	}
	list := []marl.Scalar{
		{Name: "critic_loss", Value: mean(criticLoss)}, {Name: "actor_loss", Value: mean(actorLoss)},
		{Name: "td_error", Value: float32(math.Sqrt(float64(mean(squaredTD))))},
		{Name: "target_mean", Value: mean(targetMean)}, {Name: "entropy", Value: mean(policyEntropy)},
	}
	if l.method.clips() {
		list = append(list, marl.Scalar{Name: "clip_fraction", Value: mean(clipped)}, marl.Scalar{Name: "approx_kl", Value: mean(klEstimate)})
	}
	list = append(list, marl.Scalar{Name: "explained_variance", Value: explained})
	if l.inspected != nil {
		own, err := l.inspected.Scalars(s)
		if err != nil {
			return nil, err
		}
		list = append(list, own...)
	}
	return append(list,
		marl.Scalar{Name: "grad_norm_critic", Value: mean(criticNorm)}, marl.Scalar{Name: "grad_norm_actor", Value: mean(actorNorm)}), nil
}

// explained is the share of the variance of the returns that the values explain.
func (l *Learner) explained(s *machine.Session) (float32, error) {
	unexplained, err := marl.Read(s, l.unexplained)
	if err != nil {
		return 0, err
	}
	returned, err := marl.Read(s, l.returned)
	if err != nil {
		return 0, err
	}
	u := unexplained[1] / max(returned[1], 1e-6)
	return 1 - u*u, nil
}

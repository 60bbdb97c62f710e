package marl

import (
	"fmt"
	"math"
)

// Metrics describe the updates since the last report: means over them, except for
// the counters, the moments and the attention, which are of the moment.
type Metrics struct {
	Algo     string
	Update   int // updates so far
	EnvSlots int // slots so far, over all worlds

	CriticLoss float32
	ActorLoss  float32
	// TDError is the root mean squared Q - y of deciding agents, in units of the standardised reward.
	TDError float32
	// Unexplained (off-policy) is the mean squared TD error over the variance of y in a minibatch: 1 = the critic knows nothing.
	Unexplained float32
	// TargetMean is the mean of y, or of the return.
	TargetMean float32
	// ClipFraction (on-policy) is the share of decisions whose probability left the clip.
	ClipFraction float32
	// ApproxKL (on-policy) estimates KL(pi_old, pi) of the policy that played and the one of an update.
	ApproxKL float32
	// ExplainedVariance (on-policy) of the last rollout's returns by the values from before its updates: 1 = all.
	ExplainedVariance float32
	// Entropy of the policy of deciding agents, nats.
	Entropy float32
	// AttentionEntropy of each head on one minibatch, nats; ln(A-1) is uniform. Zeros without attention.
	AttentionEntropy []float32
	GradNormCritic   float32 // before the clip
	GradNormActor    float32 // before the clip

	RewardMean float32 // of the mixed rewards in the replay or the last rollout
	RewardStd  float32
	Alpha      float32
	LRShare    float32 // of the configured steps, see Config.LRFinal
}

// Scalar is one named number.
type Scalar struct {
	Name  string
	Value float32
}

// Scalars lists all numbers but the counters, always in the same order.
func (m *Metrics) Scalars() []Scalar {
	s := []Scalar{
		{"critic_loss", m.CriticLoss}, {"actor_loss", m.ActorLoss}, {"td_error", m.TDError},
		{"target_mean", m.TargetMean}, {"entropy", m.Entropy},
	}
	if m.Algo == AlgoPPO {
		s = append(s, Scalar{"clip_fraction", m.ClipFraction}, Scalar{"approx_kl", m.ApproxKL}, Scalar{"explained_variance", m.ExplainedVariance})
	} else {
		s = append(s, Scalar{"unexplained", m.Unexplained})
	}
	for h, e := range m.AttentionEntropy {
		s = append(s, Scalar{fmt.Sprintf("attention_entropy_%d", h), e})
	}
	return append(s,
		Scalar{"grad_norm_critic", m.GradNormCritic}, Scalar{"grad_norm_actor", m.GradNormActor},
		Scalar{"reward_mean", m.RewardMean}, Scalar{"reward_std", m.RewardStd},
		Scalar{"alpha", m.Alpha}, Scalar{"lr_share", m.LRShare})
}

// metrics turns the sums of the device into Metrics; sums is statistics.sums.
func (t *Trainer) metrics(sums []float32) (Metrics, error) {
	l := t.learner
	moments, heads := make([]float32, 2), make([]float32, t.cfg.Heads)
	if err := l.session.Download(moments, l.moments); err != nil {
		return Metrics{}, err
	}
	if err := l.session.Run(l.inspect); err != nil {
		return Metrics{}, err
	}
	if err := l.session.Download(heads, l.heads); err != nil {
		return Metrics{}, err
	}
	mean := l.statistic.mean(sums)
	alpha, share := l.schedule(t.update)
	m := Metrics{
		Algo: t.cfg.Algo, Update: t.update, EnvSlots: t.slots * l.size.worlds,
		CriticLoss: mean(statCriticLoss), ActorLoss: mean(statActorLoss),
		TDError:    float32(math.Sqrt(float64(mean(statSquaredTD)))),
		TargetMean: mean(statTarget), Entropy: mean(statEntropy),
		GradNormCritic: mean(statCriticNorm), GradNormActor: mean(statActorNorm),
		RewardMean: moments[0], RewardStd: moments[1], Alpha: float32(alpha), LRShare: float32(share),
		AttentionEntropy: heads,
	}
	return m, l.method.report(&m, mean)
}

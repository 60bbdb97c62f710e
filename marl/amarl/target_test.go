package amarl

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// refSample draws from logp by inverse CDF with the uniform of each row, as OpSample documents.
func refSample(logp marltest.Matrix, seed uint64, stream uint32, low uint32) []float32 {
	act := make([]float32, logp.Rows)
	for i := range act {
		u := float64(philox.Uniform(philox.Block(philox.Key(seed), [4]uint32{uint32(i), low, 0, stream})[0]))
		sum := 0.0
		for a, l := range logp.Row(i) {
			p := math.Exp(l)
			if p == 0 {
				continue
			}
			act[i] = float32(a)
			if sum += p; u < sum {
				break
			}
		}
	}
	return act
}

// y against the reference: masked, terminated and truncated (that is, not terminated, with the
// final observation as successor) rows; standardised or not.
func TestTargetAgainstReference(t *testing.T) {
	for _, value := range []string{TargetSampled, TargetExpected} {
		for _, standardise := range []bool{false, true} {
			c, n := tiny(1), marl.Sizes{Worlds: 1, Agents: 4, Obs: 6, Actions: 3}
			c.Batch, c.Hidden, c.Heads, c.Gamma, c.Alpha = 9, 16, 4, 0.9, 0.3
			c.TargetValue, c.StandardiseReward = value, standardise
			checkTarget(t, &c, n)
		}
	}
}

func checkTarget(t *testing.T, c *setup, n marl.Sizes) {
	t.Helper()
	r, rows := newRig(t, c, n), c.Batch*n.Agents
	mb := replay.Minibatch{
		NextObs: r.Add("next_obs", rows, n.Obs), NextMask: r.Add("next_mask", rows, n.Actions),
		Reward: r.Add("reward", rows), Terminated: r.Add("terminated", rows),
	}
	out := r.Add("y", rows)
	p := r.Open(func(b *machine.Builder) { b.Copy(r.target(b, mb), out) })

	rng := marltest.Source(6)
	obs, mask, reward := marltest.Normals(rng, rows*n.Obs), marltest.Masks(rng, rows, n.Actions), marltest.Normals(rng, rows)
	terminated := marltest.ActionsOf(rng, rows, 2)
	const mean, std, counter = 0.25, 2.0, 17
	r.Put(mb.NextObs, obs)
	r.Put(mb.NextMask, mask)
	r.Put(mb.Reward, reward)
	r.Put(mb.Terminated, terminated)
	r.Put(r.Learner.RewardMoments, []float32{mean, std})
	r.Put(r.alpha, []float32{float32(c.Alpha)})
	r.Put(r.Learner.Updates, []float32{0, counter})
	// Targets differ from the networks, so that the test fails if they are mixed up.
	r.Put(r.criticTarget.Flat, marltest.Normals(rng, int(r.criticTarget.Flat.Len())))
	r.Put(r.actorTarget.Flat, marltest.Normals(rng, int(r.actorTarget.Flat.Len())))
	r.Run(p)

	o := marltest.Wrap(rows, n.Obs, obs)
	_, logp := marltest.Actor(r.Params("actor_target"), o, marltest.Wrap(rows, n.Actions, mask))
	act := refSample(logp, marl.Split(r.Learner.Seed, marl.StreamTarget), uint32(marl.StreamTarget), counter)
	q, _ := marltest.Critic(r.Params("critic_target"), o, act, n.Agents, c.Heads, true)
	scaled := marltest.Doubles(reward)
	if c.StandardiseReward {
		for i, x := range scaled {
			scaled[i] = (x - mean) / std
		}
	}
	marltest.CloseTo(t, c.TargetValue+" target", r.Get(out), refTarget(c, scaled, marltest.Doubles(terminated), q, logp, act), 1)
}

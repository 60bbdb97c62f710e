package marl

import (
	"testing"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/machine"
)

// refSample draws from logp by inverse CDF with the uniform of each row, as OpSample documents.
func refSample(logp matrix, seed uint64, stream uint32, low uint32) []float32 {
	act := make([]float32, logp.rows)
	for i := range act {
		u := float64(philox.Uniform(philox.Block(philox.Key(seed), [4]uint32{uint32(i), low, 0, stream})[0]))
		sum := 0.0
		for a, l := range logp.row(i) {
			p := exp(l)
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
			c, n := tiny(1), sizes{1, 4, 6, 3}
			c.Batch, c.Hidden, c.Heads, c.Gamma, c.Alpha = 9, 16, 4, 0.9, 0.3
			c.TargetValue, c.StandardiseReward = value, standardise
			checkTarget(t, &c, n)
		}
	}
}

func checkTarget(t *testing.T, c *Config, n sizes) {
	t.Helper()
	r, rows := newRig(t, c, n), c.Batch*n.agents
	mb := minibatch{
		nextObs: r.add("next_obs", rows, n.obs), nextMask: r.add("next_mask", rows, n.actions),
		reward: r.add("reward", rows), terminated: r.add("terminated", rows),
	}
	out := r.add("y", rows)
	p := r.open(func(b *machine.Builder) { b.Copy(r.target(b, mb), out) })

	rng := source(6)
	obs, mask, reward := normals(rng, rows*n.obs), masks(rng, rows, n.actions), normals(rng, rows)
	terminated := actionsOf(rng, rows, 2)
	const mean, std, counter = 0.25, 2.0, 17
	r.put(mb.nextObs, obs)
	r.put(mb.nextMask, mask)
	r.put(mb.reward, reward)
	r.put(mb.terminated, terminated)
	r.put(r.moments, []float32{mean, std})
	r.put(r.alpha, []float32{float32(c.Alpha)})
	r.put(r.learned, []float32{0, counter})
	// Targets that differ from the networks, so that a mix-up shows.
	r.put(r.criticTarget.Flat, normals(rng, int(r.criticTarget.Flat.Len())))
	r.put(r.actorTarget.Flat, normals(rng, int(r.actorTarget.Flat.Len())))
	r.run(p)

	o := wrap(rows, n.obs, obs)
	_, logp := refActor(r.params("actor_target"), o, wrap(rows, n.actions, mask))
	act := refSample(logp, Split(r.seed, StreamTarget), uint32(StreamTarget), counter)
	q, _ := refCritic(r.params("critic_target"), o, act, n.agents, c.Heads, true)
	scaled := doubles(reward)
	if c.StandardiseReward {
		for i, x := range scaled {
			scaled[i] = (x - mean) / std
		}
	}
	closeTo(t, c.TargetValue+" target", r.get(out), refTarget(c, scaled, doubles(terminated), q, logp, act), 1)
}

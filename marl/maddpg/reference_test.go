package maddpg

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// refCritic are Q_i in float64, with the concatenated input written out: the own pair, then all pairs with 0 in the
// own place.
func refCritic(p marltest.Params, agents int, obs, own, taken marltest.Matrix) []float64 {
	mine, theirs := marltest.Beside(obs, own), marltest.Beside(obs, taken)
	x := marltest.NewMatrix(obs.Rows, mine.Cols*(agents+1))
	for i := range obs.Rows {
		copy(x.Row(i), mine.Row(i))
		for j := range agents {
			if at := i/agents*agents + j; at != i {
				copy(x.Row(i)[mine.Cols*(j+1):], theirs.Row(at))
			}
		}
	}
	w := marltest.NewMatrix(x.Cols, p["own.w"].Cols)
	copy(w.V, p["own.w"].V)
	copy(w.V[len(p["own.w"].V):], p["others.w"].V)
	h := marltest.Dense(x, w, p.Bias("own.b"), marltest.Leaky)
	h = marltest.Dense(h, p["second.w"], p.Bias("second.b"), marltest.Leaky)
	return marltest.Dense(h, p["output.w"], p.Bias("output.b"), marltest.Identity).V
}

// bench is one part of an update on a random minibatch, with random weights.
type bench struct {
	*Learner
	*marltest.Rig
	mb   replay.Minibatch
	y    machine.Tensor
	p    *kernels.Program
	rows int

	obs, mask, act marltest.Matrix // of the minibatch; act is one-hot
}

const counter = 17 // of updates

func newBench(t *testing.T, c *marl.Config, build func(x *bench, b *machine.Builder) error) *bench {
	t.Helper()
	n := marl.Sizes{Worlds: 1, Agents: 4, Obs: 6, Actions: 3}
	r := marltest.NewRig(t, c, n)
	x := &bench{Learner: newLearner(r.Workshop), Rig: r, rows: c.Own.(*Config).Batch * n.Agents}
	x.mb = replay.Minibatch{
		Obs: r.Add("obs", x.rows, n.Obs), Mask: r.Add("mask", x.rows, n.Actions), Act: r.Add("act", x.rows),
		NextObs: r.Add("next_obs", x.rows, n.Obs), NextMask: r.Add("next_mask", x.rows, n.Actions),
		Reward: r.Add("reward", x.rows), Terminated: r.Add("terminated", x.rows),
	}
	x.y = r.Add("y", x.rows)
	x.p = r.Open(func(b *machine.Builder) { r.Must(build(x, b)) })
	rng := marltest.Source(6)
	for _, net := range []*marl.Net{x.criticOnline, x.criticTarget, x.actorOnline, x.actorTarget} {
		w := marltest.Normals(rng, int(net.Flat.Len()))
		for i := range w {
			w[i] *= 0.4
		}
		r.Put(net.Flat, w)
	}
	obs, mask, act := marltest.Normals(rng, x.rows*n.Obs), marltest.Masks(rng, x.rows, n.Actions), marltest.ActionsOf(rng, x.rows, n.Actions)
	for _, in := range []struct {
		to machine.Tensor
		v  []float32
	}{
		{x.mb.Obs, obs}, {x.mb.Mask, mask}, {x.mb.Act, act}, {x.mb.NextObs, obs}, {x.mb.NextMask, mask},
		{x.mb.Reward, marltest.Normals(rng, x.rows)}, {x.mb.Terminated, marltest.ActionsOf(rng, x.rows, 2)},
		{x.y, marltest.Normals(rng, x.rows)}, {x.Learner.RewardMoments, []float32{0.25, 2}}, {x.Learner.Updates, []float32{0, counter}},
		{x.alpha, []float32{float32(x.own.Alpha)}}, {x.temperature, []float32{float32(x.own.Temperature)}},
	} {
		r.Put(in.to, in.v)
	}
	x.obs, x.mask, x.act = marltest.Wrap(x.rows, n.Obs, obs), marltest.Wrap(x.rows, n.Actions, mask), marltest.OneHot(act, n.Actions)
	return x
}

// statistic is a sum of the learner's statistics after one update.
func (x *bench) statistic(name string) float64 {
	return float64(x.Get(x.Lookup("statistics/" + name))[0])
}

func referenceConfig() marl.Config {
	c := tiny(1)
	own := c.Own.(*Config)
	own.Batch, own.Alpha, own.LogitPenalty, own.Temperature = 9, 0.3, 0.01, 0.7
	return c
}

// y against the reference: masked and terminated rows, standardised or not. The target's actions are drawn by inverse
// CDF, as kernels.OpSample documents.
func TestTargetAgainstReference(t *testing.T) {
	for _, standardise := range []bool{false, true} {
		c := referenceConfig()
		c.StandardiseReward = standardise
		x := newBench(t, &c, func(x *bench, b *machine.Builder) error { x.target(b, x.mb, x.y); return nil })
		x.Run(x.p)
		_, logp := marltest.Actor(x.Params("actor_target"), x.obs, x.mask)
		act, key := marltest.NewMatrix(x.rows, 3), philox.Key(marl.Split(x.Learner.Seed, marl.StreamTarget))
		for i := range x.rows {
			u := float64(philox.Uniform(philox.Block(key, [4]uint32{uint32(i), counter, 0, uint32(marl.StreamTarget)})[0]))
			a := 0
			for ; a < 2 && u >= math.Exp(logp.At(i, a)); a++ {
				u -= math.Exp(logp.At(i, a))
			}
			act.Set(i, a, 1)
		}
		reward, terminated := x.Get(x.mb.Reward), x.Get(x.mb.Terminated)
		want := refCritic(x.Params("critic_target"), 4, x.obs, act, act)
		for i, v := range want {
			r := float64(reward[i])
			if standardise {
				r = (r - 0.25) / 2
			}
			want[i] = r + c.Gamma*(1-float64(terminated[i]))*v
		}
		marltest.CloseTo(t, "target", x.Get(x.y), want, 1)
	}
}

// The critic's loss and its gradient.
func TestCriticLossAgainstReference(t *testing.T) {
	for _, idle := range []bool{true, false} {
		c := referenceConfig()
		c.Own.(*Config).CriticIdle = idle
		x := newBench(t, &c, func(x *bench, b *machine.Builder) error { return x.updateCritic(b, x.mb, x.y) })
		p, y, weight := x.Params("critic"), marltest.Doubles(x.Get(x.y)), marltest.Deciding(x.mask)
		if idle {
			weight = marltest.Doubles(marltest.Ones(x.rows))
		}
		loss := func() float64 {
			q := refCritic(p, 4, x.obs, x.act, x.act)
			return marltest.MeanOver(weight, func(i int) float64 { return (q[i] - y[i]) * (q[i] - y[i]) })
		}
		x.Run(x.p)
		marltest.Near(t, "loss", x.statistic(replay.CriticLoss), loss(), 2e-5*(1+loss()))
		for _, name := range []string{"own.w", "others.w", "second.w"} {
			x.GradientIs(x.criticOnline, name, p, loss)
		}
	}
}

// The actor's loss, and its straight-through gradient: that of the relaxed action with the critic linear around the
// drawn one.
func TestActorLossAgainstReference(t *testing.T) {
	c := referenceConfig()
	x := newBench(t, &c, func(x *bench, b *machine.Builder) error { return x.updateActor(b, x.mb) })
	p, critic, active := x.Params("actor"), x.Params("critic"), marltest.Deciding(x.mask)
	noise := refNoise(marl.Split(x.Learner.Seed, marl.StreamActor), uint32(marl.StreamActor), x.rows*3)
	logits, _ := marltest.Actor(p, x.obs, x.mask)
	hard, _ := refGumbel(logits, x.mask, noise, 0.7)
	q := refCritic(critic, 4, x.obs, hard, x.act)
	slope := marltest.NewMatrix(x.rows, 3) // dQ_i / da_i at the drawn action
	for a := range 3 {
		const h = 1e-6
		moved := marltest.NewMatrix(x.rows, 3)
		copy(moved.V, hard.V)
		for i := range x.rows {
			moved.Set(i, a, hard.At(i, a)+h)
		}
		for i, v := range refCritic(critic, 4, x.obs, moved, x.act) {
			slope.Set(i, a, (v-q[i])/h)
		}
	}
	surrogate := func() float64 {
		logits, logp := marltest.Actor(p, x.obs, x.mask)
		_, soft := refGumbel(logits, x.mask, noise, 0.7)
		return marltest.MeanOver(active, func(i int) (sum float64) {
			for a, l := range logp.Row(i) {
				z := logits.At(i, a)
				sum += -slope.At(i, a)*soft.At(i, a) + 0.3*math.Exp(l)*l + 0.01*z*z/3
			}
			return sum
		})
	}
	value := func(i int) float64 { // what the surrogate has in place of Q
		v := -q[i]
		_, soft := refGumbel(logits, x.mask, noise, 0.7)
		for a := range 3 {
			v += slope.At(i, a) * soft.At(i, a)
		}
		return v
	}
	loss := surrogate() + marltest.MeanOver(active, value)
	x.Run(x.p)
	marltest.Near(t, "loss", x.statistic(replay.ActorLoss), loss, 2e-5*(1+math.Abs(loss)))
	for _, name := range []string{"first.w", "second.w", "logits.w"} {
		x.GradientIs(x.actorOnline, name, p, surrogate)
	}
}

package isac

import (
	"fmt"
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// refTwins are Q_1 and Q_2 [n, U] in float64.
func refTwins(p marltest.Params, obs marltest.Matrix) (q [2]marltest.Matrix) {
	for i := range q {
		of := func(layer, part string) string { return fmt.Sprintf("%s_%d.%s", layer, i+1, part) }
		dense := func(x marltest.Matrix, layer string, f func(float64) float64) marltest.Matrix {
			return marltest.Dense(x, p[of(layer, "w")], p.Bias(of(layer, "b")), f)
		}
		q[i] = dense(dense(dense(obs, "first", marltest.Leaky), "second", marltest.Leaky), "output", marltest.Identity)
	}
	return q
}

func refSmaller(q [2]marltest.Matrix) marltest.Matrix {
	y := marltest.NewMatrix(q[0].Rows, q[0].Cols)
	for i := range y.V {
		y.V[i] = min(q[0].V[i], q[1].V[i])
	}
	return y
}

// bench is one part of an update on a minibatch of the test.
type bench struct {
	*Learner
	*marltest.Rig
	mb   replay.Minibatch
	y, q machine.Tensor
	p    *kernels.Program

	obs, mask, act marltest.Matrix // of the minibatch
	rows           int
}

// newBench uploads a random minibatch and different weights for all networks.
func newBench(t *testing.T, c *marl.Config, build func(x *bench, b *machine.Builder) error) *bench {
	t.Helper()
	n := marl.Sizes{Worlds: 1, Agents: 4, Obs: 6, Actions: 3}
	r := marltest.NewRig(t, c, n)
	x := &bench{Learner: New(r.Workshop, c.Own.(*Config)), Rig: r, rows: c.Own.(*Config).Batch * n.Agents}
	x.mb = replay.Minibatch{
		Obs: r.Add("obs", x.rows, n.Obs), Mask: r.Add("mask", x.rows, n.Actions), Act: r.Add("act", x.rows),
		NextObs: r.Add("next_obs", x.rows, n.Obs), NextMask: r.Add("next_mask", x.rows, n.Actions),
		Reward: r.Add("reward", x.rows), Terminated: r.Add("terminated", x.rows),
	}
	x.y, x.q = r.Add("y", x.rows), r.Add("q", x.rows, n.Actions)
	x.p = r.Open(func(b *machine.Builder) { r.Must(build(x, b)) })
	rng := marltest.Source(6)
	for _, net := range []*marl.Net{x.criticOnline, x.criticTarget, x.actorOnline} {
		w := marltest.Normals(rng, int(net.Flat.Len()))
		for i := range w {
			w[i] *= 0.5
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
		{x.y, marltest.Normals(rng, x.rows)}, {x.q, marltest.Normals(rng, x.rows*n.Actions)},
		{x.alpha, []float32{float32(x.own.Alpha)}}, {x.Learner.RewardMoments, []float32{0.25, 2}},
	} {
		r.Put(in.to, in.v)
	}
	x.obs, x.mask, x.act = marltest.Wrap(x.rows, n.Obs, obs), marltest.Wrap(x.rows, n.Actions, mask), marltest.Wrap(1, x.rows, act)
	return x
}

// statistic is a sum of the learner's statistics after one update.
func (x *bench) statistic(name string) float64 {
	return float64(x.Get(x.Lookup("statistics/" + name))[0])
}

func referenceConfig() marl.Config {
	c := tiny(1)
	own := c.Own.(*Config)
	own.Batch, own.Alpha, own.LogitPenalty = 9, 0.3, 0.01
	return c
}

// y against the reference: masked and terminated rows, standardised or not.
func TestTargetAgainstReference(t *testing.T) {
	for _, standardise := range []bool{false, true} {
		c := referenceConfig()
		c.StandardiseReward = standardise
		x := newBench(t, &c, func(x *bench, b *machine.Builder) error { x.target(b, x.mb, x.y); return nil })
		x.Run(x.p)
		_, logp := marltest.Actor(x.Params("actor"), x.obs, x.mask)
		q := refSmaller(refTwins(x.Params("critic_target"), x.obs))
		reward, terminated, want := x.Get(x.mb.Reward), x.Get(x.mb.Terminated), make([]float64, x.rows)
		for i := range want {
			r, v := float64(reward[i]), 0.0
			if standardise {
				r = (r - 0.25) / 2
			}
			for a, l := range logp.Row(i) {
				v += math.Exp(l) * (q.At(i, a) - 0.3*l)
			}
			want[i] = r + c.Gamma*(1-float64(terminated[i]))*v
		}
		marltest.CloseTo(t, "target", x.Get(x.y), want, 1)
	}
}

// The critics' loss, what the actor is told, and the gradient by finite differences of the reference.
func TestCriticLossAgainstReference(t *testing.T) {
	for _, idle := range []bool{true, false} {
		c := referenceConfig()
		c.Own.(*Config).CriticIdle = idle
		x := newBench(t, &c, func(x *bench, b *machine.Builder) error { return x.updateCritics(b, x.mb, x.y, x.q) })
		p, y := x.Params("critic"), marltest.Doubles(x.Get(x.y))
		weight := marltest.Deciding(x.mask)
		if idle {
			weight = marltest.Doubles(marltest.Ones(x.rows))
		}
		loss := func() float64 {
			q := refTwins(p, x.obs)
			return marltest.MeanOver(weight, func(i int) (sum float64) {
				for k := range q {
					td := q[k].At(i, int(x.act.V[i])) - y[i]
					sum += td * td / 2
				}
				return sum
			})
		}
		told := refSmaller(refTwins(p, x.obs)).V
		x.Run(x.p)
		marltest.Near(t, "loss", x.statistic(replay.CriticLoss), loss(), 2e-5*(1+loss()))
		marltest.CloseTo(t, "q", x.Get(x.q), told, 1)
		for _, name := range []string{"first_1.w", "output_2.w"} {
			x.GradientIs(x.criticOnline, name, p, loss)
		}
	}
}

// The actor's loss and its gradient.
func TestActorLossAgainstReference(t *testing.T) {
	c := referenceConfig()
	x := newBench(t, &c, func(x *bench, b *machine.Builder) error { return x.updateActor(b, x.mb, x.q) })
	p, q := x.Params("actor"), marltest.Wrap(x.rows, 3, x.Get(x.q))
	loss := func() float64 {
		logits, logp := marltest.Actor(p, x.obs, x.mask)
		return marltest.MeanOver(marltest.Deciding(x.mask), func(i int) (sum float64) {
			for a, l := range logp.Row(i) {
				z := logits.At(i, a)
				sum += math.Exp(l)*(0.3*l-q.At(i, a)) + 0.01*z*z/3
			}
			return sum
		})
	}
	x.Run(x.p)
	marltest.Near(t, "loss", x.statistic(replay.ActorLoss), loss(), 2e-5*(1+math.Abs(loss())))
	for _, name := range []string{"second.w", "logits.w"} {
		x.GradientIs(x.actorOnline, name, p, loss)
	}
}

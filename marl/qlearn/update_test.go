package qlearn

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn/machine"
)

// forms are the two kinds of learners: of every agent's value, and of that of a team.
func forms(t *testing.T, check func(t *testing.T, agents int, m Mixer)) {
	t.Run("agents", func(t *testing.T) { check(t, 4, nil) })
	t.Run("team", func(t *testing.T) { check(t, 4, newWeighted(4)) })
}

// trial is a learner with a minibatch that the test fills, on random online and target networks.
type trial struct {
	*rig
	n  marl.Sizes
	mb replay.Minibatch

	obs, nextObs, mask, nextMask marltest.Matrix
	act                          []float32
	reward, terminated           []float64
}

func newTrial(t *testing.T, c *setup, agents int, m Mixer) *trial {
	n := marl.Sizes{Worlds: 1, Agents: agents, Obs: 5, Actions: 3}
	x := &trial{rig: newRig(t, c, n, m), n: n}
	rows := c.Batch * agents
	x.mb = replay.Minibatch{
		Obs: x.Add("obs", rows, n.Obs), Mask: x.Add("mask", rows, n.Actions), Act: x.Add("act", rows),
		NextObs: x.Add("next_obs", rows, n.Obs), NextMask: x.Add("next_mask", rows, n.Actions),
		Reward: x.Add("reward", rows), Terminated: x.Add("terminated", rows),
	}
	x.act = make([]float32, rows)
	return x
}

// fill uploads random numbers.
func (x *trial) fill() {
	rng, rows := marltest.Source(6), len(x.act)
	put := func(to machine.Tensor, width int, v []float32) marltest.Matrix {
		x.Put(to, v)
		return marltest.Wrap(len(v)/width, width, v)
	}
	x.obs = put(x.mb.Obs, x.n.Obs, marltest.Normals(rng, rows*x.n.Obs))
	x.nextObs = put(x.mb.NextObs, x.n.Obs, marltest.Normals(rng, rows*x.n.Obs))
	x.mask = put(x.mb.Mask, x.n.Actions, marltest.Masks(rng, rows, x.n.Actions))
	x.nextMask = put(x.mb.NextMask, x.n.Actions, marltest.Masks(rng, rows, x.n.Actions))
	for i := range x.act { // action 0 is always legal
		if x.mask.At(i, 2) > 0 {
			x.act[i] = 2
		}
	}
	x.Put(x.mb.Act, x.act)
	x.reward = put(x.mb.Reward, 1, marltest.Normals(rng, rows)).V
	ends := marltest.ActionsOf(rng, rows, 2)
	for i := range ends { // an episode ends for all agents of a world
		ends[i] = ends[i/x.n.Agents*x.n.Agents]
	}
	x.terminated = put(x.mb.Terminated, 1, ends).V
	// Targets differ from the networks, so that the test fails if they are mixed up.
	x.Put(x.target.Flat, marltest.Normals(rng, int(x.target.Flat.Len())))
	if x.mixOnline != nil {
		x.Put(x.mixTarget.Flat, marltest.Normals(rng, int(x.mixTarget.Flat.Len())))
	}
}

// refJoint is the value that is learned, of the agents' values q, with the mixer's parameters p.
func (x *trial) refJoint(p marltest.Params, q []float64) []float64 {
	if x.mixer == nil {
		return q
	}
	total := make([]float64, len(q)/x.n.Agents)
	for i, v := range q {
		total[i/x.n.Agents] += math.Abs(p["share.w"].At(0, i%x.n.Agents)) * v
	}
	return total
}

func pick(q marltest.Matrix, act func(row int) int) (v []float64) {
	for i := range q.Rows {
		v = append(v, q.At(i, act(i)))
	}
	return v
}

// y against the reference, with masked actions and terminated and truncated (that is, not terminated, with the final
// observation as successor) rows; standardised or not.
func TestTargetsAgainstReference(t *testing.T) {
	forms(t, func(t *testing.T, agents int, m Mixer) {
		for _, standardise := range []bool{false, true} {
			c := defaults()
			c.Gamma, c.StandardiseReward = 0.9, standardise
			x := newTrial(t, &c, agents, m)
			out := x.Add("y", c.Batch*x.learned())
			p := x.Open(func(b *machine.Builder) { b.Copy(x.targets(b, x.mb), out) })
			x.fill()
			const mean, std = 0.25, 2.0
			x.Put(x.Learner.RewardMoments, []float32{mean, std})
			x.Run(p)

			_, best := refEpsilonGreedy(marltest.DuelingQ(x.Params(NetworkName), x.nextObs, x.nextMask), x.nextMask, 0)
			q := marltest.DuelingQ(x.Params(NetworkName+"_target"), x.nextObs, x.nextMask)
			y := x.refJoint(x.Params("mixer_target"), pick(q, func(i int) int { return best[i] }))
			each := len(x.reward) / len(y) // agents of a value
			for i := range y {
				r := 0.0
				for _, own := range x.reward[i*each:][:each] {
					r += own / float64(each)
				}
				if standardise {
					r = (r - mean) / std
				}
				y[i] = r + c.Gamma*(1-x.terminated[i*each])*y[i]
			}
			marltest.CloseTo(t, "y", x.Get(out), y, 1)
		}
	})
}

// The loss against the reference, and the gradients of all networks against finite differences.
func TestLossAgainstReference(t *testing.T) {
	forms(t, func(t *testing.T, agents int, m Mixer) {
		c := defaults()
		x := newTrial(t, &c, agents, m)
		c.LR = 0
		y := x.Add("y", c.Batch*x.learned())
		p := x.Open(func(b *machine.Builder) { x.Must(x.step(b, x.mb, y)) })
		x.fill()
		x.Put(y, marltest.Normals(marltest.Source(9), int(y.Len())))
		before, mixer, want := x.Params(NetworkName), x.Params("mixer"), marltest.Doubles(x.Get(y))
		x.Run(p)
		cost := func() (sum float64) {
			q := pick(marltest.DuelingQ(before, x.obs, x.mask), func(i int) int { return int(x.act[i]) })
			for i, v := range x.refJoint(mixer, q) {
				sum += (v - want[i]) * (v - want[i]) / float64(len(want))
			}
			return sum
		}
		marltest.CloseTo(t, "loss", x.Get(x.Lookup("statistics/"+replay.CriticLoss)), []float64{cost()}, 1)
		x.checkGradient(t, NetworkName, before, cost)
		if m != nil {
			x.checkGradient(t, "mixer", mixer, cost)
		}
	})
}

// checkGradient compares every fifth element of the gradient.
func (x *trial) checkGradient(t *testing.T, net string, params marltest.Params, cost func() float64) {
	t.Helper()
	for name, w := range params {
		got := x.Get(x.Lookup(net + "_adam/grad/" + name))
		for i := 0; i < len(w.V); i += 5 {
			const h = 1e-5
			old := w.V[i]
			w.V[i] = old + h
			up := cost()
			w.V[i] = old - h
			down := cost()
			w.V[i] = old
			marltest.Near(t, "d loss / d "+net+"/"+name, float64(got[i]), (up-down)/(2*h), 2e-5)
		}
	}
}

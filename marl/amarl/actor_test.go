package amarl

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// grader computes the gradient of one actor loss for given Q and actions.
type grader struct {
	*rig
	p                       *kernels.Program
	obs, mask, q, act, loss machine.Tensor
}

func newGrader(t *testing.T, c *setup, n marl.Sizes) *grader {
	g := &grader{rig: newRig(t, c, n)}
	rows := n.Rows()
	g.obs, g.mask = g.Add("obs", rows, n.Obs), g.Add("mask", rows, n.Actions)
	g.q, g.act, g.loss = g.Add("q", rows, n.Actions), g.Add("act", rows), g.Add("loss")
	g.p = g.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := g.actorOnline.Bind(f)
		mask := f.Input(g.mask)
		logits, logp := g.actor.Forward(bd, f.Input(g.obs), mask)
		in := ActorInputs{Q: f.Input(g.q), Act: f.Input(g.act), Active: marl.Deciding(mask), Alpha: f.Input(g.alpha)}
		loss := ActorLoss(c.own, logits, logp, in)
		g.Must(f.Gradients(loss, bd, g.actorOnline.Adam.Grads()))
		f.Output(loss, g.loss)
		f.Lower(b)
	})
	g.Put(g.alpha, []float32{float32(c.Alpha)})
	return g
}

func (g *grader) gradient(obs, mask, q, act []float32) []float32 {
	g.Put(g.obs, obs)
	g.Put(g.mask, mask)
	g.Put(g.q, q)
	g.Put(g.act, act)
	g.Run(g.p)
	return g.Get(g.actorOnline.Adam.Grads().Flat)
}

// The exact expectation over the sampled action is the gradient of the closed form.
func TestSampledGradientIsClosedFormInExpectation(t *testing.T) {
	n := marl.Sizes{Worlds: 1, Agents: 1, Obs: 5, Actions: 4}
	closed, sampled := tiny(1), tiny(1)
	closed.Alpha, sampled.Alpha, sampled.ActorLoss = 0.3, 0.3, ActorSampled
	a, b := newGrader(t, &closed, n), newGrader(t, &sampled, n)
	rng := marltest.Source(7)
	for range 5 {
		w := marltest.Normals(rng, int(a.actorOnline.Flat.Len()))
		for i := range w {
			w[i] *= 0.3 // a policy that is not saturated
		}
		a.Put(a.actorOnline.Flat, w)
		b.Put(b.actorOnline.Flat, w)
		obs, q, mask := marltest.Normals(rng, n.Obs), marltest.Normals(rng, n.Actions), []float32{1, 1, 0, 1}
		_, logp := marltest.Actor(a.Params("actor"), marltest.Wrap(1, n.Obs, obs), marltest.Wrap(1, n.Actions, mask))
		mean := make([]float64, a.actorOnline.Flat.Len())
		for u := range n.Actions {
			if mask[u] == 0 {
				continue
			}
			for i, x := range b.gradient(obs, mask, q, []float32{float32(u)}) {
				mean[i] += math.Exp(logp.At(0, u)) * float64(x)
			}
		}
		marltest.CloseTo(t, "gradient", a.gradient(obs, mask, q, []float32{0}), mean, 1)
	}
}

// The loss against the reference, with idle agents, and its gradient against finite differences.
func TestActorLossAgainstReference(t *testing.T) {
	c, n := tiny(1), marl.Sizes{Worlds: 4, Agents: 3, Obs: 5, Actions: 4}
	c.Alpha, c.LogitPenalty = 0.3, 0.01
	g := newGrader(t, &c, n)
	rng, rows := marltest.Source(8), n.Rows()
	obs, mask, q := marltest.Normals(rng, rows*n.Obs), marltest.Masks(rng, rows, n.Actions), marltest.Normals(rng, rows*n.Actions)
	grad := g.gradient(obs, mask, q, make([]float32, rows))
	active := make([]float64, rows)
	for i := range active {
		legal := float32(0)
		for _, m := range mask[i*n.Actions:][:n.Actions] {
			legal += m
		}
		if legal > 1 {
			active[i] = 1
		}
	}
	p := g.Params("actor")
	loss := func() float64 {
		logits, logp := marltest.Actor(p, marltest.Wrap(rows, n.Obs, obs), marltest.Wrap(rows, n.Actions, mask))
		return refActorLoss(&c, logits, logp, marltest.Wrap(rows, n.Actions, q), active)
	}
	marltest.CloseTo(t, "loss", g.Get(g.loss), []float64{loss()}, 1)
	name := g.actorOnline.Adam.Grads().Flat.Name() + "/second.w"
	part := g.Get(g.Lookup(name))
	w := p["second.w"]
	for i := 0; i < len(w.V); i += 37 {
		const h = 1e-5
		old := w.V[i]
		w.V[i] = old + h
		up := loss()
		w.V[i] = old - h
		down := loss()
		w.V[i] = old
		marltest.Near(t, "d loss / d second.w", float64(part[i]), (up-down)/(2*h), 2e-5)
	}
	if len(grad) == 0 {
		t.Fatal("no gradient")
	}
}

package marl

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

func exp(x float64) float64 { return math.Exp(x) }

// grader computes the gradient of one actor loss for given Q and actions.
type grader struct {
	*rig
	p                       *kernels.Program
	obs, mask, q, act, loss machine.Tensor
}

func newGrader(t *testing.T, c *Config, n sizes) *grader {
	g := &grader{rig: newRig(t, c, n)}
	rows := n.rows()
	g.obs, g.mask = g.add("obs", rows, n.obs), g.add("mask", rows, n.actions)
	g.q, g.act, g.loss = g.add("q", rows, n.actions), g.add("act", rows), g.add("loss")
	g.p = g.open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := f.Bind(g.actor.params, g.actorOnline)
		mask := f.Input(g.mask)
		logits, logp := g.actor.forward(bd, f.Input(g.obs), mask)
		in := actorInputs{q: f.Input(g.q), act: f.Input(g.act), active: deciding(mask), alpha: f.Input(g.alpha)}
		loss := actorLoss(c, logits, logp, in)
		g.must(f.Gradients(loss, bd, g.actorAdam.Grads()))
		f.Output(loss, g.loss)
		f.Lower(b)
	})
	g.put(g.alpha, []float32{float32(c.Alpha)})
	return g
}

func (g *grader) gradient(obs, mask, q, act []float32) []float32 {
	g.put(g.obs, obs)
	g.put(g.mask, mask)
	g.put(g.q, q)
	g.put(g.act, act)
	g.run(g.p)
	return g.get(g.actorAdam.Grads().Flat)
}

// The expectation over the sampled action, taken exactly, is the gradient of the closed form.
func TestSampledGradientIsClosedFormInExpectation(t *testing.T) {
	n := sizes{1, 1, 5, 4}
	closed, sampled := tiny(1), tiny(1)
	closed.Alpha, sampled.Alpha, sampled.ActorLoss = 0.3, 0.3, ActorSampled
	a, b := newGrader(t, &closed, n), newGrader(t, &sampled, n)
	rng := source(7)
	for range 5 {
		w := normals(rng, int(a.actorOnline.Flat.Len()))
		for i := range w {
			w[i] *= 0.3 // a policy that is not saturated
		}
		a.put(a.actorOnline.Flat, w)
		b.put(b.actorOnline.Flat, w)
		obs, q, mask := normals(rng, n.obs), normals(rng, n.actions), []float32{1, 1, 0, 1}
		_, logp := refActor(a.params("actor"), wrap(1, n.obs, obs), wrap(1, n.actions, mask))
		mean := make([]float64, a.actorOnline.Flat.Len())
		for u := range n.actions {
			if mask[u] == 0 {
				continue
			}
			for i, x := range b.gradient(obs, mask, q, []float32{float32(u)}) {
				mean[i] += exp(logp.at(0, u)) * float64(x)
			}
		}
		closeTo(t, "gradient", a.gradient(obs, mask, q, []float32{0}), mean, 1)
	}
}

// The loss against the reference, with idle agents, and its gradient against finite differences.
func TestActorLossAgainstReference(t *testing.T) {
	c, n := tiny(1), sizes{4, 3, 5, 4}
	c.Alpha, c.LogitPenalty = 0.3, 0.01
	g := newGrader(t, &c, n)
	rng, rows := source(8), n.rows()
	obs, mask, q := normals(rng, rows*n.obs), masks(rng, rows, n.actions), normals(rng, rows*n.actions)
	grad := g.gradient(obs, mask, q, make([]float32, rows))
	active := make([]float64, rows)
	for i := range active {
		legal := float32(0)
		for _, m := range mask[i*n.actions:][:n.actions] {
			legal += m
		}
		if legal > 1 {
			active[i] = 1
		}
	}
	p := g.params("actor")
	loss := func() float64 {
		logits, logp := refActor(p, wrap(rows, n.obs, obs), wrap(rows, n.actions, mask))
		return refActorLoss(&c, logits, logp, wrap(rows, n.actions, q), active)
	}
	closeTo(t, "loss", g.get(g.loss), []float64{loss()}, 1)
	name := g.actorAdam.Grads().Flat.Name() + "/second.w"
	part := g.get(g.lookup(name))
	w := p["second.w"]
	for i := 0; i < len(w.v); i += 37 {
		const h = 1e-5
		old := w.v[i]
		w.v[i] = old + h
		up := loss()
		w.v[i] = old - h
		down := loss()
		w.v[i] = old
		near(t, "d loss / d second.w", float64(part[i]), (up-down)/(2*h), 2e-5)
	}
	if len(grad) == 0 {
		t.Fatal("no gradient")
	}
}

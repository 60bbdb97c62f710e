package ppo

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// tinyPPO is tiny for the on-policy form.
func tinyPPO(updates int) setup {
	c := defaults()
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = updates, 16, 8, 4
	c.Epochs, c.Minibatches = 4, 4
	c.Hidden, c.Heads, c.ActorHidden = 16, 2, 16
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma, c.GAELambda = false, false, 0, 0.9, 0.95
	c.Alpha, c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.01, 0.01, 0, 0
	c.LRCritic, c.LRActor, c.LRFinal = 1e-2, 5e-3, 0.1
	return c
}

// valuesOf are the trained critic's V(o) of one world, by the reference network.
func valuesOf(t *testing.T, tr *marl.Trainer, obs ...float32) []float64 {
	n, c := tr.Workshop().Sizes, tr.Workshop().Config
	v, _ := refValues(marltest.Download(t, tr, "critic"), marltest.Wrap(n.Agents, n.Obs, obs), n.Agents, c.Attention().Heads)
	return v
}

// refValues is the critic of states: marltest.Critic without actions.
func refValues(p marltest.Params, obs marltest.Matrix, agents, heads int) ([]float64, float64) {
	e := marltest.Dense(obs, p["encoder.w"], p.Bias("encoder.b"), marltest.Leaky)
	s := marltest.Dense(obs, p["state.w"], p.Bias("state.b"), marltest.Leaky)
	v := marltest.Dense(e, p["value.w"], p.Bias("value.b"), marltest.Leaky)
	x, penalty := marltest.Attention(marltest.Dense(s, p["query.w"], nil, marltest.Identity), marltest.Dense(e, p["key.w"], nil, marltest.Identity), v, agents, heads)
	h := marltest.Dense(marltest.Beside(s, x), p["hidden.w"], p.Bias("hidden.b"), marltest.Leaky)
	return marltest.Dense(h, p["output.w"], p.Bias("output.b"), marltest.Identity).V, penalty
}

func TestProbes(t *testing.T) {
	marltest.OnPolicyProbes(t, func(updates int) marl.Config { return tinyPPO(updates).Config }, valuesOf)
}

// busyPPO is busyConfig for the on-policy form.
func busyPPO(updates int) setup {
	c := tinyPPO(updates)
	c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Epochs, c.Minibatches = 4, 6, 5, 2, 3
	c.NormaliseObs, c.StandardiseReward, c.Omega = true, true, 0.5
	c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.001, 1e-3, 1e-3
	c.LogEvery, c.CheckpointEvery = 6, 12
	return c
}

func TestConforms(t *testing.T) {
	busy := func(updates int) marl.Config { return busyPPO(updates).Config }
	marltest.Conforms(t, busy, func(c *marl.Config) {
		own := c.Own.(*Config)
		own.CriticIdle, own.Neighbours = false, 3
	})
}

// After a rollout the tables have its slots in order, and prepare computes advantages and returns by the
// formulas: with the value of the successor at a time limit, and nothing across the end of an episode.
func TestAdvantagesOfARollout(t *testing.T) {
	c := busyPPO(6)
	c.SlotsPerIteration = 12 // the episodes of busy have 5 slots
	tr := marltest.NewTrainer(t, c.Config, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
	marltest.Run(t, tr)
	if err := tr.Rollout(); err != nil {
		t.Fatal(err)
	}
	l := tr.Learner().(*Learner)
	get := func(x machine.Tensor) []float32 { return marltest.Get(t, tr, x) }
	if err := tr.Prepare(); err != nil {
		t.Fatal(err)
	}
	h := l.buffer
	reward, value, next, ended, scale := get(h.reward), get(h.value), get(h.next), get(h.ended), get(l.scale)
	width, cuts := l.Sizes.Rows(), 0
	raw := make([]float64, len(reward))
	for i := len(raw) - 1; i >= 0; i-- {
		later := 0.0
		if i+width < len(raw) && ended[i] == 0 {
			later = c.Gamma * c.GAELambda * raw[i+width]
			marltest.Near(t, "value of the next slot", float64(next[i]), float64(value[i+width]), 1e-5)
		}
		if ended[i] == kernels.Truncated {
			cuts++
		}
		raw[i] = (float64(reward[i])-float64(scale[0]))/float64(scale[1]) + c.Gamma*float64(next[i]) - float64(value[i]) + later
	}
	if cuts < 2*width {
		t.Fatalf("%d ends of episodes", cuts)
	}
	var sum, squares, n float64
	decides := get(h.decides)
	for i, a := range raw {
		n, sum, squares = n+float64(decides[i]), sum+a*float64(decides[i]), squares+a*a*float64(decides[i])
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	for i, a := range raw {
		marltest.Near(t, "return", float64(get(h.returns)[i]), a+float64(value[i]), 1e-4)
		marltest.Near(t, "advantage", float64(get(h.advantage)[i]), (a-mean)/deviation, 1e-3)
		if t.Failed() {
			return
		}
	}
}

// Every epoch uses every transition once.
func TestEpochsAreComplete(t *testing.T) {
	c := busyPPO(6)
	r := newRig(t, &c, marl.Sizes{Worlds: 4, Agents: 3, Obs: 4, Actions: 3})
	rows := r.Add("rows", r.batch())
	p := r.Open(func(b *machine.Builder) {
		b.Copy(r.Draws(b), rows)
		b.Count(r.drawn, r.batch())
	})
	var orders [][]float32
	for range 2 {
		var order []float32
		for range c.Minibatches {
			r.Run(p)
			order = append(order, r.Get(rows)...)
		}
		for i, row := range slices.Sorted(slices.Values(order)) {
			if row != float32(i) {
				t.Fatalf("rows %v are no permutation", order)
			}
		}
		orders = append(orders, order)
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have one order")
	}
}

// The clipped objective and its gradient against the formulas, by differences, with masked actions,
// idle agents and ratios on both sides of the clip.
func TestProximalAgainstReference(t *testing.T) {
	c, n := tinyPPO(1), marl.Sizes{Worlds: 4, Agents: 5, Obs: 6, Actions: 4}
	c.LogitPenalty, c.Alpha = 0.01, 0.3
	r, rows := newRig(t, &c, n), n.Rows()
	obs, mask, act, old, adv := r.Add("obs", rows, n.Obs), r.Add("mask", rows, n.Actions), r.Add("act", rows), r.Add("old", rows), r.Add("adv", rows)
	out := r.Add("out", 4)
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := r.actorNet.Bind(f)
		m := f.Input(mask)
		logits, lp := r.actor.Forward(bd, f.Input(obs), m)
		in := proximalInputs{f.Input(act), f.Input(old), f.Input(adv), marl.Deciding(m), f.Input(r.alpha)}
		x := proximal(&r.method, logits, lp, in)
		r.Must(f.Gradients(x.loss, bd, r.actorNet.Adam.Grads()))
		for i, node := range []*nn.Node{x.loss, x.entropy, x.clipped, x.kl} {
			f.Output(node, r.Rig.Layout.View([]string{"loss", "entropy", "clipped", "kl"}[i], out, i))
		}
		f.Lower(b)
	})
	rng := marltest.Source(21)
	o, m, a := marltest.Normals(rng, rows*n.Obs), marltest.Masks(rng, rows, n.Actions), make([]float32, rows)
	_, logp := marltest.Actor(r.Params("actor"), marltest.Wrap(rows, n.Obs, o), marltest.Wrap(rows, n.Actions, m))
	then, gain := make([]float32, rows), marltest.Normals(rng, rows)
	for i := range a {
		for a[i] = float32(rng.IntN(n.Actions)); m[i*n.Actions+int(a[i])] == 0; {
			a[i] = float32(rng.IntN(n.Actions))
		}
		then[i] = float32(logp.At(i, int(a[i])) + rng.NormFloat64()*0.3)
	}
	for _, x := range []struct {
		to   machine.Tensor
		from []float32
	}{{obs, o}, {mask, m}, {act, a}, {old, then}, {adv, gain}, {r.alpha, []float32{float32(c.Alpha)}}} {
		r.Put(x.to, x.from)
	}
	r.Run(p)
	reference := func() []float64 {
		logits, logp := marltest.Actor(r.Params("actor"), marltest.Wrap(rows, n.Obs, o), marltest.Wrap(rows, n.Actions, m))
		return refProximal(&c, logits, logp, marltest.Wrap(rows, n.Actions, m), a, marltest.Doubles(then), marltest.Doubles(gain))
	}
	want := reference()
	marltest.CloseTo(t, "loss, entropy, clipped share, KL", r.Get(out), want, 1)
	if want[2] < 0.1 || want[2] > 0.9 {
		t.Errorf("%g of the ratios are clipped", want[2])
	}
	grads, params := r.Get(r.actorNet.Adam.Grads().Flat), r.Get(r.actorNet.Flat)
	for i := 3; i < len(params); i += 97 {
		kept, h := params[i], float32(1e-2)
		params[i] = kept + h
		r.Put(r.actorNet.Flat, params)
		up := reference()[0]
		params[i] = kept - h
		r.Put(r.actorNet.Flat, params)
		down := reference()[0]
		params[i] = kept
		marltest.Near(t, "gradient", float64(grads[i]), (up-down)/(2*float64(h)), 5e-3)
	}
}

// refProximal returns loss, entropy, the clipped share and KL.
func refProximal(c *setup, logits, logp, mask marltest.Matrix, act []float32, old, adv []float64) []float64 {
	var gain, entropy, penalty, clipped, kl, n float64
	for i := range act {
		legal := 0.0
		for _, m := range mask.Row(i) {
			legal += m
		}
		if legal < 2 {
			continue
		}
		n++
		change := logp.At(i, int(act[i])) - old[i]
		rho := math.Exp(change)
		gain += math.Min(rho*adv[i], math.Min(math.Max(rho, 1-c.Clip), 1+c.Clip)*adv[i])
		kl += rho - 1 - change
		if math.Abs(rho-1) > c.Clip {
			clipped++
		}
		for u, l := range logp.Row(i) {
			entropy -= math.Exp(l) * l
			penalty += logits.At(i, u) * logits.At(i, u) / float64(logits.Cols)
		}
	}
	return []float64{-gain/n - c.Alpha*entropy/n + c.LogitPenalty*penalty/n, entropy / n, clipped / n, kl / n}
}

// Proximal policy optimisation is right in a game that others have made, too.
func TestLearnsToSpread(t *testing.T) {
	c := marl.DefaultOf("amarl-ppo")
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Gamma, c.Omega = 1600, 32, 25, 25, 0.95, 1
	marltest.LearnsToSpread(t, c)
}

package marl

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// tinyPPO is tiny for the on-policy form.
func tinyPPO(updates int) Config {
	c := DefaultOf(AlgoPPO)
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = updates, 16, 8, 4
	c.Epochs, c.Minibatches = 4, 4
	c.Hidden, c.Heads, c.ActorHidden = 16, 2, 16
	c.NormaliseObs, c.StandardiseReward, c.Omega, c.Gamma, c.GAELambda = false, false, 0, 0.9, 0.95
	c.Alpha, c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.01, 0.01, 0, 0
	c.LRCritic, c.LRActor, c.LRFinal = 1e-2, 5e-3, 0.1
	return c
}

// v returns the trained critic's V(o) of one world, with the reference network.
func (p refParams) v(tr *Trainer, obs ...float32) []float64 {
	n := tr.learner.size
	v, _ := refValues(p, wrap(n.agents, n.obs, obs), tr.cfg.group(n.agents), tr.cfg.Heads)
	return v
}

// refValues is the critic of states: refCritic without actions.
func refValues(p refParams, obs matrix, agents, heads int) ([]float64, float64) {
	e := dense(obs, p["encoder.w"], p.bias("encoder.b"), leaky64)
	s := dense(obs, p["state.w"], p.bias("state.b"), leaky64)
	v := dense(e, p["value.w"], p.bias("value.b"), leaky64)
	x, penalty := refAttention(dense(s, p["query.w"], nil, identity), dense(e, p["key.w"], nil, identity), v, agents, heads)
	h := dense(beside(s, x), p["hidden.w"], p.bias("hidden.b"), leaky64)
	return dense(h, p["output.w"], p.bias("output.b"), identity).v, penalty
}

// The probes of probe_test.go, in the same order.
func TestOnPolicyProbes(t *testing.T) {
	compiled(t)
	one := func(r []float32, _ float32, _ int, _ []int32) { everyone(r, 1) }
	shown := func(o []float32, _ int, s float32, _ int) { o[0] = s }

	tr := solve(t, tinyPPO(320), rules{agents: 1, obs: 1, actions: 1, length: 1, reward: one})
	near(t, "constant: V", criticOf(t, tr).v(tr, 0)[0], 1, 0.05)

	tr = solve(t, tinyPPO(480), rules{
		agents: 1, obs: 1, actions: 1, length: 1, start: sign, observe: shown,
		reward: func(r []float32, s float32, _ int, _ []int32) { everyone(r, s) },
	})
	near(t, "observed: V(-1)", criticOf(t, tr).v(tr, -1)[0], -1, 0.1)
	near(t, "observed: V(+1)", criticOf(t, tr).v(tr, 1)[0], 1, 0.1)

	tr = solve(t, tinyPPO(640), rules{
		agents: 1, obs: 1, actions: 1, length: 2,
		observe: func(o []float32, _ int, _ float32, step int) { o[0] = float32(step) },
		reward:  func(r []float32, _ float32, step int, _ []int32) { everyone(r, float32(step)) },
	})
	near(t, "delayed: V(0)", criticOf(t, tr).v(tr, 0)[0], 0.9, 0.1)
	near(t, "delayed: V(1)", criticOf(t, tr).v(tr, 1)[0], 1, 0.1)

	c := tinyPPO(960)
	c.Gamma = 0.5
	tr = solve(t, c, rules{agents: 1, obs: 1, actions: 1, length: 3, limit: true, reward: one})
	near(t, "time limit: V", criticOf(t, tr).v(tr, 0)[0], 2, 0.1)

	tr = solve(t, tinyPPO(640), rules{
		agents: 1, obs: 1, actions: 2, length: 1,
		reward: func(r []float32, _ float32, _ int, a []int32) { everyone(r, float32(2*a[0]-1)) },
	})
	near(t, "action: pi(1)", actorOf(t, tr).pi(tr, []float32{0}).at(0, 1), 1, 0.05)

	tr = solve(t, tinyPPO(1280), rules{
		agents: 2, obs: 1, actions: 2, length: 1, start: sign, observe: shown,
		reward: func(r []float32, s float32, _ int, a []int32) {
			right := int32((s + 1) / 2)
			everyone(r, number(a[0] == right && a[1] == right))
		},
	})
	near(t, "joint: pi(0 | -1)", actorOf(t, tr).pi(tr, []float32{-1}).at(0, 0), 1, 0.05)
	near(t, "joint: pi(1 | +1)", actorOf(t, tr).pi(tr, []float32{1}).at(0, 1), 1, 0.05)
	near(t, "joint: V(+1)", criticOf(t, tr).v(tr, 1, 1)[0], 1, 0.15)
}

// busyPPO is busyConfig for the on-policy form.
func busyPPO(updates int) Config {
	c := tinyPPO(updates)
	c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Epochs, c.Minibatches = 4, 6, 5, 2, 3
	c.NormaliseObs, c.StandardiseReward, c.Omega = true, true, 0.5
	c.AlphaFinal, c.LogitPenalty, c.AttentionPenalty = 0.001, 1e-3, 1e-3
	c.LogEvery, c.CheckpointEvery = 6, 12
	return c
}

func TestOnPolicyBackendsAgreeToTheBit(t *testing.T) {
	for _, idle := range []bool{true, false} {
		c := busyPPO(24)
		c.CriticIdle = idle
		c.Neighbours = map[bool]int{true: 0, false: 3}[idle]
		sameEverywhere(t, c)
	}
}

func TestOnPolicyProgramsReadNoStaleMemory(t *testing.T) { readsNoStaleMemory(t, busyPPO(24)) }

func TestOnPolicyResumeIsExact(t *testing.T) {
	c := busyPPO(48)
	resumeIsExact(t, c, 12, func(seed uint64) Env { return newToy(busy(), c.Worlds, seed) })
}

// After a rollout the tables hold its slots in order, and prepare computes advantages and returns as
// the formulas say: the successor's value at a time limit, nothing across the end of an episode.
func TestAdvantagesOfARollout(t *testing.T) {
	c := busyPPO(6)
	c.SlotsPerIteration = 12 // the episodes of busy have 5 slots
	tr := newTrainer(t, c, newToy(busy(), c.Worlds, 1), 5)
	run(t, tr)
	if err := tr.rollout(c.SlotsPerIteration); err != nil {
		t.Fatal(err)
	}
	l := onPolicyOf(tr)
	get := func(x machine.Tensor) []float32 {
		v := make([]float32, x.Len())
		if err := l.session.Download(v, x); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if err := l.session.Run(l.prepare); err != nil {
		t.Fatal(err)
	}
	h := l.horizon
	reward, value, next, ended, scale := get(h.reward), get(h.value), get(h.next), get(h.ended), get(l.scale)
	width, cuts := l.size.rows(), 0
	raw := make([]float64, len(reward))
	for i := len(raw) - 1; i >= 0; i-- {
		later := 0.0
		if i+width < len(raw) && ended[i] == 0 {
			later = c.Gamma * c.GAELambda * raw[i+width]
			near(t, "value of the next slot", float64(next[i]), float64(value[i+width]), 1e-5)
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
		near(t, "return", float64(get(h.returns)[i]), a+float64(value[i]), 1e-4)
		near(t, "advantage", float64(get(h.advantage)[i]), (a-mean)/deviation, 1e-3)
		if t.Failed() {
			return
		}
	}
}

// Every epoch meets every transition once.
func TestEpochsAreComplete(t *testing.T) {
	c := busyPPO(6)
	l := &onPolicy{learner: &learner{cfg: &c, size: sizes{4, 3, 4, 3}, seed: 3, layout: machine.NewLayout()}}
	l.method = l
	l.networks()
	l.place()
	rows := l.layout.Add("test/rows", c.minibatch())
	b := machine.NewBuilder("test", l.layout)
	b.Copy(l.drawShare(b).rows, rows)
	b.Count(l.drawn, c.minibatch())
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if l.session, err = machine.NewSession(openBackend(t, "auto", 1), l.layout, p); err != nil {
		t.Fatal(err)
	}
	defer l.session.Close()
	var orders [][]float32
	for range 2 {
		var order []float32
		for range c.Minibatches {
			part := make([]float32, c.minibatch())
			if err := l.session.Run(p); err != nil {
				t.Fatal(err)
			}
			if err := l.session.Download(part, rows); err != nil {
				t.Fatal(err)
			}
			order = append(order, part...)
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
	c, n := tinyPPO(1), sizes{4, 5, 6, 4}
	c.LogitPenalty, c.Alpha = 0.01, 0.3
	r, rows := newRig(t, &c, n), n.rows()
	obs, mask, act, old, adv := r.add("obs", rows, n.obs), r.add("mask", rows, n.actions), r.add("act", rows), r.add("old", rows), r.add("adv", rows)
	out := r.add("out", 4)
	p := r.open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := f.Bind(r.actor.params, r.actorOnline)
		m := f.Input(mask)
		logits, lp := r.actor.forward(bd, f.Input(obs), m)
		in := proximalInputs{f.Input(act), f.Input(old), f.Input(adv), deciding(m), f.Input(r.alpha)}
		x := proximal(&c, logits, lp, in)
		r.must(f.Gradients(x.loss, bd, r.actorAdam.Grads()))
		for i, node := range []*nn.Node{x.loss, x.entropy, x.clipped, x.kl} {
			f.Output(node, r.layout.View([]string{"loss", "entropy", "clipped", "kl"}[i], out, i))
		}
		f.Lower(b)
	})
	rng := source(21)
	o, m, a := normals(rng, rows*n.obs), masks(rng, rows, n.actions), make([]float32, rows)
	_, logp := refActor(r.params("actor"), wrap(rows, n.obs, o), wrap(rows, n.actions, m))
	then, gain := make([]float32, rows), normals(rng, rows)
	for i := range a {
		for a[i] = float32(rng.IntN(n.actions)); m[i*n.actions+int(a[i])] == 0; {
			a[i] = float32(rng.IntN(n.actions))
		}
		then[i] = float32(logp.at(i, int(a[i])) + rng.NormFloat64()*0.3)
	}
	for _, x := range []struct {
		to   machine.Tensor
		from []float32
	}{{obs, o}, {mask, m}, {act, a}, {old, then}, {adv, gain}, {r.alpha, []float32{float32(c.Alpha)}}} {
		r.put(x.to, x.from)
	}
	r.run(p)
	reference := func() []float64 {
		logits, logp := refActor(r.params("actor"), wrap(rows, n.obs, o), wrap(rows, n.actions, m))
		return refProximal(&c, logits, logp, wrap(rows, n.actions, m), a, doubles(then), doubles(gain))
	}
	want := reference()
	closeTo(t, "loss, entropy, clipped share, KL", r.get(out), want, 1)
	if want[2] < 0.1 || want[2] > 0.9 {
		t.Errorf("%g of the ratios are clipped", want[2])
	}
	grads, params := r.get(r.actorAdam.Grads().Flat), r.get(r.actorOnline.Flat)
	for i := 3; i < len(params); i += 97 {
		kept, h := params[i], float32(1e-2)
		params[i] = kept + h
		r.put(r.actorOnline.Flat, params)
		up := reference()[0]
		params[i] = kept - h
		r.put(r.actorOnline.Flat, params)
		down := reference()[0]
		params[i] = kept
		near(t, "gradient", float64(grads[i]), (up-down)/(2*float64(h)), 5e-3)
	}
}

// refProximal returns loss, entropy, the clipped share and KL.
func refProximal(c *Config, logits, logp, mask matrix, act []float32, old, adv []float64) []float64 {
	var gain, entropy, penalty, clipped, kl, n float64
	for i := range act {
		legal := 0.0
		for _, m := range mask.row(i) {
			legal += m
		}
		if legal < 2 {
			continue
		}
		n++
		change := logp.at(i, int(act[i])) - old[i]
		rho := math.Exp(change)
		gain += math.Min(rho*adv[i], math.Min(math.Max(rho, 1-c.Clip), 1+c.Clip)*adv[i])
		kl += rho - 1 - change
		clipped += float64(number(math.Abs(rho-1) > c.Clip))
		for u, l := range logp.row(i) {
			entropy -= math.Exp(l) * l
			penalty += logits.at(i, u) * logits.at(i, u) / float64(logits.cols)
		}
	}
	return []float64{-gain/n - c.Alpha*entropy/n + c.LogitPenalty*penalty/n, entropy / n, clipped / n, kl / n}
}

package maa2c

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn/machine"
)

// nStepOf is the sum of the definition, without the recursion.
func nStepOf(n, slots, t int, gamma float64, reward, value, next, ended func(t int) float64) float64 {
	sum, discount := 0.0, 1.0
	for k := t; ; k++ {
		sum += discount * reward(k)
		discount *= gamma
		if ended(k) == kernels.Terminated {
			return sum - value(t)
		}
		if ended(k) == kernels.Truncated || k == slots-1 || k == t+n-1 {
			return sum + discount*next(k) - value(t)
		}
	}
}

// Advantages of n-step returns are those of the definition, for every n and for ends of all kinds.
func TestNStepReturns(t *testing.T) {
	const slots, width, gamma = 9, 7, 0.8
	for _, n := range []int{1, 2, 5, slots, 100} {
		c := tiny(1)
		r := marltest.NewRig(t, &c, marl.Sizes{Worlds: 1, Agents: width, Obs: 1, Actions: 2})
		x := ppo.Series{
			Reward: r.Add("reward", slots, width), Value: r.Add("value", slots, width), Next: r.Add("next", slots, width), Ended: r.Add("ended", slots, width),
		}
		to := r.Add("advantage", slots, width)
		p := r.Open(func(b *machine.Builder) { nStep(n)(b, x, gamma, to) })
		rng := marltest.Source(uint64(n))
		tables := [][]float32{marltest.Normals(rng, slots*width), marltest.Normals(rng, slots*width), marltest.Normals(rng, slots*width), make([]float32, slots*width)}
		for i := range slots * width {
			switch {
			case rng.IntN(4) == 0:
				tables[3][i] = []float32{kernels.Terminated, kernels.Truncated}[rng.IntN(2)]
			case i+width < slots*width: // the successor is the state of the next slot
				tables[2][i] = tables[1][i+width]
			}
		}
		for i, table := range []machine.Tensor{x.Reward, x.Value, x.Next, x.Ended} {
			r.Put(table, tables[i])
		}
		r.Run(p)
		want := make([]float64, slots*width)
		for i := range want {
			column := func(table int) func(t int) float64 {
				return func(t int) float64 { return float64(tables[table][t*width+i%width]) }
			}
			want[i] = nStepOf(n, slots, i/width, gamma, column(0), column(1), column(2), column(3))
		}
		marltest.CloseTo(t, "advantages", r.Get(to), want, 1)
	}
}

// Returns to the end of a rollout are those of GAE with lambda 1.
func TestManyStepsAreGAE(t *testing.T) {
	const slots, width, gamma = 6, 5, 0.9
	c := tiny(1)
	r := marltest.NewRig(t, &c, marl.Sizes{Worlds: 1, Agents: width, Obs: 1, Actions: 2})
	tables := make([]machine.Tensor, 4)
	for i, name := range []string{"reward", "value", "next", "ended"} {
		tables[i] = r.Add(name, slots, width)
	}
	x := ppo.Series{Reward: tables[0], Value: tables[1], Next: tables[2], Ended: tables[3]}
	to, gae := r.Add("advantage", slots, width), r.Add("gae", slots, width)
	p := r.Open(func(b *machine.Builder) {
		nStep(slots)(b, x, gamma, to)
		ppo.GAE(1)(b, x, gamma, gae)
	})
	rng := marltest.Source(2)
	for _, table := range tables[:3] {
		r.Put(table, marltest.Normals(rng, slots*width))
	}
	ended := make([]float32, slots*width)
	ended[8], ended[17] = kernels.Terminated, kernels.Truncated
	r.Put(tables[3], ended)
	r.Run(p)
	marltest.CloseTo(t, "advantages", r.Get(to), marltest.Doubles(r.Get(gae)), 1)
}

// The actor's step follows the gradient of advantage actor-critic, written with log pi and without a ratio:
// - mean A log pi(a | o) - alpha entropy + the penalty on logits, over the agents that decided.
func TestActorFollowsThePolicyGradient(t *testing.T) {
	c := busy(3)
	c.MaxNorm = 1e9
	own := c.Own.(*Config)
	own.LogitPenalty, own.Alpha, own.AlphaFinal = 0.01, 0.3, 0.3
	tr := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
	marltest.Run(t, tr)
	if err := tr.Rollout(); err != nil {
		t.Fatal(err)
	}
	if err := tr.Prepare(); err != nil {
		t.Fatal(err)
	}
	before := marltest.Download(t, tr, "actor")
	if err := tr.Session().Run(tr.UpdateProgram()); err != nil {
		t.Fatal(err)
	}
	got := marltest.Download(t, tr, "actor_adam/grad")
	loss := policyGradientLoss(t, tr, own)
	for name, w := range before {
		for i := 0; i < len(w.V); i += 1 + len(w.V)/5 {
			kept, h := w.V[i], 1e-4
			w.V[i] = kept + h
			up := loss(before)
			w.V[i] = kept - h
			down := loss(before)
			w.V[i] = kept
			marltest.Near(t, name, got[name].V[i], (up-down)/(2*h), 1e-4)
		}
	}
}

// policyGradientLoss is the loss of an actor on the last rollout, in float64.
func policyGradientLoss(t *testing.T, tr *marl.Trainer, own *Config) func(actor marltest.Params) float64 {
	n := tr.Workshop().Sizes
	table := func(name string) []float32 {
		x, ok := tr.Workshop().Layout.Lookup(marl.RolloutPrefix + name)
		if !ok {
			t.Fatalf("no table %s", name)
		}
		return marltest.Get(t, tr, x)
	}
	act, advantage, decides := table("act"), table("advantage"), table("decides")
	rows := len(act)
	obs, mask := normalised(t, tr, table("observed")), marltest.Wrap(rows, n.Actions, table("legal"))
	return func(actor marltest.Params) float64 {
		logits, logp := marltest.Actor(actor, marltest.Wrap(rows, n.Obs, obs), mask)
		sum, count := 0.0, 0.0
		for i := range rows {
			if decides[i] == 0 {
				continue
			}
			count++
			sum -= float64(advantage[i]) * logp.At(i, int(act[i]))
			for u, l := range logp.Row(i) {
				sum += own.Alpha * math.Exp(l) * l
				sum += own.LogitPenalty * logits.At(i, u) * logits.At(i, u) / float64(n.Actions)
			}
		}
		return sum / count
	}
}

// normalised are observations as the networks see them.
func normalised(t *testing.T, tr *marl.Trainer, obs []float32) []float32 {
	mean, _ := tr.Workshop().Layout.Lookup("obs_mean")
	scale, _ := tr.Workshop().Layout.Lookup("obs_scale")
	m, s := marltest.Get(t, tr, mean), marltest.Get(t, tr, scale)
	for i, x := range obs {
		obs[i] = max(-5, min(5, (x-m[i%len(m)])*s[i%len(s)]))
	}
	return obs
}

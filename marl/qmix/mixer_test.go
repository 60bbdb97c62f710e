package qmix

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// refMix is Q_tot of every world in float64, for the agents' values q [rows] and observations [rows, O].
func refMix(c *Config, p marltest.Params, q []float64, obs marltest.Matrix, agents int) []float64 {
	relu := func(x float64) float64 { return math.Max(x, 0) }
	layer := func(name string, x marltest.Matrix, f func(float64) float64) marltest.Matrix {
		return marltest.Dense(x, p[name+".w"], p.Bias(name+".b"), f)
	}
	hyper := func(name string, x marltest.Matrix, f func(float64) float64) marltest.Matrix {
		if _, deep := p[name+"_hidden.w"]; deep {
			x = layer(name+"_hidden", x, relu)
		}
		return layer(name, x, f)
	}
	worlds := len(q) / agents
	state, seen := marltest.Matrix{Rows: worlds, Cols: agents * obs.Cols, V: obs.V}, marltest.Matrix{}
	if seen = state; c.State == StatePooled {
		each := layer("summary", obs, relu)
		state, seen = marltest.NewMatrix(worlds, c.Embed), marltest.NewMatrix(len(q), c.Embed)
		for i := range each.V {
			row, unit := i/c.Embed, i%c.Embed
			state.V[row/agents*c.Embed+unit] += each.V[i] / float64(agents)
		}
		for i := range seen.V {
			seen.V[i] = state.At(i/c.Embed/agents, i%c.Embed)
		}
		seen = marltest.Beside(obs, seen)
	}
	first, bias := hyper("weights", seen, math.Abs), layer("bias", state, marltest.Identity)
	last, total := hyper("last", state, math.Abs), hyper("output", state, marltest.Identity).V
	for w := range worlds {
		for e := range c.Embed {
			x := bias.At(w, e)
			for i := w * agents; i < (w+1)*agents; i++ {
				x += q[i] * first.V[i*c.Embed+e]
			}
			if x < 0 {
				x = math.Expm1(x)
			}
			total[w] += x * last.At(w, e)
		}
	}
	return total
}

// The value and its gradient for random parameters, against the reference; Q_tot never falls if a Q_i rises.
func TestMixerAgainstReference(t *testing.T) {
	variants(t, func(t *testing.T, form func(marl.Config) marl.Config) {
		for seed := range uint64(5) {
			checkMixer(t, form(tiny(1)), seed)
		}
	})
}

func checkMixer(t *testing.T, c marl.Config, seed uint64) {
	t.Helper()
	own, n := c.Own.(*Config), marl.Sizes{Worlds: 7, Agents: 5, Obs: 4, Actions: 3}
	r := marltest.NewRig(t, &c, n)
	m := newMixer(own, n.Agents, n.Obs)
	net := r.Train("mixer", m.params, 1e-3)
	q, obs, total, slope := r.Add("q", n.Rows()), r.Add("obs", n.Rows(), n.Obs), r.Add("total", n.Worlds), r.Add("slope", n.Rows())
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd, in := net.Bind(f), f.Input(q)
		out := m.Mix(bd, in, f.Input(obs))
		r.Must(f.Gradients(op.Sum(out), bd, net.Adam.Grads(), nn.InputGrad{Of: in, To: slope}))
		f.Output(out, total)
		f.Lower(b)
	})
	rng := marltest.Source(seed)
	weights, seen, values := marltest.Normals(rng, int(net.Flat.Len())), marltest.Normals(rng, n.Rows()*n.Obs), marltest.Normals(rng, n.Rows())
	for i := range weights {
		weights[i] *= 0.5
	}
	r.Put(net.Flat, weights)
	r.Put(obs, seen)
	r.Put(q, values)
	r.Run(p)
	params, o := r.Params("mixer"), marltest.Wrap(n.Rows(), n.Obs, seen)
	mix := func(v []float64) []float64 { return refMix(own, params, v, o, n.Agents) }
	marltest.CloseTo(t, "Q_tot", r.Get(total), mix(marltest.Doubles(values)), 1)
	slopes := make([]float64, n.Rows())
	for i := range slopes {
		const h = 1e-6
		up, down := marltest.Doubles(values), marltest.Doubles(values)
		up[i], down[i] = up[i]+h, down[i]-h
		slopes[i] = (mix(up)[i/n.Agents] - mix(down)[i/n.Agents]) / (2 * h)
	}
	got := r.Get(slope)
	marltest.CloseTo(t, "dQ_tot/dQ_i", got, slopes, 1)
	for i, x := range got {
		if !(x >= 0) {
			t.Errorf("seed %d: Q_tot falls by %g if Q_%d rises", seed, -x, i)
		}
	}
}

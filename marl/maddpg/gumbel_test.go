package maddpg

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// refNoise is Gumbel noise from the uniform numbers of kernels.OpUniform, at the counter of the tests.
func refNoise(seed uint64, stream uint32, n int) []float64 {
	g := make([]float64, n)
	for i := range g {
		u := philox.Uniform(philox.Block(philox.Key(seed), [4]uint32{uint32(i / 4), counter, 0, stream})[i%4])
		span := float32(uniformHigh) - float32(uniformLow)
		g[i] = -math.Log(-math.Log(float64(uniformLow + float32(span*u))))
	}
	return g
}

// refGumbel are the drawn one-hot actions and the relaxed ones.
func refGumbel(logits, mask marltest.Matrix, noise []float64, temperature float64) (hard, soft marltest.Matrix) {
	hard, soft = marltest.NewMatrix(logits.Rows, logits.Cols), marltest.NewMatrix(logits.Rows, logits.Cols)
	for i := range logits.Rows {
		best, top, sum := 0, math.Inf(-1), 0.0
		for a, z := range logits.Row(i) {
			if mask.At(i, a) == 0 {
				continue
			}
			perturbed := z + noise[i*logits.Cols+a]
			if perturbed > top {
				best, top = a, perturbed
			}
			soft.Set(i, a, math.Exp(perturbed/temperature))
			sum += soft.At(i, a)
		}
		hard.Set(i, best, 1)
		for a := range logits.Cols {
			soft.Set(i, a, soft.At(i, a)/sum)
		}
	}
	return hard, soft
}

// The action is exactly one-hot, the argmax of logits and noise. The gradient of sum_u c_u a_u with respect to the
// logits is s_k (c_k - sum_u c_u s_u) / temperature, s the relaxed action, and 0 at illegal actions.
func TestStraightThrough(t *testing.T) {
	c, rows, actions, temperature := tiny(1), 40, 5, 0.6
	r := marltest.NewRig(t, &c, marl.Sizes{Worlds: 1, Agents: 1, Obs: 1, Actions: actions})
	// A layer without weights of its own on the identity: the gradient of its weights is that of the logits.
	p := nn.NewParams("logits")
	w := p.Matrix("w", rows, actions, nn.KaimingUniform)
	net := r.Train("logits", p, 0)
	mask, u, slope := r.Add("mask", rows, actions), r.Add("u", rows, actions), r.Add("c", rows, actions)
	warm, act := r.Add("temperature"), r.Add("act", rows, actions)
	seed := marl.Split(r.Seed, marl.StreamActor)
	program := r.Open(func(b *machine.Builder) {
		b.Uniform(r.Updates, u, [2]float32{uniformLow, uniformHigh}, seed, uint32(marl.StreamActor))
		f := nn.NewFragment()
		bd := net.Bind(f)
		a := straightThrough(bd.Node(w), f.Input(mask), f.Input(u), f.Input(warm))
		r.Must(f.Gradients(op.Sum(op.Mul(a, f.Input(slope))), bd, net.Adam.Grads()))
		f.Output(a, act)
		f.Lower(b)
	})
	rng := marltest.Source(4)
	legal, k := marltest.Masks(rng, rows, actions), marltest.Normals(rng, rows*actions)
	r.Put(mask, legal)
	r.Put(slope, k)
	r.Put(warm, []float32{float32(temperature)})
	r.Put(r.Updates, []float32{0, counter})
	r.Run(program)

	logits := r.Params("logits")["w"]
	hard, soft := refGumbel(logits, marltest.Wrap(rows, actions, legal), refNoise(seed, uint32(marl.StreamActor), rows*actions), temperature)
	gradient := make([]float64, rows*actions)
	for i := range rows {
		mean := 0.0
		for a, s := range soft.Row(i) {
			mean += s * float64(k[i*actions+a])
		}
		for a, s := range soft.Row(i) {
			gradient[i*actions+a] = s * (float64(k[i*actions+a]) - mean) / temperature
		}
	}
	for i, x := range r.Get(act) {
		if float64(x) != hard.V[i] {
			t.Fatalf("action[%d] is %v, want %v", i, x, hard.V[i])
		}
	}
	marltest.CloseTo(t, "gradient", r.Get(r.Lookup(net.Adam.Grads().Flat.Name()+"/w")), gradient, 1)
}

// Gumbel-max draws from the softmax: frequencies of 60,000 draws, each within 4.5 deviations, and the noise at the
// ends of the uniform numbers is finite.
func TestGumbelNoiseDrawsFromTheSoftmax(t *testing.T) {
	logits := []float64{1, 0, -1, 0.5}
	const draws = 60000
	noise := refNoise(1, 2, draws*len(logits))
	count, norm := make([]float64, len(logits)), 0.0
	for _, z := range logits {
		norm += math.Exp(z)
	}
	for i := range draws {
		best, top := 0, math.Inf(-1)
		for a, z := range logits {
			if v := z + noise[i*len(logits)+a]; v > top {
				best, top = a, v
			}
		}
		count[best]++
	}
	for a, z := range logits {
		p := math.Exp(z) / norm
		marltest.Near(t, "frequency", count[a]/draws, p, 4.5*math.Sqrt(p*(1-p)/draws))
	}
	for _, u := range []float32{0, 1 - 1.0/(1<<24)} { // the ends of philox.Uniform
		x := float64(float32(uniformLow) + float32((float32(uniformHigh)-float32(uniformLow))*u))
		if g := -math.Log(-math.Log(x)); math.IsInf(g, 0) || math.IsNaN(g) || x >= 1 {
			t.Errorf("noise of %v is %v", u, g)
		}
	}
}

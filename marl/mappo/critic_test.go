package mappo

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// criticRig is a critic with a Program that computes its values, its loss against zero targets, and the gradient.
type criticRig struct {
	*marltest.Rig
	net           *marl.Net
	obs, out, sum machine.Tensor
	program       *kernels.Program
}

func newCriticRig(t *testing.T, state string, n marl.Sizes) *criticRig {
	c := tiny(state, false)(1)
	r := &criticRig{Rig: marltest.NewRig(t, &c, n)}
	v := NewCritic(&c.Own.(*Config).CentralConfig, n)
	r.net = r.Train("critic", v.Params(), 1e-3)
	r.obs, r.out, r.sum = r.Add("obs", n.Rows(), n.Obs), r.Add("v", n.Rows()), r.Add("loss")
	r.program = r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := r.net.Bind(f)
		x := v.Values(bd, f.Input(r.obs))
		loss := x.Loss(op.Affine(x.V, 1, -1), nil)
		r.Must(f.Gradients(loss, bd, r.net.Adam.Grads()))
		f.Output(x.V, r.out)
		f.Output(loss, r.sum)
		f.Lower(b)
	})
	return r
}

func (r *criticRig) values(seen []float32) []float32 {
	r.Put(r.obs, seen)
	r.Run(r.program)
	return r.Get(r.out)
}

// Values and gradient are those of the plain network on [s, o_i].
func TestCriticAgainstReference(t *testing.T) {
	n := marl.Sizes{Worlds: 3, Agents: 4, Obs: 5, Actions: 2}
	for _, state := range []string{StateConcatenated, StateAgent} {
		r := newCriticRig(t, state, n)
		seen := marltest.Normals(marltest.Source(5), n.Rows()*n.Obs)
		reference := func() ([]float64, float64) {
			v := marltest.CentralValues(r.Params("critic"), marltest.Wrap(n.Rows(), n.Obs, seen), n.Agents)
			loss := 0.0
			for _, x := range v {
				loss += (x - 1) * (x - 1) / float64(len(v))
			}
			return v, loss
		}
		got := r.values(seen)
		want, loss := reference()
		marltest.CloseTo(t, state+": V", got, want, 1)
		marltest.CloseTo(t, state+": loss", r.Get(r.sum), []float64{loss}, 1)
		grads, params := r.Get(r.net.Adam.Grads().Flat), r.Get(r.net.Flat)
		for i := 1; i < len(params); i += 37 {
			kept, h := params[i], float32(1e-2)
			if kept == 0 {
				continue // between two parameters
			}
			params[i] = kept + h
			r.Put(r.net.Flat, params)
			_, up := reference()
			params[i] = kept - h
			r.Put(r.net.Flat, params)
			_, down := reference()
			params[i] = kept
			r.Put(r.net.Flat, params)
			marltest.Near(t, state+": gradient", float64(grads[i]), (up-down)/(2*float64(h)), 5e-3)
		}
	}
}

// A value depends on the observations of all agents of the world and of no other. In a concatenated state it is one for all.
func TestValuesAreOfTheWorld(t *testing.T) {
	n := marl.Sizes{Worlds: 2, Agents: 3, Obs: 4, Actions: 3}
	for _, state := range []string{StateConcatenated, StateAgent} {
		r := newCriticRig(t, state, n)
		seen := marltest.Normals(marltest.Source(1), n.Rows()*n.Obs)
		before := r.values(seen)
		if same := before[0] == before[1]; same != (state == StateConcatenated) {
			t.Errorf("%s: two agents have the values %g and %g", state, before[0], before[1])
		}
		for i := range n.Rows() {
			kept := seen[i*n.Obs]
			seen[i*n.Obs]++
			after := r.values(seen)
			seen[i*n.Obs] = kept
			for k := range after {
				if changed := after[k] != before[k]; changed != (k/n.Agents == i/n.Agents) {
					t.Errorf("%s: the observation of row %d changes; the value of row %d does: %t", state, i, k, changed)
				}
			}
		}
	}
}

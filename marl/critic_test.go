package marl_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// golden is testdata/critic_golden.json: PyTorch autograd in float64; its key "generator" holds
// the program that made it.
type golden struct {
	B, N, O, U, H, Heads int
	Obs                  [][][]float32
	Actions              [][]float32
	Targets              [][]float32
	Weights, Grads       map[string]json.RawMessage
	Q                    [][][]float64
	Loss                 float64
	LogitPenalty         float64 `json:"logit_penalty"`
}

// goldenNames maps the golden's names to ours.
var goldenNames = map[string]string{
	"W_e": "encoder.w", "b_e": "encoder.b", "W_s": "state.w", "b_s": "state.b", "W_Q": "query.w", "W_K": "key.w",
	"W_V": "value.w", "b_V": "value.b", "W_1": "hidden.w", "b_1": "hidden.b", "W_2": "output.w", "b_2": "output.b",
}

func flatten[T any](rows [][]T) (v []T) {
	for _, r := range rows {
		v = append(v, r...)
	}
	return v
}

// numbers reads a vector or a matrix.
func numbers(t *testing.T, raw json.RawMessage) []float32 {
	t.Helper()
	var rows [][]float32
	if json.Unmarshal(raw, &rows) == nil {
		return flatten(rows)
	}
	var v []float32
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Values, loss and all gradients of the critic against PyTorch.
func TestCriticGolden(t *testing.T) {
	raw, err := os.ReadFile("testdata/critic_golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	c := marl.DefaultAttention()
	// The golden loss is sum_i MSE_i + 1e-3 penalty; ours is 1/N of that.
	c.Hidden, c.Heads, c.AttentionPenalty = g.H, g.Heads, 1e-3/float64(g.N)
	rows := g.B * g.N
	r := newRig(t, &c, marl.Sizes{Worlds: g.B, Agents: g.N, Obs: g.O, Actions: g.U})
	obs, act, y := r.Add("obs", rows, g.O), r.Add("act", rows), r.Add("y", rows)
	q, loss := r.Add("q", rows, g.U), r.Add("loss")
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := r.criticOnline.Bind(f)
		a := f.Input(act)
		v := r.critic.Forward(bd, f.Input(obs), a)
		l := r.critic.Loss(v, op.Sub(v.Taken(a), f.Input(y)), nil, c.AttentionPenalty)
		r.Must(f.Gradients(l, bd, r.criticOnline.Adam.Grads()))
		f.Output(v.Q, q)
		f.Output(l, loss)
		f.Lower(b)
	})
	for name, raw := range g.Weights {
		r.Put(r.Lookup("critic/"+goldenNames[name]), numbers(t, raw))
	}
	r.Put(obs, flatten(flatten(g.Obs)))
	r.Put(act, flatten(g.Actions))
	r.Put(y, flatten(g.Targets))
	r.Run(p)

	marltest.CloseTo(t, "Q", r.Get(q), flatten(flatten(g.Q)), 1)
	marltest.CloseTo(t, "loss", r.Get(loss), []float64{g.Loss}, float64(g.N))
	for name, raw := range g.Grads {
		grad := r.Lookup(r.criticOnline.Adam.Grads().Flat.Name() + "/" + goldenNames[name])
		marltest.CloseTo(t, "gradient of "+name, r.Get(grad), marltest.Doubles(numbers(t, raw)), float64(g.N))
	}

	// The Go reference, against the same numbers.
	ref, pen := marltest.Critic(r.Params("critic"), marltest.Wrap(rows, g.O, flatten(flatten(g.Obs))), flatten(g.Actions), g.N, g.Heads, true)
	for i, want := range flatten(flatten(g.Q)) {
		marltest.Near(t, "reference Q", ref.V[i], want, 1e-5*(1+math.Abs(want)))
	}
	marltest.Near(t, "reference penalty", pen, g.LogitPenalty, 1e-5)
}

// judge is a critic with random parameters as a function.
type judge struct {
	*rig
	p           *kernels.Program
	obs, act, q machine.Tensor
}

func newJudge(t *testing.T, c marl.AttentionConfig, n marl.Sizes) *judge {
	j := &judge{rig: newRig(t, &c, n)}
	j.obs, j.act, j.q = j.Add("obs", n.Rows(), n.Obs), j.Add("act", n.Rows()), j.Add("q", n.Rows(), n.Actions)
	j.p = j.Open(func(b *machine.Builder) { j.lower(b) })
	return j
}

func (j *judge) lower(b *machine.Builder) {
	f := nn.NewFragment()
	f.Output(j.critic.Forward(j.criticOnline.Bind(f), f.Input(j.obs), f.Input(j.act)).Q, j.q)
	f.Lower(b)
}

func (j *judge) values(obs, act []float32) []float32 {
	j.Put(j.obs, obs)
	j.Put(j.act, act)
	j.Run(j.p)
	return j.Get(j.q)
}

func testCritic(attention bool) marl.AttentionConfig {
	c := marl.DefaultAttention()
	c.Hidden, c.Heads, c.Attention = 16, 4, attention
	return c
}

// Q_i(o, .) does not depend on the recorded action of agent i, but on those of all others.
func TestOwnActionDoesNotEnter(t *testing.T) {
	for _, attention := range []bool{true, false} {
		n := marl.Sizes{Worlds: 2, Agents: 5, Obs: 6, Actions: 3}
		j := newJudge(t, testCritic(attention), n)
		rng := marltest.Source(1)
		obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
		before := j.values(obs, act)
		for i := range n.Rows() {
			old := act[i]
			act[i] = float32((int(old) + 1) % n.Actions)
			after := j.values(obs, act)
			act[i] = old
			for k := range n.Rows() {
				same := marltest.EqualBits(before[k*n.Actions:][:n.Actions], after[k*n.Actions:][:n.Actions])
				own, together := k == i, k/n.Agents == i/n.Agents
				if want := own || !together; same != want {
					t.Errorf("attention %t: action of row %d changed: row %d unchanged is %t, want %t", attention, i, k, same, want)
				}
			}
		}
	}
}

// The order of the others does not matter, up to rounding.
func TestPermutationOfOthers(t *testing.T) {
	n := marl.Sizes{Worlds: 1, Agents: 5, Obs: 6, Actions: 3}
	j := newJudge(t, testCritic(true), n)
	rng := marltest.Source(2)
	obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
	before := j.values(obs, act)
	order := []int{0, 3, 1, 4, 2} // agent 0 stays
	pobs, pact := make([]float32, len(obs)), make([]float32, len(act))
	for to, from := range order {
		copy(pobs[to*n.Obs:][:n.Obs], obs[from*n.Obs:])
		pact[to] = act[from]
	}
	after := j.values(pobs, pact)
	for to, from := range order {
		marltest.CloseTo(t, fmt.Sprintf("Q of agent %d", from), after[to*n.Actions:][:n.Actions], marltest.Doubles(before[from*n.Actions:][:n.Actions]), 1)
	}
}

// With two agents the only other has weight 1, so attention and uniform weights agree.
func TestTwoAgentsHaveWeightOne(t *testing.T) {
	n := marl.Sizes{Worlds: 3, Agents: 2, Obs: 4, Actions: 3}
	with, without := newJudge(t, testCritic(true), n), newJudge(t, testCritic(false), n)
	for _, x := range without.Layout.Tensors() {
		if len(x.Name()) > 7 && x.Name()[:7] == "critic/" {
			without.Put(x, with.Get(with.Lookup(x.Name())))
		}
	}
	rng := marltest.Source(3)
	obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
	if a, b := with.values(obs, act), without.values(obs, act); !marltest.EqualBits(a, b) {
		t.Errorf("%v and %v", a, b)
	}
}

// One agent: the attention part is zeros.
func TestOneAgent(t *testing.T) {
	n := marl.Sizes{Worlds: 4, Agents: 1, Obs: 3, Actions: 2}
	c := testCritic(true)
	j := newJudge(t, c, n)
	rng := marltest.Source(4)
	obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
	want, _ := marltest.Critic(j.Params("critic"), marltest.Wrap(n.Rows(), n.Obs, obs), act, 1, c.Heads, true)
	marltest.CloseTo(t, "Q", j.values(obs, act), want.V, 1)
}

// Random sizes against the reference, with and without attention.
func TestCriticAgainstReference(t *testing.T) {
	for _, attention := range []bool{true, false} {
		c, n := testCritic(attention), marl.Sizes{Worlds: 3, Agents: 7, Obs: 5, Actions: 4}
		j := newJudge(t, c, n)
		rng := marltest.Source(5)
		obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
		want, _ := marltest.Critic(j.Params("critic"), marltest.Wrap(n.Rows(), n.Obs, obs), act, n.Agents, c.Heads, attention)
		marltest.CloseTo(t, "Q", j.values(obs, act), want.V, 1)
	}
}

// The loss in which only deciding agents count (critic_idle: false), with a penalty of this weight.
func TestCriticLossAgainstReference(t *testing.T) {
	c, n := testCritic(true), marl.Sizes{Worlds: 3, Agents: 7, Obs: 5, Actions: 4}
	c.AttentionPenalty = 0.3
	r := newRig(t, &c, n)
	obs, act, y := r.Add("obs", n.Rows(), n.Obs), r.Add("act", n.Rows()), r.Add("y", n.Rows())
	weight, loss := r.Add("weight", n.Rows()), r.Add("loss")
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		a := f.Input(act)
		v := r.critic.Forward(r.criticOnline.Bind(f), f.Input(obs), a)
		f.Output(r.critic.Loss(v, op.Sub(v.Taken(a), f.Input(y)), f.Input(weight), c.AttentionPenalty), loss)
		f.Lower(b)
	})
	rng := marltest.Source(6)
	o, a, target, w := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions), marltest.Normals(rng, n.Rows()), make([]float32, n.Rows())
	for i := range w {
		w[i] = float32(rng.IntN(2))
	}
	r.Put(obs, o)
	r.Put(act, a)
	r.Put(y, target)
	r.Put(weight, w)
	r.Run(p)
	q, penalty := marltest.Critic(r.Params("critic"), marltest.Wrap(n.Rows(), n.Obs, o), a, n.Agents, c.Heads, true)
	want := marltest.CriticLoss(c.AttentionPenalty, q, penalty, a, marltest.Wrap(n.Rows(), 1, target).V, marltest.Wrap(n.Rows(), 1, w).V)
	marltest.CloseTo(t, "loss", r.Get(loss), []float64{want}, 1)
}

package marl

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gmel-go/gmel/kernels"
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
	c := tiny(1)
	// The golden loss is sum_i MSE_i + 1e-3 penalty; ours is 1/N of that.
	c.Hidden, c.Heads, c.AttentionPenalty = g.H, g.Heads, 1e-3/float64(g.N)
	rows := g.B * g.N
	r := newRig(t, &c, sizes{g.B, g.N, g.O, g.U})
	obs, act, y := r.add("obs", rows, g.O), r.add("act", rows), r.add("y", rows)
	q, loss := r.add("q", rows, g.U), r.add("loss")
	p := r.open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd := f.Bind(r.critic.params, r.criticOnline)
		a := f.Input(act)
		v := r.critic.forward(bd, f.Input(obs), a)
		l := r.critic.loss(v, op.Sub(v.taken(a), f.Input(y)), nil, c.AttentionPenalty)
		r.must(f.Gradients(l, bd, r.criticAdam.Grads()))
		f.Output(v.q, q)
		f.Output(l, loss)
		f.Lower(b)
	})
	for name, raw := range g.Weights {
		r.put(r.lookup("critic/"+goldenNames[name]), numbers(t, raw))
	}
	r.put(obs, flatten(flatten(g.Obs)))
	r.put(act, flatten(g.Actions))
	r.put(y, flatten(g.Targets))
	r.run(p)

	closeTo(t, "Q", r.get(q), flatten(flatten(g.Q)), 1)
	closeTo(t, "loss", r.get(loss), []float64{g.Loss}, float64(g.N))
	for name, raw := range g.Grads {
		grad := r.lookup(r.criticAdam.Grads().Flat.Name() + "/" + goldenNames[name])
		closeTo(t, "gradient of "+name, r.get(grad), doubles(numbers(t, raw)), float64(g.N))
	}

	// The Go reference, against the same numbers.
	ref, pen := refCritic(r.params("critic"), wrap(rows, g.O, flatten(flatten(g.Obs))), flatten(g.Actions), g.N, g.Heads, true)
	for i, want := range flatten(flatten(g.Q)) {
		near(t, "reference Q", ref.v[i], want, 1e-5*(1+math.Abs(want)))
	}
	near(t, "reference penalty", pen, g.LogitPenalty, 1e-5)
}

// closeTo compares scale*got with want at float32 accuracy of the largest number.
func closeTo(t *testing.T, what string, got []float32, want []float64, scale float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	top := 1e-3
	for _, w := range want {
		top = max(top, math.Abs(w))
	}
	for i, w := range want {
		if d := math.Abs(scale*float64(got[i]) - w); !(d < 2e-5*top) {
			t.Errorf("%s[%d] is %g, want %g", what, i, scale*float64(got[i]), w)
			return
		}
	}
}

// judge is a critic with random parameters as a function.
type judge struct {
	*rig
	p           *kernels.Program
	obs, act, q machine.Tensor
}

func newJudge(t *testing.T, c Config, n sizes) *judge {
	j := &judge{rig: newRig(t, &c, n)}
	j.obs, j.act, j.q = j.add("obs", n.rows(), n.obs), j.add("act", n.rows()), j.add("q", n.rows(), n.actions)
	j.p = j.open(func(b *machine.Builder) { j.criticValues(b, j.obs, j.act, j.q) })
	return j
}

func (j *judge) values(obs, act []float32) []float32 {
	j.put(j.obs, obs)
	j.put(j.act, act)
	j.run(j.p)
	return j.get(j.q)
}

func testCritic(attention bool) Config {
	c := tiny(1)
	c.Hidden, c.Heads, c.Attention = 16, 4, attention
	return c
}

// Q_i(o, .) does not see agent i's own recorded action, and sees everybody else's.
func TestOwnActionDoesNotEnter(t *testing.T) {
	for _, attention := range []bool{true, false} {
		n := sizes{2, 5, 6, 3}
		j := newJudge(t, testCritic(attention), n)
		rng := source(1)
		obs, act := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions)
		before := j.values(obs, act)
		for i := range n.rows() {
			old := act[i]
			act[i] = float32((int(old) + 1) % n.actions)
			after := j.values(obs, act)
			act[i] = old
			for k := range n.rows() {
				same := equalBits(before[k*n.actions:][:n.actions], after[k*n.actions:][:n.actions])
				own, together := k == i, k/n.agents == i/n.agents
				if want := own || !together; same != want {
					t.Errorf("attention %t: action of row %d changed: row %d unchanged is %t, want %t", attention, i, k, same, want)
				}
			}
		}
	}
}

// The order of the others does not matter, up to rounding.
func TestPermutationOfOthers(t *testing.T) {
	n := sizes{1, 5, 6, 3}
	j := newJudge(t, testCritic(true), n)
	rng := source(2)
	obs, act := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions)
	before := j.values(obs, act)
	order := []int{0, 3, 1, 4, 2} // agent 0 stays
	pobs, pact := make([]float32, len(obs)), make([]float32, len(act))
	for to, from := range order {
		copy(pobs[to*n.obs:][:n.obs], obs[from*n.obs:])
		pact[to] = act[from]
	}
	after := j.values(pobs, pact)
	for to, from := range order {
		closeTo(t, fmt.Sprintf("Q of agent %d", from), after[to*n.actions:][:n.actions], doubles(before[from*n.actions:][:n.actions]), 1)
	}
}

// With two agents the only other has weight 1, so attention and uniform weights agree.
func TestTwoAgentsHaveWeightOne(t *testing.T) {
	n := sizes{3, 2, 4, 3}
	with, without := newJudge(t, testCritic(true), n), newJudge(t, testCritic(false), n)
	for _, x := range without.layout.Tensors() {
		if len(x.Name()) > 7 && x.Name()[:7] == "critic/" {
			without.put(x, with.get(with.lookup(x.Name())))
		}
	}
	rng := source(3)
	obs, act := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions)
	if a, b := with.values(obs, act), without.values(obs, act); !equalBits(a, b) {
		t.Errorf("%v and %v", a, b)
	}
}

// One agent: the attention part is zeros.
func TestOneAgent(t *testing.T) {
	n := sizes{4, 1, 3, 2}
	c := testCritic(true)
	j := newJudge(t, c, n)
	rng := source(4)
	obs, act := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions)
	want, _ := refCritic(j.params("critic"), wrap(n.rows(), n.obs, obs), act, 1, c.Heads, true)
	closeTo(t, "Q", j.values(obs, act), want.v, 1)
}

// Random sizes against the reference, with and without attention.
func TestCriticAgainstReference(t *testing.T) {
	for _, attention := range []bool{true, false} {
		c, n := testCritic(attention), sizes{3, 7, 5, 4}
		j := newJudge(t, c, n)
		rng := source(5)
		obs, act := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions)
		want, _ := refCritic(j.params("critic"), wrap(n.rows(), n.obs, obs), act, n.agents, c.Heads, attention)
		closeTo(t, "Q", j.values(obs, act), want.v, 1)
	}
}

// The loss in which only deciding agents count (critic_idle: false), with a penalty of weight.
func TestCriticLossAgainstReference(t *testing.T) {
	c, n := testCritic(true), sizes{3, 7, 5, 4}
	c.AttentionPenalty = 0.3
	r := newRig(t, &c, n)
	obs, act, y := r.add("obs", n.rows(), n.obs), r.add("act", n.rows()), r.add("y", n.rows())
	weight, loss := r.add("weight", n.rows()), r.add("loss")
	p := r.open(func(b *machine.Builder) {
		f := nn.NewFragment()
		a := f.Input(act)
		v := r.critic.forward(f.Bind(r.critic.params, r.criticOnline), f.Input(obs), a)
		f.Output(r.critic.loss(v, op.Sub(v.taken(a), f.Input(y)), f.Input(weight), c.AttentionPenalty), loss)
		f.Lower(b)
	})
	rng := source(6)
	o, a, target, w := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions), normals(rng, n.rows()), make([]float32, n.rows())
	for i := range w {
		w[i] = float32(rng.IntN(2))
	}
	r.put(obs, o)
	r.put(act, a)
	r.put(y, target)
	r.put(weight, w)
	r.run(p)
	q, penalty := refCritic(r.params("critic"), wrap(n.rows(), n.obs, o), a, n.agents, c.Heads, true)
	want := refCriticLoss(&c, q, penalty, a, wrap(n.rows(), 1, target).v, wrap(n.rows(), 1, w).v)
	closeTo(t, "loss", r.get(loss), []float64{want}, 1)
}

func equalBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

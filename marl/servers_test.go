package marl_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// wave is a tensor of the golden numbers: w[i] = scale sin(freq i + offset).
type wave struct {
	Shape               []int
	Scale, Freq, Offset float64
}

func (w *wave) numbers() []float32 {
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(w.Scale * math.Sin(w.Freq*float64(i)+w.Offset))
	}
	return v
}

// serverGolden is testdata/server_critic_golden.json: PyTorch autograd in float64; its key "generator" holds the program that
// made it.
type serverGolden struct {
	B, N, O, U, H, Heads, M, C int
	Spec                       map[string]wave
	Obs, Y                     wave
	Actions, Servers           []float32
	Q                          []float64
	Penalty, Loss              float64
	Grads                      map[string][]float32
}

// told is a critic that is told servers, with its loss and gradients as a Program.
type told struct {
	*marltest.Rig
	net                           *marl.Net
	p                             *kernels.Program
	obs, act, servers, y, q, loss machine.Tensor
	table                         machine.Tensor // [M+1, 8] if it is fixed
}

func newTold(t *testing.T, c *marl.AttentionConfig, s *marl.ServerConfig, n marl.Sizes) *told {
	shared := tiny(1)
	r := &told{Rig: marltest.NewRig(t, &shared, n)}
	critic := marl.NewServerCritic(c, s, n)
	r.net = r.Train("critic", critic.Params(), c.LRCritic)
	r.obs, r.act, r.y = r.Add("obs", n.Rows(), n.Obs), r.Add("act", n.Rows()), r.Add("y", n.Rows())
	r.servers, r.q, r.loss = r.Add("servers", n.Rows(), n.Candidates), r.Add("q", n.Rows(), n.Actions), r.Add("loss")
	if s.ServerEmbedding == marl.EmbeddingFourier {
		r.table = r.Add("table", n.Servers+1, 8)
	}
	r.p = r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd, act, in := r.net.Bind(f), f.Input(r.act), marl.ServerInputs{Servers: f.Input(r.servers)}
		if r.table != machine.None {
			in.Table = f.Input(r.table)
		}
		v := critic.ForwardAt(bd, f.Input(r.obs), act, in)
		loss := critic.Loss(v, op.Sub(v.Taken(act), f.Input(r.y)), nil, c.AttentionPenalty)
		r.Must(f.Gradients(loss, bd, r.net.Adam.Grads()))
		f.Output(v.Q, r.q)
		f.Output(loss, r.loss)
		f.Lower(b)
	})
	return r
}

// play runs the Program.
func (r *told) play(obs, act, servers, y []float32) {
	r.Put(r.obs, obs)
	r.Put(r.act, act)
	r.Put(r.servers, servers)
	r.Put(r.y, y)
	r.Run(r.p)
}

func (r *told) gradient(name string) []float32 {
	return r.Get(r.Lookup(r.net.Adam.Grads().Flat.Name() + "/" + name))
}

// Values, loss and all gradients of the critic that is told servers against PyTorch.
func TestServerCriticGolden(t *testing.T) {
	raw, err := os.ReadFile("testdata/server_critic_golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g serverGolden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	c, s := marl.DefaultAttention(), marl.ServerConfig{ServerEmbedding: marl.EmbeddingLearned, MatchingHeads: true}
	c.Hidden, c.Heads, c.AttentionPenalty = g.H, g.Heads, 1e-3
	n := marl.Sizes{Worlds: g.B, Agents: g.N, Obs: g.O, Actions: g.U, Servers: g.M, Candidates: g.C}
	r := newTold(t, &c, &s, n)
	for name, w := range g.Spec {
		r.Put(r.Lookup("critic/"+name), w.numbers())
	}
	obs := g.Obs.numbers()
	r.play(obs, g.Actions, g.Servers, g.Y.numbers())
	marltest.CloseTo(t, "Q", r.Get(r.q), g.Q, 1)
	marltest.CloseTo(t, "loss", r.Get(r.loss), []float64{g.Loss}, 1)
	if len(g.Grads) != len(g.Spec) || len(g.Grads) == 0 {
		t.Fatalf("%d gradients of %d parameters", len(g.Grads), len(g.Spec))
	}
	for name, want := range g.Grads {
		marltest.CloseTo(t, "gradient of "+name, r.gradient(name), marltest.Doubles(want), 1)
	}
	reference := marltest.ServerCritic{Agents: g.N, Heads: g.Heads, Attention: true, Matching: true}
	q, penalty := reference.Values(r.Params("critic"), marltest.Wrap(n.Rows(), g.O, obs), g.Actions, marltest.Wrap(n.Rows(), g.C, g.Servers))
	for i, want := range g.Q {
		marltest.Near(t, "reference Q", q.V[i], want, 1e-5*(1+math.Abs(want)))
	}
	marltest.Near(t, "reference penalty", penalty, g.Penalty, 1e-5)
}

// serversOf are n random numbers of servers, 0 to servers, which is none.
func serversOf(rng *rand.Rand, n, servers int) []float32 {
	return marltest.ActionsOf(rng, n, servers+1)
}

// Random sizes against the reference: with more and fewer heads than candidates, with a cloud and without, in groups, with
// matching heads, without, and without attention. The gradient of the table is compared with finite differences.
func TestServerCriticAgainstReference(t *testing.T) {
	for _, c := range []struct {
		heads, candidates, extra, neighbours int
		attention, matching                  bool
	}{
		{4, 4, 0, 0, true, true}, {2, 3, 1, 0, true, true}, {4, 1, 0, 0, true, true}, {3, 2, 1, 4, true, true}, {4, 3, 0, 0, true, false}, {2, 3, 1, 0, false, true},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			a, s := testCritic(c.attention), marl.ServerConfig{ServerEmbedding: marl.EmbeddingLearned, MatchingHeads: c.matching}
			a.Heads, a.Hidden, a.Neighbours = c.heads, 12*c.heads, c.neighbours
			n := marl.Sizes{Worlds: 2, Agents: 8, Obs: 5, Actions: 1 + c.candidates + c.extra, Servers: 6, Candidates: c.candidates}
			r, rng := newTold(t, &a, &s, n), marltest.Source(11)
			obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
			servers, y := serversOf(rng, n.Rows()*n.Candidates, n.Servers), marltest.Normals(rng, n.Rows())
			r.play(obs, act, servers, y)
			p, reference := r.Params("critic"), marltest.ServerCritic{Agents: n.Agents, Heads: c.heads, Attention: c.attention, Matching: c.matching}
			if c.neighbours > 0 {
				reference.Agents = c.neighbours
			}
			loss := func() (marltest.Matrix, float64) {
				q, penalty := reference.Values(p, marltest.Wrap(n.Rows(), n.Obs, obs), act, marltest.Wrap(n.Rows(), n.Candidates, servers))
				return q, marltest.CriticLoss(a.AttentionPenalty, q, penalty, act, marltest.Doubles(y), marltest.Doubles(marltest.Ones(n.Rows())))
			}
			q, l := loss()
			marltest.CloseTo(t, "Q", r.Get(r.q), q.V, 1)
			marltest.CloseTo(t, "loss", r.Get(r.loss), []float64{l}, 1)
			compareGradient(t, p["server_embedding"].V, r.gradient("server_embedding"), func() float64 { _, l := loss(); return l })
		})
	}
}

// A critic with fixed vectors of servers against the reference.
func TestFourierCriticAgainstReference(t *testing.T) {
	a, s := testCritic(true), marl.ServerConfig{ServerEmbedding: marl.EmbeddingFourier, MatchingHeads: true}
	a.Hidden = 48
	n := marl.Sizes{Worlds: 2, Agents: 6, Obs: 5, Actions: 4, Servers: 5, Candidates: 3}
	r, rng := newTold(t, &a, &s, n), marltest.Source(14)
	obs, act := marltest.Normals(rng, n.Rows()*n.Obs), marltest.ActionsOf(rng, n.Rows(), n.Actions)
	servers, table := serversOf(rng, n.Rows()*n.Candidates, n.Servers), marltest.Normals(rng, (n.Servers+1)*8)
	r.Put(r.table, table)
	r.play(obs, act, servers, make([]float32, n.Rows()))
	p := r.Params("critic")
	p["server_embedding"] = marltest.Wrap(n.Servers+1, 8, table)
	reference := marltest.ServerCritic{Agents: n.Agents, Heads: a.Heads, Attention: true, Matching: true}
	q, _ := reference.Values(p, marltest.Wrap(n.Rows(), n.Obs, obs), act, marltest.Wrap(n.Rows(), n.Candidates, servers))
	marltest.CloseTo(t, "Q", r.Get(r.q), q.V, 1)
}

// A critic of states against the reference, with more and fewer heads than candidates, and without matching heads or attention.
func TestServerValueCriticAgainstReference(t *testing.T) {
	for _, c := range []struct {
		heads, candidates   int
		attention, matching bool
	}{{4, 4, true, true}, {4, 3, true, true}, {2, 3, true, true}, {2, 2, true, false}, {2, 2, false, true}} {
		a, s := testCritic(c.attention), marl.ServerConfig{ServerEmbedding: marl.EmbeddingLearned, MatchingHeads: c.matching}
		a.Heads, a.Hidden = c.heads, 12*c.heads
		n := marl.Sizes{Worlds: 2, Agents: 6, Obs: 5, Actions: 1 + c.candidates, Servers: 5, Candidates: c.candidates}
		shared := tiny(1)
		r, rng := marltest.NewRig(t, &shared, n), marltest.Source(15)
		critic := marl.NewServerValueCritic(&a, &s, n)
		net := r.Train("critic", critic.Params(), 0)
		seen, servers, v := r.Add("obs", n.Rows(), n.Obs), r.Add("servers", n.Rows(), n.Candidates), r.Add("v", n.Rows())
		p := r.Open(func(b *machine.Builder) {
			f := nn.NewFragment()
			values := critic.ForwardAt(net.Bind(f), f.Input(seen), nil, marl.ServerInputs{Servers: f.Input(servers)})
			f.Output(values.State(), v)
			f.Lower(b)
		})
		obs, at := marltest.Normals(rng, n.Rows()*n.Obs), serversOf(rng, n.Rows()*n.Candidates, n.Servers)
		r.Put(seen, obs)
		r.Put(servers, at)
		r.Run(p)
		reference := marltest.ServerCritic{Agents: n.Agents, Heads: c.heads, Attention: c.attention, Matching: c.matching}
		want, _ := reference.Values(r.Params("critic"), marltest.Wrap(n.Rows(), n.Obs, obs), nil, marltest.Wrap(n.Rows(), n.Candidates, at))
		marltest.CloseTo(t, fmt.Sprintf("V of %v", c), r.Get(v), want.V, 1)
	}
}

// compareGradient compares the gradient of some elements of w with central differences of the loss.
func compareGradient(t *testing.T, w []float64, got []float32, loss func() float64) {
	t.Helper()
	const h = 1e-5
	for i := 0; i < len(w); i += 5 {
		old := w[i]
		w[i] = old + h
		up := loss()
		w[i] = old - h
		down := loss()
		w[i] = old
		marltest.Near(t, fmt.Sprintf("d loss / d E[%d]", i), float64(got[i]), (up-down)/(2*h), 2e-5)
	}
}

// Q_i depends on the servers of the others, but not on the own recorded action, and the numbers of servers have no order: it
// stays when rows of the table and numbers are exchanged together.
func TestServersEnterAsNames(t *testing.T) {
	a, s := testCritic(true), marl.ServerConfig{ServerEmbedding: marl.EmbeddingLearned, MatchingHeads: true}
	a.Hidden = 48
	n := marl.Sizes{Worlds: 1, Agents: 5, Obs: 4, Actions: 3, Servers: 4, Candidates: 2}
	r, rng := newTold(t, &a, &s, n), marltest.Source(12)
	obs, act, y := marltest.Normals(rng, n.Rows()*n.Obs), []float32{1, 2, 0, 1, 2}, make([]float32, n.Rows())
	servers := []float32{0, 1, 1, 2, 3, 0, 2, 4, 0, 3}
	values := func() []float32 { r.play(obs, act, servers, y); return r.Get(r.q) }
	before := values()
	act[0] = 2
	if own := values(); !marltest.EqualBits(own[:3], before[:3]) || marltest.EqualBits(own[3:], before[3:]) {
		t.Error("the own action enters Q, or does not enter that of the others")
	}
	act[0], servers[6] = 1, 0 // agent 3 has chosen candidate 1
	if other := values(); marltest.EqualBits(other[:3], before[:3]) {
		t.Error("the server that another agent uses does not enter Q")
	}
	servers[6] = 2
	table := r.Lookup("critic/server_embedding")
	e := r.Get(table)
	for j := range 8 {
		e[0*8+j], e[2*8+j] = e[2*8+j], e[0*8+j]
	}
	r.Put(table, e)
	for i, m := range servers {
		servers[i] = map[float32]float32{0: 2, 2: 0, 1: 1, 3: 3, 4: 4}[m]
	}
	marltest.CloseTo(t, "Q with other numbers", values(), marltest.Doubles(before), 1)
}

// The fixed vectors have length 1, that of no server is 0, and products estimate exp(-d^2 / (2 l^2)) without bias, where l is half
// of the mean distance to the nearest other server.
func TestFourierFeatures(t *testing.T) {
	at := [][2]float32{{100, 50}, {130, 50}, {100, 90}, {130, 90}, {200, 50}}
	const draws, width, l = 4000, 8, (4*30.0 + 70) / 5 / 2
	rng, mean := marltest.Source(13), make([]float64, len(at))
	for range draws {
		phi := marl.FourierFeatures(at, rng)
		if len(phi) != (len(at)+1)*width {
			t.Fatalf("%d numbers", len(phi))
		}
		for m := range at {
			sum, length := 0.0, 0.0
			for j := range width {
				sum += float64(phi[j]) * float64(phi[m*width+j])
				length += float64(phi[m*width+j]) * float64(phi[m*width+j])
			}
			mean[m] += sum / draws
			marltest.Near(t, "length", length, 1, 1e-6)
		}
		for _, x := range phi[len(at)*width:] {
			if x != 0 {
				t.Fatal("no server has a vector that is not 0")
			}
		}
	}
	for m, p := range at {
		d := math.Hypot(float64(p[0]-at[0][0]), float64(p[1]-at[0][1]))
		marltest.Near(t, fmt.Sprintf("product over %g m", d), mean[m], math.Exp(-d*d/(2*l*l)), 0.025) // deviation of the mean: below .006
	}
}

// An environment that tells nothing is refused, and so is a head too narrow for the vector of a server.
func TestServerSettingsThatDoNotFit(t *testing.T) {
	c := tiny(1)
	own := c.Own.(*amarl.Config)
	own.ServerEmbedding = marl.EmbeddingLearned
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "amarl.hidden: 16 is not allowed; allowed: above 16: matching_heads takes 8 columns of each of 2 heads") {
		t.Errorf("narrow heads: %v", err)
	}
	own.MatchingHeads = false
	placeless := marltest.Busy()
	placeless.Positions = nil
	own.ServerEmbedding = marl.EmbeddingFourier
	_, err := marl.Plan(c, marltest.NewToy(placeless, c.Worlds, 1), marltest.OpenBackend(t, "auto", 1), 1)
	if err == nil || !strings.Contains(err.Error(), `amarl.server_embedding is "fourier", but the environment does not tell where its servers are; allowed: none, learned`) {
		t.Errorf("no places: %v", err)
	}
	own.ServerEmbedding = marl.EmbeddingLearned
	blind := marltest.Busy()
	blind.Servers, blind.Candidates, blind.Serve = 0, 0, nil
	_, err = marl.Plan(c, marltest.NewToy(blind, c.Worlds, 1), marltest.OpenBackend(t, "auto", 1), 1)
	if err == nil || !strings.Contains(err.Error(), `amarl.server_embedding is "learned", but the environment does not tell`) {
		t.Errorf("no servers: %v", err)
	}
}

package amarl

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// tellingConfig is busyConfig with a critic that is told servers.
func tellingConfig(updates int, attention, matching bool) setup {
	c := busyConfig(updates)
	c.ServerEmbedding, c.MatchingHeads, c.AttentionConfig.Attention, c.Hidden = marl.EmbeddingLearned, matching, attention, 24
	c.ActorActions = ActionsResampled
	return c
}

// Every backend gives the same bits with servers, no Program reads memory that it has not written, and a resumed run is exact.
func TestToldCriticTrainsExactly(t *testing.T) {
	fourier := tellingConfig(10, true, true)
	fourier.ServerEmbedding = marl.EmbeddingFourier
	for _, c := range []setup{tellingConfig(10, true, true), tellingConfig(10, true, false), tellingConfig(10, false, true), fourier} {
		marltest.SameEverywhere(t, c.Config)
	}
	for _, embedding := range []string{marl.EmbeddingLearned, marl.EmbeddingFourier} {
		c := tellingConfig(24, true, true)
		c.ServerEmbedding = embedding
		marltest.ReadsNoStaleMemory(t, c.Config)
		marltest.ResumesExactly(t, c.Config, 6, func(seed uint64) marl.Env { return marltest.NewToy(marltest.Busy(), c.Worlds, seed) })
	}
}

// The fixed vectors of servers stay what they were, and the critic has no table of its own.
func TestFourierVectorsAreNotTrained(t *testing.T) {
	c := tellingConfig(10, true, true)
	c.ServerEmbedding = marl.EmbeddingFourier
	tr := marltest.NewTrainer(t, c.Config, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
	before := marltest.Download(t, tr, "server_table")["phi"]
	marltest.Run(t, tr)
	after := marltest.Download(t, tr, "server_table")["phi"]
	if _, learned := marltest.Download(t, tr, "critic")["server_embedding"]; learned {
		t.Error("the critic has a table of its own")
	}
	if !slices.Equal(before.V, after.V) || before.Rows != 5 || before.At(0, 0) == 0 {
		t.Errorf("before %v, after %v", before, after)
	}
}

// The replay holds the servers of a decision and of its successor, also at the end of an episode.
func TestReplayHoldsServers(t *testing.T) {
	c, r := tellingConfig(1, true, true), marltest.Busy()
	c.SlotsPerIteration = 1
	env := marltest.NewToy(r, c.Worlds, 1)
	tr := marltest.NewTrainer(t, c.Config, env, 5)
	replay, width := learnerOf(tr).Replay, len(env.Servers())
	for step := range 2 * r.Length {
		before := append([]float32{}, env.Servers()...)
		if err := tr.Rollout(); err != nil {
			t.Fatal(err)
		}
		if kept := marltest.Get(t, tr, replay.Servers)[step*width:][:width]; !marltest.EqualBits(kept, before) {
			t.Fatalf("step %d: servers %g, the game showed %g", step, kept, before)
		}
		following, end := env.Servers(), step%r.Length == r.Length-1
		if end {
			following = env.FinalServers()
		}
		if next := marltest.Get(t, tr, replay.NextServers)[step*width:][:width]; !marltest.EqualBits(next, following) {
			t.Fatalf("step %d, end %t: successor %g, the game showed %g", step, end, next, following)
		}
	}
}

// Worlds of every engine give the same run. IEDs move, so candidates change within episodes.
func TestEnginesTellTheSameServers(t *testing.T) {
	c := smallConfig(6)
	c.ServerEmbedding, c.Hidden, c.Heads = marl.EmbeddingLearned, 36, 4
	var want *marl.Trainer
	for _, engine := range sim.Engines() {
		s := marltest.Small(t)
		s.Hall.Mobility = sim.Mobility{SpeedMPerS: sim.Range{10, 30}, EverySlots: 2, CorrelationM: 10}
		w, err := sim.NewOn(engine, s, c.Worlds, 3)
		if err != nil {
			t.Fatal(err)
		}
		tr := marltest.NewTrainer(t, c.Config, marl.OffloadingFor(&c.Config, w), 5)
		marltest.Run(t, tr)
		if want == nil {
			want = tr
		}
		marltest.SameState(t, marltest.StateOf(t, want), marltest.StateOf(t, tr))
	}
	table := marltest.Get(t, want, learnerOf(want).Replay.Servers)
	if c := learnerOf(want).Sizes; len(table) == 0 || c.Candidates == 0 {
		t.Error("the replay holds no servers")
	}
}

// rendezvous is a game in which matching matters. Every agent has a token, +1 or -1, and two candidates among 12 servers; its
// reward is the mean token of the others that choose its server, 0 if there are none. It observes nothing but its own token.
func rendezvous() marltest.Rules {
	const agents, servers = 12, 12
	token := func(s float32, agent int) float32 { return 1 - 2*float32(int(s)>>agent&1) }
	server := func(s float32, agent, c int) int { return (int(s)/7*(agent+3) + agent*5 + c*(1+int(s)%11)) % servers }
	return marltest.Rules{
		Agents: agents, Obs: 1, Actions: 3, Length: 1, Servers: servers, Candidates: 2,
		Start:   func(word uint32) float32 { return float32(word >> 12) }, // 20 bits
		Observe: func(o []float32, agent int, s float32, _ int) { o[0] = token(s, agent) },
		Legal:   func(_ float32, _, action int) bool { return action > 0 },
		Serve: func(to []float32, agent int, s float32, _ int) {
			to[0], to[1] = float32(server(s, agent, 0)), float32(server(s, agent, 1))
		},
		Reward: func(r []float32, s float32, _ int, a []int32) {
			for i := range r {
				sum, n := float32(0), float32(0)
				for j := range a {
					if j != i && server(s, j, int(a[j])-1) == server(s, i, int(a[i])-1) {
						sum, n = sum+token(s, j), n+1
					}
				}
				r[i] = sum / max(1, n)
			}
		},
	}
}

// unexplained trains on rendezvous and returns the metric of the last quarter of the run.
func unexplained(t *testing.T, change func(*setup)) float32 {
	t.Helper()
	c := tiny(800)
	c.Gamma, c.Omega, c.Alpha, c.AlphaFinal, c.Hidden, c.Heads, c.Replay, c.LogEvery = 0, 0, 1, 1, 32, 2, 4000, 200
	c.MatchingHeads = false
	change(&c)
	tr := marltest.NewTrainer(t, c.Config, marltest.NewToy(rendezvous(), c.Worlds, 1), 1)
	return marltest.LastScalar(t, tr, "unexplained")
}

// A critic with matching heads learns whom an agent meets. Attention that is not told servers cannot, and neither can uniform
// weights, told or not: the mean over all others mixes those that are met with those that are not.
func TestMatchingHeadsLearnWhoMeets(t *testing.T) {
	marltest.Compiled(t)
	told := func(c *setup) { c.ServerEmbedding = marl.EmbeddingLearned }
	match := unexplained(t, func(c *setup) { told(c); c.MatchingHeads = true })
	attention := unexplained(t, func(*setup) {})
	uniform := unexplained(t, func(c *setup) { told(c); c.AttentionConfig.Attention = false })
	seen := unexplained(t, told)
	t.Logf("unexplained variance: matching heads %.3f, attention not told %.3f, uniform told %.3f, attention told without matching heads %.3f", match, attention, uniform, seen)
	if match > 0.5*attention || match > 0.5*uniform {
		t.Error("matching heads do not leave half of what the others leave")
	}
}

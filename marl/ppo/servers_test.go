package ppo

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// tellingPPO is busyPPO with a critic that is told servers.
func tellingPPO(updates int, embedding string) setup {
	c := busyPPO(updates)
	c.ServerEmbedding, c.Hidden = embedding, 24
	return c
}

// Every backend gives the same bits with servers, no Program reads memory that it has not written, and a resumed run is exact.
func TestToldCriticTrainsExactly(t *testing.T) {
	for _, embedding := range []string{marl.EmbeddingLearned, marl.EmbeddingFourier} {
		marltest.SameEverywhere(t, tellingPPO(12, embedding).Config)
	}
	marltest.ReadsNoStaleMemory(t, tellingPPO(24, marl.EmbeddingLearned).Config)
	c := tellingPPO(48, marl.EmbeddingLearned)
	marltest.ResumesExactly(t, c.Config, 12, func(seed uint64) marl.Env { return marltest.NewToy(marltest.Busy(), c.Worlds, seed) })
}

// The buffer holds the servers of every slot, and worlds of every engine give the same run.
func TestEnginesTellTheSameServers(t *testing.T) {
	c := tellingPPO(12, marl.EmbeddingLearned)
	var want *marl.Trainer
	for _, engine := range sim.Engines() {
		s := marltest.Small(t)
		s.Hall.Mobility = sim.Mobility{SpeedMPerS: sim.Range{10, 30}, EverySlots: 2, CorrelationM: 10}
		w, err := sim.NewOn(engine, s, c.Worlds, 3)
		if err != nil {
			t.Fatal(err)
		}
		tr := marltest.NewTrainer(t, c.Config, marl.OffloadingFor(&c.Config, w), 5)
		first := append([]float32{}, w.Servers...)
		if err := tr.Rollout(); err != nil {
			t.Fatal(err)
		}
		if kept := marltest.Get(t, tr, tr.Learner().(*Learner).buffer.servers); len(first) == 0 || !marltest.EqualBits(kept[:len(first)], first) {
			t.Errorf("%s: the first slot of the buffer is not what the worlds told", engine)
		}
		marltest.Run(t, tr)
		if want == nil {
			want = tr
		}
		marltest.SameState(t, marltest.StateOf(t, want), marltest.StateOf(t, tr))
	}
}

package marl_test

import (
	"context"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// grantedTrainer learns in the game of marltest.Small, where messages take time and IEDs decide in four turns.
func grantedTrainer(t *testing.T, backend kernels.Backend) *marl.Trainer {
	t.Helper()
	c, s := neighbourly(0), marltest.Small(t)
	c.Updates, c.Turns, s.Time.MessageS = 12, 4, 0.05
	w, err := sim.New(s, c.Worlds, 3)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), backend, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
		t.Fatal(err)
	}
	return tr
}

// IEDs wait for a message to each IED with a task that the same ES has granted in an earlier turn, and for their own, against loops.
func TestIEDsWaitForTheirGrants(t *testing.T) {
	tr := grantedTrainer(t, marltest.OpenBackend(t, "auto", 1))
	p, err := tr.Policy(marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := marltest.Small(t)
	s.Time.MessageS = 0.05
	w, err := sim.New(s, 3, 8)
	if err != nil {
		t.Fatal(err)
	}
	actions, servers, longest := make([]int32, w.W*w.A), make([]float32, w.W*w.A*s.Candidates()), int32(0)
	for range 20 {
		w.ListServers(servers)
		p.Act(w, actions)
		hasTask := func(n int) bool { return w.Mask[n*w.U+1] == 1 }
		turn := func(n int) int { // of four, the most data first
			place, data := 0, func(i int) float32 { return w.Obs[i*w.O+len(s.Tasks.Models)+1] }
			for j := n / w.A * w.A; j < (n/w.A+1)*w.A; j++ {
				if data(j) > data(n) || data(j) == data(n) && j < n {
					place++
				}
			}
			return place / (w.A / 4)
		}
		for n, granted := range actions {
			want := int32(0)
			for j := n / w.A * w.A; hasTask(n) && j < (n/w.A+1)*w.A; j++ {
				if j == n || hasTask(j) && turn(j) < turn(n) && servers[j*s.Candidates()] == servers[n*s.Candidates()] {
					want++
				}
			}
			if k := granted / int32(w.U); k != want {
				t.Fatalf("IED %d waits for %d messages, want %d", n, k, want)
			}
			longest = max(longest, want)
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	if longest < 2 {
		t.Errorf("no IED waits for more than %d messages", longest)
	}
}

// Training with messages gives the same bits on all backends.
func TestGrantsGiveTheSameBits(t *testing.T) {
	var want *checkpoint.State
	for _, name := range kernels.Backends() {
		got := marltest.StateOf(t, grantedTrainer(t, marltest.OpenBackend(t, name, 2)))
		if want == nil {
			want = got
		}
		marltest.SameState(t, want, got)
	}
}

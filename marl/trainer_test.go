package marl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

func TestRestoreRefusesAnotherRun(t *testing.T) {
	c := tiny(4)
	a := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
	b := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 6)
	if err := b.Restore(marltest.StateOf(t, a)); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Errorf("error %v, want one about the seed", err)
	}
}

// After 4 slots the ring has the newest transitions, at the rows that the host counts.
func TestRing(t *testing.T) {
	c, n := tiny(1), marl.Sizes{Worlds: 4, Agents: 3, Obs: 4, Actions: 3}
	w := marltest.NewRig(t, &c, n)
	ring := w.NewRing(marl.RingOptions{Prefix: "ring/", Observed: "obs", Capacity: 10})
	table := ring.Table("reward", n.Agents)
	obs, reward := w.Add("obs", n.Worlds, n.Agents*n.Obs), w.Add("reward", n.Worlds, n.Agents)
	p := w.Open(func(b *machine.Builder) {
		w.Keep(b, marl.Entry{Table: ring.Observed, Row: obs}, marl.Entry{Table: table, Row: reward})
	})
	device, host := ring.Places()
	w.Put(device, host)
	for slot := range 4 {
		rewards := make([]float32, 12)
		for i := range rewards {
			rewards[i] = float32(10*slot + i/3) // row number in the tens and ones
		}
		w.Put(reward, rewards)
		w.Run(p)
		ring.Advance(4)
		_, host := ring.Places()
		if got, filled := w.Get(device), w.Get(ring.Size)[0]; !slices.Equal(got, host) || filled != float32(ring.Filled()) {
			t.Errorf("after slot %d the device goes on at %g of %g, the host at %g of %d", slot, got, filled, host, ring.Filled())
		}
	}
	if _, host := ring.Places(); ring.Filled() != 10 || host[0] != 6 {
		t.Errorf("filled %d, next %g, want 10, 6", ring.Filled(), host[0])
	}
	got := w.Get(table)
	for row, want := range []float32{22, 23, 30, 31, 32, 33, 12, 13, 20, 21} {
		if got[3*row] != want {
			t.Errorf("row %d is %g, want %g", row, got[3*row], want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	s := sim.Summary{Policy: "x", ActionShares: []float64{0.01, 0.99}}
	if d := marl.Degenerate(s); !strings.Contains(d, "candidate 1") {
		t.Errorf("%q", d)
	}
	s.ActionShares = []float64{1, 0}
	if d := marl.Degenerate(s); !strings.Contains(d, "local") {
		t.Errorf("%q", d)
	}
	s.ActionShares = []float64{0.5, 0.5}
	if d := marl.Degenerate(s); d != "" {
		t.Errorf("%q", d)
	}
}

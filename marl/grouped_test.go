package marl

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// The grouped game is the game in another order: by nearest ES, kept for an episode, and back again for
// the actions. A state that is kept goes on as the original.
func TestGroupedIsTheGameInAnotherOrder(t *testing.T) {
	s := small(t)
	plain, err := sim.New(s, 3, 7)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, 3, 7)
	if err != nil {
		t.Fatal(err)
	}
	g, rng := newGrouped(w), source(8)
	nearest := make([]int32, w.W*w.A)
	check := func() {
		t.Helper()
		plain.Nearest(nearest)
		for i, ied := range g.order {
			n := i - i%w.A + int(ied)
			if !slices.Equal(g.obs[i*w.O:][:w.O], plain.Obs[n*w.O:][:w.O]) || !slices.Equal(g.mask[i*w.U:][:w.U], plain.Mask[n*w.U:][:w.U]) {
				t.Fatalf("place %d does not show IED %d", i, ied)
			}
			if i%w.A > 0 && nearest[n] < nearest[i-i%w.A+int(g.order[i-1])] {
				t.Fatalf("order %v of ESs %v", g.order, nearest)
			}
		}
	}
	check()
	ends := 0
	for slot := range 3 * s.Time.Slots {
		order, act, direct := slices.Clone(g.order), make([]int32, w.W*w.A), make([]int32, w.W*w.A)
		for i, ied := range order {
			if g.mask[i*w.U+1] == 1 {
				act[i] = int32(rng.IntN(w.U))
			}
			direct[i-i%w.A+int(ied)] = act[i]
		}
		if slot == s.Time.Slots+2 {
			kept, err := g.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Step(act); err != nil {
				t.Fatal(err)
			}
			if err := g.UnmarshalBinary(kept); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Step(act); err != nil {
			t.Fatal(err)
		}
		if err := plain.Step(direct); err != nil {
			t.Fatal(err)
		}
		for i, ied := range order {
			n := i - i%w.A + int(ied)
			if g.reward[i] != plain.Reward[n] || g.active[i] != plain.HadTask[n] {
				t.Fatalf("slot %d: reward of place %d is not that of IED %d", slot, i, ied)
			}
			if plain.Truncated[i/w.A] {
				ends++
				if !slices.Equal(g.finObs[i*w.O:][:w.O], plain.FinalObs[n*w.O:][:w.O]) {
					t.Fatalf("slot %d: the last observation of place %d is not that of IED %d", slot, i, ied)
				}
			}
		}
		check()
	}
	if ends == 0 {
		t.Error("no episode has ended")
	}
}

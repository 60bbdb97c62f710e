package sim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// IEDs that ask in the order of the rule InTurn, and each choose what is worth most, decide as the rule; and the last one is paid
// what it was told, by the step. On random scenarios over every option.
func TestAppraisalsAreThoseOfTheRule(t *testing.T) {
	asked := 0
	eachAppraised(t, func(t *testing.T, w *Worlds) {
		actions := make([]int32, w.W*w.A)
		(&InTurn{Prices: NewAppraiser(false).Prices}).Act(w, actions)
		last := []int{-1, -1}
		own := make([]float32, w.W)
		decisions, values := undecidedIn(w), make([]float32, w.W*w.A*2*w.U)
		for place := range w.A {
			for world := range w.W {
				if i := nthByData(w, world, place); i >= 0 {
					last[world], decisions[i] = i, Asking
				}
			}
			NewAppraiser(false).Appraise(w, decisions, values)
			for n, a := range decisions {
				v := values[n*2*w.U:][:2*w.U]
				if a != Asking || w.model[n] < 0 {
					if slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
						t.Fatalf("IED %d does not ask and sees %v", n, v)
					}
					continue
				}
				asked++
				action, _ := w.ungrant(actions[n])
				if worth := v[w.U+int(action)]; worth < -1e-6 || slices.Max(v[w.U:]) != 0 {
					t.Fatalf("the rule takes action %d of IED %d, of the relative values %v", action, n, v[w.U:])
				}
				decisions[n], own[n/w.A] = float32(actions[n]), v[action]
			}
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for world, n := range last {
			if n >= 0 && w.Reward[n] != own[world] {
				t.Fatalf("IED %d was told %v and is paid %v", n, own[world], w.Reward[n])
			}
		}
	})
	if asked < 500 {
		t.Errorf("only %d IEDs asked", asked)
	}
}

// With the requests of later IEDs, an IED sees what its actions are worth beside the decisions that the rule makes for them.
func TestLaterIEDsFollowTheRule(t *testing.T) {
	eachAppraised(t, func(t *testing.T, w *Worlds) {
		if w.p.message > 0 {
			return // in the plan IEDs that decide later would be granted first
		}
		size, asks, order := 2*w.U, rand.New(rand.NewPCG(3, 3)).IntN(w.A), make([]float32, w.W*w.A)
		decisions, plan, values := undecidedIn(w), undecidedIn(w), make([]float32, w.W*w.A*2*w.U)
		NewAppraiser(false).Order(w, order)
		at := func(world, place int) int { return int(order[world*w.A+place]) }
		for place := range w.A {
			for world := range w.W {
				plan[at(world, place)] = Asking
			}
			NewAppraiser(false).Appraise(w, plan, values)
			for world := range w.W {
				n := at(world, place)
				plan[n] = float32(slices.Index(values[n*size+w.U:][:w.U], 0)) // the first of most value
				if place < asks {
					decisions[n] = plan[n]
				}
			}
		}
		for world := range w.W {
			decisions[at(world, asks)], plan[at(world, asks)] = Asking, Asking
		}
		later := make([]float32, len(values))
		NewAppraiser(false).Appraise(w, plan, values)
		NewAppraiser(true).Appraise(w, decisions, later)
		if !slices.Equal(values, later) {
			t.Fatalf("the IED in place %d sees other values than beside the plan", asks)
		}
	})
}

// eachAppraised calls f in a slot of random scenarios.
func eachAppraised(t *testing.T, f func(t *testing.T, w *Worlds)) {
	t.Helper()
	for seed, scenarios := uint64(1), 0; scenarios < 60; seed++ {
		d := dice{rand.New(rand.NewPCG(seed, 17))}
		s := d.scenario(t)
		if s.IEDs > 60 {
			continue
		}
		scenarios++
		w, err := New(s, 2, seed)
		if err != nil {
			t.Fatal(err)
		}
		actions := make([]int32, w.W*w.A)
		for range min(3, s.Time.Slots-1) {
			d.act(w, actions)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
		}
		f(t, w)
	}
}

func undecidedIn(w *Worlds) []float32 { return slices.Repeat([]float32{Undecided}, w.W*w.A) }

// nthByData is the IED of a world with a task that has the n-th most data, of equals the lowest number; -1 if there is none.
func nthByData(w *Worlds, world, n int) int {
	var ieds []int
	for i := world * w.A; i < (world+1)*w.A; i++ {
		if w.model[i] >= 0 {
			ieds = append(ieds, i)
		}
	}
	slices.SortStableFunc(ieds, func(i, j int) int { return cmp.Compare(w.data[j], w.data[i]) })
	if n >= len(ieds) {
		return -1
	}
	return ieds[n]
}

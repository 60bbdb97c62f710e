package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// shown is what a world shows after a step.
func shown(w *Worlds, world int) string {
	agents := world * w.A
	return fmt.Sprint(w.Obs[agents*w.O:][:w.A*w.O], w.Mask[agents*w.U:][:w.A*w.U], w.Reward[agents:][:w.A],
		w.HadTask[agents:][:w.A], w.Truncated[world])
}

// eachEngine calls f with worlds of random scenarios on every engine, and with what the same worlds
// show after 0, 1, 2, ... slots of two episodes.
func eachEngine(t *testing.T, f func(t *testing.T, d dice, w *Worlds, p Policy, want [][]string)) {
	for seed := range uint64(12) {
		d := dice{rand.New(rand.NewPCG(seed, 11))}
		s := d.scenario(t)
		for s.IEDs > 100 {
			s = d.scenario(t)
		}
		for _, engine := range Engines() {
			all, p, actions := start(t, s, 4, seed)
			want := [][]string{nil}
			for k := 0; ; k++ {
				for world := range all.W {
					want[k] = append(want[k], shown(all, world))
				}
				if k == 2*s.Time.Slots {
					break
				}
				play(t, all, p, actions, 1)
				want = append(want, nil)
			}
			w, err := NewOn(engine, s, 4, seed)
			if err != nil {
				t.Fatal(err)
			}
			w.RecordTasks(d.flag())
			f(t, d, w, p, want)
		}
	}
}

// A world that waits continues as if it had not waited, and has no results meanwhile.
func TestStepSomeMovesTheChosenWorldsOnly(t *testing.T) {
	eachEngine(t, func(t *testing.T, d dice, w *Worlds, p Policy, want [][]string) {
		actions, played := make([]int32, w.W*w.A), make([]int, w.W)
		for slices.Max(played) < len(want)-1 {
			p.Act(w, actions)
			chosen := make([]bool, w.W)
			for world := range chosen {
				if chosen[world] = d.flag(); !chosen[world] {
					actions[world*w.A] = -1 // is not read
				}
			}
			if err := w.StepSome(actions, chosen); err != nil {
				t.Fatal(err)
			}
			for world, plays := range chosen {
				if !plays {
					if idle := w.Reward[world*w.A:][:w.A]; slices.Min(idle) != 0 || slices.Max(idle) != 0 || w.Truncated[world] {
						t.Fatalf("world %d waits and has rewards %v", world, idle)
					}
					continue
				}
				played[world]++
				if got := shown(w, world); got != want[played[world]][world] {
					t.Fatalf("engine %s, world %d, slot %d: it shows\n%s\nwant\n%s", w.Engine(), world, played[world], got, want[played[world]][world])
				}
			}
		}
	})
}

// A world that restarts plays the episode that the time limit would have brought.
func TestRestartBeginsTheNextEpisode(t *testing.T) {
	eachEngine(t, func(t *testing.T, d dice, w *Worlds, p Policy, want [][]string) {
		actions, slots := make([]int32, w.W*w.A), (len(want)-1)/2
		before := d.IntN(slots)
		play(t, w, p, actions, before)
		if err := w.Restart([]bool{true, false, false, true}); err != nil {
			t.Fatal(err)
		}
		for world, at := range []int{slots, before, before, slots} {
			if got := shown(w, world); world%3 > 0 && got != want[at][world] {
				t.Fatalf("engine %s, world %d shows\n%s\nwant\n%s", w.Engine(), world, got, want[at][world])
			}
		}
		for k := 1; k <= slots; k++ {
			play(t, w, p, actions, 1)
			for world, at := range []int{slots + k, before + k, before + k, slots + k} {
				if got := shown(w, world); got != want[at][world] {
					t.Fatalf("engine %s, world %d, slot %d shows\n%s\nwant\n%s", w.Engine(), world, at, got, want[at][world])
				}
			}
		}
	})
}

func TestChoicesOfWorldsAreChecked(t *testing.T) {
	w, p, actions := start(t, paper(t, nil), 2, 1)
	p.Act(w, actions)
	before := marshal(t, w)
	idle := slices.Index(w.model, -1)
	actions[idle] = 1
	chosen := []bool{idle < w.A, idle >= w.A}
	for want, err := range map[string]error{
		"sim: 1 flags choose among 2 worlds; allowed: 2": w.StepSome(actions, chosen[:1]),
		"sim: 3 flags choose among 2 worlds; allowed: 2": w.Restart(make([]bool, 3)),
		"sim: 59 actions for 2 worlds of 30 IEDs":        w.StepSome(actions[:59], chosen),
		"action 1 is illegal; allowed: 0 (no task)":      w.StepSome(actions, chosen),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if string(before) != string(marshal(t, w)) {
		t.Error("a refused call changed the worlds")
	}
}

package sim

import (
	"math"
	"testing"
)

// TestNoPolicyBeatsTheOptimum enumerates all joint actions of tiny one-slot games
// (N = 3, M = 2), evaluates each with the simulator and with the naive model,
// and compares every policy with the best.
func TestNoPolicyBeatsTheOptimum(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.IEDs, s.Servers = 3, 2
		s.Hall.WidthM, s.Hall.DepthM = 80, 40
		s.Tasks.Probability, s.Time.Slots = 1, 1
	})
	gap, coordinated := map[string]float64{}, 0
	for seed := range uint64(40) {
		w, err := New(s, 1, seed)
		if err != nil {
			t.Fatal(err)
		}
		state := marshal(t, w)
		best, crowded := bruteForce(t, w, state)
		if crowded != best {
			coordinated++
		}
		for _, name := range everyPolicy() {
			p, err := NewPolicy(name, s, seed)
			if err != nil {
				t.Fatal(err)
			}
			actions := make([]int32, 3)
			restore(t, w, state)
			p.Act(w, actions)
			got := evaluate(t, w, state, actions)
			if got > best {
				t.Errorf("seed %d: %s gets %v with %v, the optimum is %v", seed, name, got, actions, best)
			}
			gap[name] += (best - got) / 40
		}
	}
	t.Logf("mean gap to the optimal total reward: %v", gap)
	if gap["switch-aware"] > gap["random"] || gap["greedy"] > gap["local"] {
		t.Errorf("mean gaps to the optimum: %v", gap)
	}
	if coordinated == 0 {
		t.Error("no game needed coordination; these cases are too easy to mean anything")
	}
}

// bruteForce returns the largest total reward over all 27 joint actions, and the
// total reward if all IEDs choose their strongest ES.
func bruteForce(t *testing.T, w *Worlds, state []byte) (best, nearest float64) {
	t.Helper()
	best = math.Inf(-1)
	for code := range int32(27) {
		actions := []int32{code % 3, code / 3 % 3, code / 9}
		restore(t, w, state)
		n := newNaive(w.scenario)
		jobs := jobsOf(w, 0, actions, 0)
		n.play(jobs)
		total, second := evaluate(t, w, state, actions), 0.0
		for _, j := range jobs {
			if j.done {
				second -= j.latency / j.due
			} else {
				second -= 2
			}
		}
		if !n.close && math.Abs(total-second) > 1e-3 {
			t.Fatalf("actions %v: total reward %v, the naive model says %v", actions, total, second)
		}
		best = math.Max(best, total)
		if code == 13 { // all three on candidate 1
			nearest = total
		}
	}
	return best, nearest
}

func restore(t *testing.T, w *Worlds, state []byte) {
	t.Helper()
	if err := w.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
}

// evaluate returns the total reward of one joint action from a state.
func evaluate(t *testing.T, w *Worlds, state []byte, actions []int32) float64 {
	t.Helper()
	restore(t, w, state)
	if err := w.Step(actions); err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, r := range w.Reward {
		total += float64(r)
	}
	return total
}

package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// everyPolicy lists all names that NewPolicy accepts.
func everyPolicy() []string { return slices.Concat(Policies(), References()) }

// TestPlannerFindsTheOptimum compares the planner with the best of all joint actions of small games of one slot, found by playing
// each of them: 3 IEDs, 2 ESs, random scenarios over the options. Later slots do not count, so all prices are 0.
func TestPlannerFindsTheOptimum(t *testing.T) {
	const games = 60
	optimal := 0
	for seed := range uint64(games) {
		s := tinyScenario(t, dice{rand.New(rand.NewPCG(seed, 3))})
		w, err := New(s, 1, seed)
		if err != nil {
			t.Fatal(err)
		}
		state, actions := marshal(t, w), make([]int32, w.A)
		best := bestJointAction(t, w, state, actions, 0)
		restore(t, w, state)
		(&InTurn{}).Act(w, actions)
		inTurn := evaluate(t, w, state, actions)
		restore(t, w, state)
		(&Planner{}).Act(w, actions)
		got := evaluate(t, w, state, actions)
		if got > best+1e-6 || got < inTurn-1e-6 {
			t.Fatalf("seed %d: the planner gets %v, in turn %v, the optimum is %v", seed, got, inTurn, best)
		}
		if best-got < 1e-6 {
			optimal++
		}
	}
	t.Logf("optimal in %d of %d games", optimal, games)
	if optimal < games*19/20 {
		t.Errorf("the planner finds the optimum in %d of %d games", optimal, games)
	}
}

// tinyScenario draws a game of one slot in which IEDs compete.
func tinyScenario(t *testing.T, d dice) *Scenario {
	t.Helper()
	for {
		s := paper(t, func(s *Scenario) {
			s.IEDs, s.Servers, s.MaxCandidates, s.Tasks.Probability = 3, 2, 2, 1
			s.Hall.WidthM, s.Hall.DepthM = 80, 40
			s.Time = Clock{SlotS: 1, Slots: 1}
			s.Radio.BandwidthMHz = d.between(4, 20)
		})
		d.options(t, s)
		s.Tasks.Arrivals = Arrivals{}
		if s.Validate() == nil {
			return s
		}
	}
}

// bestJointAction returns the largest total reward over the legal actions of IED i and those after it.
func bestJointAction(t *testing.T, w *Worlds, state []byte, actions []int32, i int) float64 {
	t.Helper()
	if i == w.A {
		return evaluate(t, w, state, actions)
	}
	restore(t, w, state)
	best := math.Inf(-1)
	for k := range w.choices(i) {
		restore(t, w, state)
		actions[i] = w.choice(i, k)
		best = max(best, bestJointAction(t, w, state, actions, i+1))
	}
	return best
}

// TestReferencesAreYardsticks: more knowledge gives more reward, episode by episode, as in the study of the heuristics' headroom.
func TestReferencesAreYardsticks(t *testing.T) {
	for _, name := range []string{"paper", "hot"} {
		s, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		var last []EpisodeStats
		for _, name := range []string{"random", "switch-aware", "imagine", "in-turn", "planner"} {
			episodes := playedEpisodes(t, s, name, 6)
			if last != nil && lowerEnd(episodes, last) <= 0 {
				t.Errorf("%s: %s has no more reward than the policy before it: %v, %v", s.Name, name, episodes, last)
			}
			last = episodes
		}
	}
}

// playedEpisodes plays a policy on seed 3 and returns its episodes by world.
func playedEpisodes(t *testing.T, s *Scenario, name string, episodes int) []EpisodeStats {
	t.Helper()
	w, err := New(s, episodes, 3)
	if err != nil {
		t.Fatal(err)
	}
	meter := NewMeter(w, episodes)
	p, actions := policy(t, name, s), make([]int32, w.W*w.A)
	for !meter.Done() {
		play(t, w, p, actions, 1)
		meter.Observe(w)
	}
	return meter.Episodes()
}

// lowerEnd is the lower end of the 95 % interval of the mean difference in reward of 6 pairs of episodes.
func lowerEnd(a, b []EpisodeStats) float64 {
	const t5 = 2.571 // Student's t with 5 degrees of freedom
	mean, square := 0.0, 0.0
	for i := range a {
		d := a[i].RewardPerAgent - b[i].RewardPerAgent
		mean, square = mean+d/6, square+d*d/6
	}
	return mean - t5*math.Sqrt((square-mean*mean)/5)
}

// TestReferencesDoNotDependOnThreads also covers worlds that do not divide evenly among threads.
func TestReferencesDoNotDependOnThreads(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.IEDs, s.Time.Slots = 12, 6 })
	for _, name := range References() {
		p := policy(t, name, s) // one for all numbers of threads
		var want string
		for _, threads := range []int{1, 2, 3, 7} {
			got := simulate(t, SimulateOptions{Scenario: s, Policy: p, Episodes: 7, Seed: 4, Threads: threads}).Hash
			if want == "" {
				want = got
			} else if got != want {
				t.Errorf("%s has hash %s with %d threads, %s with one", name, got, threads, want)
			}
		}
	}
}

// TestInTurnKnowsOnlyWhatWasDecidedBefore changes all that the last IED of the order has, but how much it has to send: those before
// it decide as before.
func TestInTurnKnowsOnlyWhatWasDecidedBefore(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Tasks.Probability = 0.8 })
	w, p, actions := start(t, s, 1, 5)
	q, changed := policy(t, "in-turn", s), 0
	x := newTrial(w.p)
	for range 20 {
		play(t, w, p, actions, 1)
		x.begin(w, 0)
		order := x.order(mostData)
		last := order[len(order)-1]
		q.Act(w, actions)
		want := slices.Clone(actions)
		w.model[last], w.cycles[last], w.deadline[last] = 2, w.cycles[last]*4, 0.7
		w.compute[last], w.radio[last] = 3, 0.1
		for c := range w.p.C {
			w.now[int(last)*w.p.C+c] *= 9
		}
		q.Act(w, actions)
		if actions[last] != want[last] {
			changed++
		}
		actions[last] = want[last]
		if !slices.Equal(actions, want) {
			t.Fatalf("IEDs chose %v, and %v after the last one changed", want, actions)
		}
		w.model[last] = 0 // a task that it may still decide on
	}
	if changed == 0 {
		t.Error("the last IED never changed its action; the test shows nothing")
	}
}

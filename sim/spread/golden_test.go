package spread

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// golden is testdata/golden.json, which golden.py writes with PettingZoo's game.
type golden struct {
	Trajectories []trajectory `json:"trajectories"`
	Figures      []struct {
		Policy   string  `json:"policy"`
		Episodes int     `json:"episodes"`
		Mean     float64 `json:"mean"`
		Error    float64 `json:"standard_error"`
	} `json:"figures"`
}

type trajectory struct {
	Agents     int       `json:"agents"`
	LocalRatio float64   `json:"local_ratio"`
	MaxCycles  int       `json:"max_cycles"`
	Pos        []float64 `json:"pos"`
	Marks      []float64 `json:"marks"`
	FirstObs   []float64 `json:"first_obs"`
	LastObs    []float64 `json:"last_obs"`
	Cycles     []struct {
		Actions []int32   `json:"actions"`
		Pos     []float64 `json:"pos"`
		Vel     []float64 `json:"vel"`
		Reward  []float64 `json:"reward"`
	} `json:"cycles"`
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil || len(g.Trajectories) != 4 || len(g.Figures) != 2 {
		t.Fatalf("%v, %d trajectories, %d figures", err, len(g.Trajectories), len(g.Figures))
	}
	return g
}

// worlds are three copies of the game at the beginning of a trajectory.
func (g *trajectory) worlds(t *testing.T) *Worlds {
	t.Helper()
	w, err := New(&Scenario{Name, g.Agents, g.LocalRatio, g.MaxCycles}, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for world := range w.worlds {
		put(w.row(w.pos, world), g.Pos)
		put(w.row(w.marks, world), g.Marks)
		w.observe(world)
	}
	return w
}

func put(to []float32, from []float64) {
	for i, v := range from {
		to[i] = float32(v)
	}
}

// Every cycle of every trajectory ends as in PettingZoo, from PettingZoo's own state before it, and so does every
// whole trajectory from its beginning.
func TestTrajectoriesOfPettingZoo(t *testing.T) {
	collisions := 0
	for n, g := range readGolden(t).Trajectories {
		for _, whole := range []bool{false, true} {
			tolerance := 4e-6
			if whole {
				tolerance = 4e-5 // contacts make more of a rounding
			}
			w := g.worlds(t)
			near(t, "first observation", w.row(w.Obs(), 1), g.FirstObs, tolerance)
			for i, c := range g.Cycles {
				if i > 0 && !whole {
					put(w.row(w.pos, 1), g.Cycles[i-1].Pos)
					put(w.row(w.vel, 1), g.Cycles[i-1].Vel)
				}
				if err := w.Step(slices.Repeat(c.Actions, 3)); err != nil {
					t.Fatal(err)
				}
				collisions += w.Outcomes()[1].Collisions
				near(t, "reward", w.row(w.Reward(), 1), c.Reward, tolerance)
				if i+1 == len(g.Cycles) {
					near(t, "last observation", w.row(w.FinalObs(), 1), g.LastObs, tolerance)
				} else {
					near(t, "place", w.row(w.pos, 1), c.Pos, tolerance)
					near(t, "velocity", w.row(w.vel, 1), c.Vel, 10*tolerance)
				}
				if last := i+1 == len(g.Cycles); w.Truncated()[1] != last {
					t.Fatalf("trajectory %d, cycle %d: cut is %t", n, i, w.Truncated()[1])
				}
			}
		}
	}
	if collisions < 20 {
		t.Errorf("only %d collisions: the trajectories show nothing of contacts", collisions)
	}
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i]) - v); !(d <= tolerance*max(1, math.Abs(v))) {
			t.Fatalf("%s[%d] is %g, want %g: %g apart", what, i, got[i], v, d)
		}
	}
}

// The mean returns of random play and of standing still are those of PettingZoo, within four standard errors of the difference.
func TestFiguresOfPettingZoo(t *testing.T) {
	for _, f := range readGolden(t).Figures {
		mean, standard := meanReturn(t, f.Policy, 20000)
		mean, standard = mean/3, standard/3
		t.Logf("%s: %.3f +- %.3f for each agent, PettingZoo %.3f +- %.3f (standard errors)", f.Policy, mean, standard, f.Mean, f.Error)
		if d := math.Abs(mean - f.Mean); !(d < 4*math.Hypot(standard, f.Error)) {
			t.Errorf("%s: %.3f, PettingZoo %.3f", f.Policy, mean, f.Mean)
		}
	}
}

// meanReturn is the summed return of a policy in the default game, with its standard error.
func meanReturn(t *testing.T, policy string, episodes int) (mean, standard float64) {
	t.Helper()
	p, err := NewPolicy(policy, 5)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Play(t.Context(), Game{Scenario: Default(), Episodes: episodes, Seed: 9, Threads: 2}, p)
	if err != nil || len(r.Episodes) != episodes {
		t.Fatalf("%v, %d episodes", err, len(r.Episodes))
	}
	squares := 0.0
	for _, e := range r.Episodes {
		mean += e.Return / float64(episodes)
	}
	for _, e := range r.Episodes {
		squares += (e.Return - mean) * (e.Return - mean)
	}
	return mean, math.Sqrt(squares/float64(episodes-1)) / math.Sqrt(float64(episodes))
}

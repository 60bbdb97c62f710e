package spread

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
)

func worlds(t *testing.T, s *Scenario, n int, seed uint64) *Worlds {
	t.Helper()
	w, err := New(s, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// played steps random actions.
func played(t *testing.T, w *Worlds, cycles int) {
	t.Helper()
	p, err := NewPolicy("random", 3)
	if err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, w.worlds*w.agents)
	for range cycles {
		p.Act(w, actions)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
}

func bits(w *Worlds) (all []uint32) {
	for _, list := range [][]float32{w.pos, w.vel, w.marks, w.obs, w.finalObs, w.reward} {
		for _, v := range list {
			all = append(all, math.Float32bits(v))
		}
	}
	return all
}

// Threads and the number of other worlds change no bit.
func TestThreadsChangeNothing(t *testing.T) {
	s := Default()
	s.Agents, s.MaxCycles = 4, 7
	one, many, fewer := worlds(t, s, 9, 5), worlds(t, s, 9, 5), worlds(t, s, 2, 5)
	many.SetThreads(4)
	for _, w := range []*Worlds{one, many, fewer} {
		played(t, w, 30)
	}
	if !slices.Equal(bits(one), bits(many)) {
		t.Error("four threads give other bits than one")
	}
	if n := len(fewer.pos); !slices.Equal(fewer.pos, one.pos[:n]) {
		t.Error("a world depends on the number of worlds")
	}
	if slices.Equal(one.row(one.pos, 0), one.row(one.pos, 1)) || slices.Equal(one.marks, worlds(t, s, 9, 6).marks) {
		t.Error("worlds or seeds are alike")
	}
}

// A restored state goes on with the same bits; a state of another game is refused.
func TestStateRestores(t *testing.T) {
	s := Default()
	s.MaxCycles = 7
	a, b := worlds(t, s, 3, 5), worlds(t, s, 3, 6)
	played(t, a, 11)
	kept, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.UnmarshalBinary(kept); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Obs(), b.Obs()) {
		t.Error("other observations")
	}
	played(t, a, 15)
	played(t, b, 15)
	b.finalObs = a.finalObs // of an earlier episode where none has ended since
	if !slices.Equal(bits(a), bits(b)) {
		t.Error("the restored worlds go another way")
	}
	other := worlds(t, Default(), 3, 5)
	if err := other.UnmarshalBinary(kept); err == nil {
		t.Error("a state of episodes of another length is accepted")
	}
	if err := b.UnmarshalBinary(kept[:len(kept)-1]); err == nil {
		t.Error("half a state is accepted")
	}
}

func TestWrongActions(t *testing.T) {
	w := worlds(t, Default(), 2, 1)
	before := bits(w)
	for _, actions := range [][]int32{{0, 0, 0}, {0, 0, 0, 0, 5, 0}, {-1, 0, 0, 0, 0, 0}} {
		if err := w.Step(actions); err == nil {
			t.Errorf("%v is accepted", actions)
		}
	}
	if !slices.Equal(before, bits(w)) {
		t.Error("a refused step has changed the worlds")
	}
}

// Softplus has the values of math; two agents in one point do not make NaN.
func TestSoftplus(t *testing.T) {
	for y := float32(-120); y < 320; y += 0.37 {
		want := math.Max(float64(y), 0) + math.Log1p(math.Exp(-math.Abs(float64(y))))
		if got := float64(softplus(y)); !(math.Abs(got-want) <= 1.2e-7*want+1e-44) {
			t.Errorf("softplus(%g) is %g, want %g", y, got, want)
		}
	}
	if f := repulsion(0); f != 0 {
		t.Errorf("%g", f)
	}
}

func TestScenario(t *testing.T) {
	s, err := Load("spread:5")
	if err != nil || s.Agents != 5 || s.ObsSize() != 30 || Default().ObsSize() != 18 {
		t.Errorf("%+v, %v", s, err)
	}
	for word, want := range map[string]string{"spread:1": "2 to 100", "spread:x": "whole number", "spread:101": "2 to 100"} {
		if _, err := Load(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", word, err)
		}
	}
	c := setting.NewChecker("scenario")
	(&Scenario{"chess", 1, 2, 0}).Check(c)
	for _, key := range []string{"game", "agents", "local_ratio", "max_cycles"} {
		if err := c.Err(); err == nil || !strings.Contains(err.Error(), "scenario."+key+": ") {
			t.Errorf("no fault of %s in %v", key, err)
		}
	}
	if docs := Docs(); len(docs) != 4 {
		t.Errorf("%v", docs)
	}
	if _, err := New(Default(), 0, 1); err == nil {
		t.Error("no worlds are accepted")
	}
	if _, err := New(&Scenario{Game: Name, Agents: 1, MaxCycles: 3}, 2, 1); err == nil || !strings.Contains(err.Error(), "spread.agents: 1 is not allowed") {
		t.Errorf("%v for a single agent", err)
	}
}

// A rule that sees all is far above random play and near what learning reaches: an agent for each landmark.
func TestPoliciesDiffer(t *testing.T) {
	random, _ := meanReturn(t, "random", 500)
	still, _ := meanReturn(t, "still", 500)
	matched, _ := meanReturn(t, "matched", 500)
	t.Logf("summed over agents: random %.2f, still %.2f, matched %.2f", random, still, matched)
	if !(matched > still+30 && still > random) {
		t.Errorf("random %.2f, still %.2f, matched %.2f", random, still, matched)
	}
	if _, err := NewPolicy("clever", 1); err == nil {
		t.Error("a policy that does not exist")
	}
}

// Every world plays its share, in the same order for every policy.
func TestPlayCountsEpisodes(t *testing.T) {
	p, err := NewPolicy("still", 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Play(t.Context(), Game{Scenario: Default(), Episodes: 70, Seed: 2, Threads: 1}, p)
	if err != nil || len(r.Episodes) != 70 {
		t.Fatal(err, len(r.Episodes))
	}
	if a, b := r.Episodes[0], r.Episodes[1]; a.World != 0 || a.Episode != 0 || b.World != 0 || b.Episode != 1 || r.Episodes[69].World != 63 {
		t.Errorf("%+v", r.Episodes[:2])
	}
	again, err := Play(t.Context(), Game{Scenario: Default(), Episodes: 70, Seed: 2, Threads: 3}, p)
	if err != nil || again.Hash != r.Hash || !slices.Equal(again.Episodes, r.Episodes) {
		t.Error("three threads play otherwise", err)
	}
	if r.ActionShares[0] != 1 {
		t.Errorf("standing still has the actions %v", r.ActionShares)
	}
}

// The interface has a name for each number of an observation and for each action.
func TestInterface(t *testing.T) {
	s := &Scenario{Agents: 4}
	i, names := s.Interface(), map[string]bool{}
	for _, o := range i.Observations {
		names[o.Name] = true
	}
	if len(names) != s.ObsSize() || len(i.Actions) != Actions {
		t.Errorf("%d names of %d numbers, %d actions", len(names), s.ObsSize(), len(i.Actions))
	}
	for at, want := range map[int]string{2: "position.x", 5: "landmark_1.y", 12: "other_1.x", 18: "channel_1.x"} {
		if got := i.Observations[at].Name; got != want {
			t.Errorf("number %d is %s, want %s", at, got, want)
		}
	}
}

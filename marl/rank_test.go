package marl_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// rankConfigs are frozen runs with the numbers of ranks on which they are tried. There are 4 worlds.
func rankConfigs() map[string]rankConfig {
	turns := frozenConfig("amarl-ppo", true, 0)
	turns.Turns, turns.TurnValues = 5, marl.TurnValuesAll
	return map[string]rankConfig{
		"amarl-ppo attention=true neighbours=0":  {frozenConfig("amarl-ppo", true, 0), []int{1, 2, 3, 5, 8, 16}},
		"amarl-ppo told servers":                 {toldPPO(), []int{3}},
		"amarl-ppo turns=5 turn_values=all":      {turns, []int{2}},
		"amarl-ppo attention=true neighbours=10": {frozenConfig("amarl-ppo", true, 10), []int{2}},
		"maa2c":                                  {frozenConfig("maa2c", false, 0), []int{3, 5}},
		"mappo":                                  {frozenConfig("mappo", false, 0), []int{3}},
		"amarl attention=true neighbours=0":      {frozenConfig("amarl", true, 0), []int{2, 3}},
	}
}

type rankConfig struct {
	marl.Config
	ranks []int
}

// The oracle is the golden state of one trainer: every rank ends with its bits, and reports its metrics.
func TestFrozenOnRanks(t *testing.T) {
	want := readFrozen(t).States
	for name, x := range rankConfigs() {
		var alone []marl.Metrics
		for _, ranks := range append([]int{1}, x.ranks...) {
			crew := newCrew(t, "population:20", x.Config, ranks)
			metrics := crew.Run(t)
			if alone == nil {
				alone = metrics[0]
			}
			for r, s := range crew.States(t) {
				if got := hashOf(t, crew.Ranks[r], s); got != want[name] {
					t.Errorf("%s: rank %d of %d ends with the state %s, frozen: %s", name, r, ranks, got, want[name])
				}
				if !slices.EqualFunc(metrics[r], alone, sameMetrics) {
					t.Errorf("%s: rank %d of %d reports %v, alone: %v", name, r, ranks, metrics[r], alone)
				}
			}
		}
	}
}

func sameMetrics(a, b marl.Metrics) bool {
	return a.Update == b.Update && a.EnvSlots == b.EnvSlots && slices.Equal(a.Scalars(), b.Scalars())
}

// newCrew is the ranks of a run like the frozen ones.
func newCrew(t *testing.T, scenario string, c marl.Config, ranks int) *marltest.Crew {
	t.Helper()
	return marltest.NewCrew(t, ranks, func(rank int) *marl.Trainer {
		s, err := sim.Load(scenario)
		if err != nil {
			t.Fatal(err)
		}
		s.Time.Slots = 7
		w, err := sim.NewSlice(s, c.SliceOf(rank, ranks), marl.Split(1, marl.StreamWorld))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := marl.Plan(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "auto", 1), 1)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	})
}

// A run that goes on with other numbers of ranks ends like one that never stopped.
func TestResumeOnOtherRanks(t *testing.T) {
	c := frozenConfig("amarl-ppo", true, 0)
	c.CheckpointEvery = 16
	first := newCrew(t, "population:20", c, 3).RunToCheckpoint(t)
	two := newCrew(t, "population:20", c, 2)
	two.Restore(t, first)
	second := two.RunToCheckpoint(t)
	one := newCrew(t, "population:20", c, 1)
	one.Restore(t, second)
	one.Run(t)
	want := readFrozen(t).States["amarl-ppo attention=true neighbours=0"]
	if first.Meta["update"] != "16" || second.Meta["update"] != "32" {
		t.Errorf("the checkpoints are of updates %s and %s", first.Meta["update"], second.Meta["update"])
	}
	if got := stateHash(t, one.Ranks[0]); got != want {
		t.Errorf("the run ends with the state %s, frozen: %s", got, want)
	}
}

// Every algorithm, with so many IEDs that its update has loops, which ranks divide.
func TestEveryAlgorithmOnRanks(t *testing.T) {
	for _, algo := range marl.Algorithms() {
		const many = "population:80"
		t.Run(algo, func(t *testing.T) {
			c := frozenConfig(algo, true, 0)
			c.Updates = 8
			one := newCrew(t, many, c, 1)
			alone := one.Ranks[0]
			part, err := share.Of(alone.UpdateProgram(), alone.Session().Persistent(), 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			if !part.Divided() {
				t.Error("its update is not divided")
			}
			if err := alone.Run(context.Background(), marl.Hooks{}); err != nil {
				t.Fatal(err)
			}
			want, crew := stateHash(t, alone), newCrew(t, many, c, 3)
			crew.Run(t)
			for r, s := range crew.States(t) {
				if got := hashOf(t, crew.Ranks[r], s); got != want {
					t.Errorf("rank %d of 3 ends with the state %s, alone: %s", r, got, want)
				}
			}
		})
	}
}

// On-policy algorithms play a part of the worlds on each rank, the others all.
func TestRanksPlaySlices(t *testing.T) {
	for algo, want := range map[string][]sim.Slice{
		"amarl-ppo": {{First: 0, Worlds: 1, All: 4}, {First: 1, Worlds: 1, All: 4}, {First: 2, Worlds: 2, All: 4}},
		"vdn":       {{Worlds: 4, All: 4}, {Worlds: 4, All: 4}, {Worlds: 4, All: 4}},
	} {
		c := frozenConfig(algo, true, 0)
		for rank, slice := range want {
			if got := c.SliceOf(rank, 3); got != slice {
				t.Errorf("%s, rank %d: %+v, want %+v", algo, rank, got, slice)
			}
		}
	}
	c := frozenConfig("mappo", false, 0)
	for rank := range 9 { // of which 5 provide nothing
		if s := c.SliceOf(rank, 9); s.Worlds != 1 || s.First != rank*4/9 {
			t.Errorf("rank %d of 9: %+v", rank, s)
		}
	}
}

// Worlds that do not belong to a rank are refused before it plays.
func TestForeignSlicesAreRefused(t *testing.T) {
	s, err := sim.Load("population:8")
	if err != nil {
		t.Fatal(err)
	}
	plan := func(algo string, slice sim.Slice) (*marl.Trainer, error) {
		c := frozenConfig(algo, true, 0)
		w, err := sim.NewSlice(s, slice, 1)
		if err != nil {
			t.Fatal(err)
		}
		return marl.Plan(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "auto", 1), 1)
	}
	tr, err := plan("mappo", sim.Slice{First: 1, Worlds: 2, All: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Open(); err == nil || err.Error() != "marl: worlds 1 to 2 of 4 are not those of this rank, see Config.SliceOf" {
		t.Errorf("%v", err)
	}
	for want, of := range map[string]func() (*marl.Trainer, error){
		"marl: the environment has 2 of 4 worlds, and vdn plays all worlds on every rank": func() (*marl.Trainer, error) { return plan("vdn", sim.Slice{Worlds: 2, All: 4}) },
		"marl: the environment has 9 worlds, train.worlds is 4":                           func() (*marl.Trainer, error) { return plan("mappo", sim.Slice{Worlds: 2, All: 9}) },
	} {
		if _, err := of(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

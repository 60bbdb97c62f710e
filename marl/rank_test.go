package marl_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// The oracle is the golden state of one trainer: every rank ends with its bits.
func TestFrozenOnRanks(t *testing.T) {
	data, err := os.ReadFile(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	var want frozen
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name  string
		c     marl.Config
		ranks []int
	}{
		{"amarl-ppo attention=true neighbours=0", frozenConfig("amarl-ppo", true, 0), []int{1, 2, 3, 5, 8, 16}},
		{"amarl attention=true neighbours=0", frozenConfig("amarl", true, 0), []int{2, 3}},
		{"maa2c", frozenConfig("maa2c", false, 0), []int{3, 5}},
	} {
		for _, ranks := range x.ranks {
			for r, tr := range marltest.OnRanks(t, ranks, func(group comm.Comm) *marl.Trainer { return frozenRank(t, "population:20", x.c, group) }) {
				if got := stateHash(t, tr); got != want.States[x.name] {
					t.Errorf("%s: rank %d of %d ends with the state %s, frozen: %s", x.name, r, ranks, got, want.States[x.name])
				}
			}
		}
	}
}

// frozenRank is a trainer like that of a frozen run, as a rank.
func frozenRank(t *testing.T, scenario string, c marl.Config, group comm.Comm) *marl.Trainer {
	s, err := sim.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	s.Time.Slots = 7
	w, err := sim.New(s, c.Worlds, marl.Split(1, marl.StreamWorld))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := marl.Plan(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "auto", 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	tr.Join(group)
	if err := tr.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// Every algorithm, with so many IEDs that its update has loops, which ranks divide.
func TestEveryAlgorithmOnRanks(t *testing.T) {
	for _, algo := range marl.Algorithms() {
		const many = "population:80"
		t.Run(algo, func(t *testing.T) {
			c := frozenConfig(algo, true, 0)
			c.Updates = 8
			alone := frozenRank(t, many, c, comm.NewGroup(1, 0).Rank(0))
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
			want := stateHash(t, alone)
			for r, tr := range marltest.OnRanks(t, 3, func(group comm.Comm) *marl.Trainer { return frozenRank(t, many, c, group) }) {
				if got := stateHash(t, tr); got != want {
					t.Errorf("rank %d of 3 ends with the state %s, alone: %s", r, got, want)
				}
			}
		})
	}
}

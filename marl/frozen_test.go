package marl_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/d3qn"
	"github.com/gmel-go/gmel/marl/ippo"
	"github.com/gmel-go/gmel/marl/isac"
	"github.com/gmel-go/gmel/marl/maa2c"
	"github.com/gmel-go/gmel/marl/maddpg"
	"github.com/gmel-go/gmel/marl/mappo"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/marl/qlearn"
	"github.com/gmel-go/gmel/marl/qmix"
	"github.com/gmel-go/gmel/marl/selfish"
	"github.com/gmel-go/gmel/marl/vdn"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

var update = flag.Bool("update", false, "rewrite testdata/frozen.json")

const frozenFile = "testdata/frozen.json"

// frozen is testdata/frozen.json.
type frozen struct {
	Generator string            `json:"generator"` // the command that writes the file
	Made      string            `json:"made"`      // when and with what it was written
	Meaning   map[string]string `json:"meaning"`
	Listings  map[string]string `json:"listings"`
	Programs  map[string]string `json:"programs"`
	States    map[string]string `json:"states"`
}

// The Programs and the results of all algorithms do not change. A change of the code that should change
// no number must keep these hashes; a commit that changes them must say why.
func TestFrozen(t *testing.T) {
	got := frozen{
		Generator: "go test -run TestFrozen ./marl -update",
		Meaning: map[string]string{
			"listings": "SHA-256 of kernels.Program.String() without symbols and hash: the ops, their order, dimensions and places in the arena",
			"programs": "kernels.Program.Hash(): all of an op, also its numbers, seeds and strides, in the present encoding",
			"states":   "SHA-256 over all tensors of the state after 40 updates, by their bits and in the order of their own hashes, so that names and order do not count, and over the worlds",
		},
		Listings: map[string]string{}, Programs: map[string]string{}, States: map[string]string{},
	}
	for _, algo := range []string{"amarl", "amarl-ppo"} {
		for _, attention := range []bool{true, false} {
			for _, neighbours := range []int{0, 10} {
				name := fmt.Sprintf("%s attention=%t neighbours=%d", algo, attention, neighbours)
				got.freeze(t, name, frozenConfig(algo, attention, neighbours))
			}
			c := frozenConfig(algo, attention, 0)
			otherwise(&c)
			got.freeze(t, fmt.Sprintf("%s attention=%t, other settings", algo, attention), c)
		}
	}
	got.freeze(t, "amarl told servers", toldConfig(true))
	got.freeze(t, "amarl told servers, uniform", toldConfig(false))
	got.freeze(t, "amarl-ppo told servers", toldPPO())
	got.freeze(t, "ippo", frozenConfig("ippo", false, 0))
	for _, algo := range []string{"maa2c", "mappo"} {
		got.freeze(t, algo, frozenConfig(algo, false, 0))
	}
	joint := frozenConfig("mappo", false, 0)
	joint.Own.(*mappo.Config).State, joint.Own.(*mappo.Config).ValueNorm = mappo.StateConcatenated, false
	got.freeze(t, "mappo state=concatenated value_norm=false", joint)
	got.freeze(t, "isac", frozenConfig("isac", false, 0))
	got.freeze(t, "maddpg", frozenConfig("maddpg", false, 0))
	for _, algo := range []string{"amarl", "amarl-ppo"} {
		c := frozenConfig(algo, true, 0)
		c.Turns, c.TurnValues = 5, marl.TurnValuesNone
		got.freeze(t, algo+" turns=5", c)
	}
	valued := frozenConfig("amarl-ppo", true, 0)
	valued.Turns, valued.TurnValues = 5, marl.TurnValuesAll
	got.freeze(t, "amarl-ppo turns=5 turn_values=all", valued)
	got.freeze(t, "selfish", frozenConfig("selfish", false, 0))
	for form, algo := range map[string]string{marl.NeighbourhoodBlock: "ippo", marl.NeighbourhoodWindow: "amarl"} {
		c := frozenConfig(algo, true, 0)
		c.RewardGroup, c.RewardNeighbourhood = 6, form
		got.freeze(t, fmt.Sprintf("%s reward_group=6 %s", algo, form), c)
	}
	for _, algo := range []string{"d3qn", "vdn", "qmix"} {
		got.freeze(t, algo, frozenConfig(algo, false, 0))
	}
	concatenated := frozenConfig("qmix", false, 0)
	concatenated.Own.(*qmix.Config).State = qmix.StateConcatenated
	got.freeze(t, "qmix state=concatenated", concatenated)
	if *update {
		got.write(t)
		return
	}
	got.compare(t)
}

// frozenConfig is small and uses all features: normalised observations, standardised rewards, annealing.
func frozenConfig(algo string, attention bool, neighbours int) marl.Config {
	c := marl.DefaultOf(algo)
	c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.LogEvery = 40, 4, 6, 5, 16
	switch own := c.Own.(type) {
	case *amarl.Config:
		own.UpdatesPerIteration, own.Batch, own.Replay, own.ActorHidden = 2, 8, 64, 16
	case *ppo.Config:
		own.Epochs, own.Minibatches, own.ActorHidden = 2, 4, 16
	case *ippo.Config:
		own.Epochs, own.Minibatches, own.ActorHidden, own.Hidden = 2, 4, 16, 16
	case *maa2c.Config:
		own.NStep, own.ActorHidden, own.Hidden = 3, 16, 16
	case *mappo.Config:
		own.Epochs, own.Minibatches, own.ActorHidden, own.Hidden = 2, 4, 16, 16
	case *maddpg.Config:
		own.UpdatesPerIteration, own.Batch, own.Replay, own.ActorHidden, own.Hidden = 2, 8, 64, 16, 16
	case *isac.Config:
		own.UpdatesPerIteration, own.Batch, own.Replay, own.ActorHidden, own.Hidden = 2, 8, 64, 16, 16
	case *selfish.Config:
		own.UpdatesPerIteration, own.Batch, own.Replay, own.ActorHidden, own.Hidden = 2, 8, 64, 16, 16
	case *d3qn.Config:
		shortQ(&own.Settings)
	case *vdn.Config:
		shortQ(&own.Settings)
	case *qmix.Config:
		shortQ(&own.Settings)
		own.Embed, own.HyperHidden = 8, 16
	}
	if a := c.Attention(); a != nil {
		a.Hidden, a.Heads, a.Attention, a.Neighbours = 16, 2, attention, neighbours
	}
	return c
}

// shortQ makes a short run of Q-learning.
func shortQ(s *qlearn.Settings) {
	s.UpdatesPerIteration, s.Batch, s.Replay, s.Hidden = 2, 8, 64, 16
}

// toldConfig has a critic that is told servers, with matching heads or uniform weights.
func toldConfig(attention bool) marl.Config {
	c := frozenConfig("amarl", attention, 0)
	own := c.Own.(*amarl.Config)
	own.Hidden, own.ServerEmbedding = 24, marl.EmbeddingLearned
	return c
}

// toldPPO has a critic of states that is told servers.
func toldPPO() marl.Config {
	c := frozenConfig("amarl-ppo", true, 0)
	own := c.Own.(*ppo.Config)
	own.Hidden, own.ServerEmbedding = 24, marl.EmbeddingLearned
	return c
}

// otherwise changes every setting on which a loss or a Program depends from its default.
func otherwise(c *marl.Config) {
	c.NormaliseObs, c.StandardiseReward = false, false
	switch own := c.Own.(type) {
	case *amarl.Config:
		own.ActorLoss, own.TargetValue, own.ActorActions = amarl.ActorSampled, amarl.TargetExpected, amarl.ActionsResampled
		own.LogitPenalty = 0
	case *ppo.Config:
		own.LogitPenalty = 0
	}
	a := c.Attention()
	a.CriticIdle, a.AttentionPenalty = false, 0
}

// untrained is a trainer before its first slot: 20 IEDs, episodes of 7 slots, seed 1. It is closed with the test.
func untrained(t *testing.T, c marl.Config) *marl.Trainer {
	t.Helper()
	s, err := sim.Load("population:20")
	if err != nil {
		t.Fatal(err)
	}
	s.Time.Slots = 7
	w, err := sim.New(s, c.Worlds, marl.Split(1, marl.StreamWorld))
	if err != nil {
		t.Fatal(err)
	}
	b, err := kernels.Open("auto", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), b, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// freeze adds the hashes of a configuration.
func (f *frozen) freeze(t *testing.T, name string, c marl.Config) {
	t.Helper()
	tr := untrained(t, c)
	for _, p := range tr.Programs() {
		f.Listings[name+" "+p.Name], f.Programs[name+" "+p.Name] = listing(p), fmt.Sprintf("%016x", p.Hash())
	}
	if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
		t.Fatal(err)
	}
	f.States[name] = stateHash(t, tr)
}

// listing hashes the listing of a Program without names, which may change, and without its hash, which depends on the encoding.
func listing(p *kernels.Program) string {
	q := *p
	q.Symbols = nil
	text := regexp.MustCompile(`, hash [0-9a-f]+\n`).ReplaceAllString(q.String(), "\n")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// stateHash hashes the arena, so it does not depend on how a checkpoint divides the networks into tensors.
func stateHash(t *testing.T, tr *marl.Trainer) string {
	t.Helper()
	return hashOf(t, tr, marltest.StateOf(t, tr))
}

// hashOf is stateHash of a trainer with this state.
func hashOf(t *testing.T, tr *marl.Trainer, state *checkpoint.State) string {
	t.Helper()
	kept, err := tr.Kept()
	if err != nil {
		t.Fatal(err)
	}
	sums := [][]byte{}
	for _, x := range kept {
		h := sha256.New()
		_ = binary.Write(h, binary.LittleEndian, x.Data) // writing to a hash cannot fail
		sums = append(sums, h.Sum(nil))
	}
	slices.SortFunc(sums, slices.Compare)
	worlds := sha256.Sum256(state.Blobs["worlds"])
	all := sha256.Sum256(slices.Concat(append(sums, worlds[:])...))
	return hex.EncodeToString(all[:])
}

func (f *frozen) write(t *testing.T) {
	t.Helper()
	f.Made = fmt.Sprintf("%s, %s/%s; the same on every backend, processor and number of threads", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(frozenFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readFrozen reads the golden hashes.
func readFrozen(t *testing.T) (f frozen) {
	t.Helper()
	data, err := os.ReadFile(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.States) == 0 {
		t.Fatalf("%s holds no hashes", frozenFile)
	}
	return f
}

func (f *frozen) compare(t *testing.T) {
	t.Helper()
	want := readFrozen(t)
	compareHashes(t, "listing", f.Listings, want.Listings)
	compareHashes(t, "program", f.Programs, want.Programs)
	compareHashes(t, "state", f.States, want.States)
}

func compareHashes(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(want))
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, known := want[key]; !known {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if got[key] != want[key] {
			t.Errorf("%s of %s is %s, frozen: %s", what, key, cmp.Or(got[key], "missing"), cmp.Or(want[key], "missing"))
		}
	}
}

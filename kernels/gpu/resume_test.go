//go:build gpu && !cpu

package gpu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// learns is a run of a few updates, small on the emulated device.
func learns(algo string) (marl.Config, *sim.Scenario, error) {
	s, err := sim.Load("population:5")
	c := marl.DefaultOf(algo)
	c.Updates, c.CheckpointEvery, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 8, 4, 2, 4, 4
	c.EvalEvery, c.LogEvery = 0, 0
	switch own := c.Own.(type) {
	case *ppo.Config:
		own.Hidden, own.ActorHidden, own.Heads, own.Epochs, own.Minibatches, own.Neighbours = 16, 16, 2, 2, 2, 5
	case *amarl.Config:
		own.Hidden, own.ActorHidden, own.Heads, own.Batch, own.Replay, own.UpdatesPerIteration = 16, 16, 2, 4, 30, 2
	}
	if err == nil {
		s.Time.Slots = 7
	}
	return c, s, err
}

// trained runs training on a backend, from a checkpoint or, if it is nil, from the start. With stop it ends at
// the first checkpoint.
func trained(t *testing.T, algo, backend string, from *checkpoint.State, stop bool) *checkpoint.State {
	t.Helper()
	c, s, err := learns(algo)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(1)
	if from != nil {
		seed = 99 // the worlds come from the checkpoint
	}
	w, err := sim.New(s, c.Worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), openAny(t, backend, kernels.Options{}), 5)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if got, want := tr.Worlds().Device, backend == "gpu"; got != want {
		t.Fatalf("on %s the device plays: %t", backend, got)
	}
	if from != nil {
		if err := tr.Restore(from); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var kept *checkpoint.State
	err = tr.Run(ctx, marl.Hooks{Checkpoint: func() (err error) {
		kept, err = tr.State()
		if stop {
			cancel()
		}
		return err
	}})
	if err != nil && !(stop && errors.Is(err, train.ErrInterrupted)) {
		t.Fatal(err)
	}
	return kept
}

// TestWorldsResume: a run that is stopped, saved and resumed, on the same device or on another, ends with
// the bits of a run on the processor alone: networks, replay and worlds.
func TestWorldsResume(t *testing.T) {
	for _, algo := range []string{"amarl", "amarl-ppo"} {
		want := trained(t, algo, "cpu", nil, false)
		half := map[string]*checkpoint.State{"cpu": trained(t, algo, "cpu", nil, true), "gpu": trained(t, algo, "gpu", nil, true)}
		sameState(t, algo+" half way", half["gpu"], half["cpu"])
		sameState(t, algo+" on the gpu", trained(t, algo, "gpu", nil, false), want)
		for _, way := range [][2]string{{"gpu", "gpu"}, {"gpu", "cpu"}, {"cpu", "gpu"}} {
			sameState(t, fmt.Sprintf("%s from %s to %s", algo, way[0], way[1]), trained(t, algo, way[1], half[way[0]], false), want)
		}
	}
}

func sameState(t *testing.T, what string, got, want *checkpoint.State) {
	t.Helper()
	if len(want.Tensors) == 0 || len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%s: %d tensors, want %d", what, len(got.Tensors), len(want.Tensors))
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	for i, w := range want.Tensors {
		if g := got.Tensors[i]; g.Name != w.Name || !slices.EqualFunc(g.Data, w.Data, same) {
			t.Errorf("%s: %s differs", what, w.Name)
		}
	}
	if !bytes.Equal(got.Blobs["worlds"], want.Blobs["worlds"]) {
		t.Errorf("%s: the worlds differ", what)
	}
	for key, w := range want.Meta {
		if got.Meta[key] != w {
			t.Errorf("%s: %s is %s, want %s", what, key, got.Meta[key], w)
		}
	}
}

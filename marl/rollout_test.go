package marl

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// Whoever plays the worlds (C inside of Programs, on any number of threads, or Go that C calls back),
// a run has the same bits: networks, replay and worlds, over the ends of episodes.
func TestRunsDoNotDependOnTheEngine(t *testing.T) {
	compiled(t)
	c := smallConfig(12)
	c.SlotsPerIteration = 4
	sameOnEveryEngine(t, c)
	c.Neighbours = 4
	sameOnEveryEngine(t, c)
}

func sameOnEveryEngine(t *testing.T, c Config) {
	t.Helper()
	var want *checkpoint.State
	for _, engine := range sim.Engines() {
		for threads := 1; threads <= 3; threads++ {
			w, err := sim.NewOn(engine, small(t), c.Worlds, 7)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := NewTrainer(c, OffloadingFor(&c, w), openBackend(t, "auto", threads), 3)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tr.Close() })
			if err := tr.Run(context.Background(), Hooks{}); err != nil {
				t.Fatal(err)
			}
			if w.Episodes(0) == 0 {
				t.Fatal("no episode has ended")
			}
			got, err := tr.State()
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got.Blobs["worlds"], want.Blobs["worlds"]) {
				t.Errorf("%s, %d threads: other worlds than on %s", engine, threads, sim.Engines()[0])
			}
			for i, x := range got.Tensors {
				if !slices.Equal(x.Data, want.Tensors[i].Data) {
					t.Errorf("%s, %d threads: another %s than on %s", engine, threads, x.Name, sim.Engines()[0])
				}
			}
		}
	}
}

// An illegal action inside of a Program ends the run with the sentence that Step would give.
func TestIllegalActionInAProgram(t *testing.T) {
	compiled(t)
	w, err := sim.New(small(t), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := tiny(1)
	r := newRig(t, &c, sizes{w.W, w.A, w.O, w.U})
	slot := machine.Slot{
		Act: r.add("act", w.W, w.A), Obs: r.add("obs", w.W*w.A, w.O), Mask: r.add("mask", w.W*w.A, w.U),
		NextObs: r.add("next obs", w.W*w.A, w.O), NextMask: r.add("next mask", w.W*w.A, w.U),
		Reward: r.add("reward", w.W, w.A), Active: r.add("active", w.W, w.A), Ended: r.add("ended", w.W, w.A),
	}
	p := r.open(func(b *machine.Builder) { b.Step(environment(Offloading(w)), slot) })
	actions := make([]int32, w.W*w.A)
	actions[3] = int32(w.U)
	act := make([]float32, len(actions))
	act[3] = float32(w.U)
	r.put(slot.Act, act)
	err = r.session.Repeat(p, 2)
	want := w.Step(actions)
	if err == nil || want == nil || !strings.Contains(err.Error(), want.Error()) {
		t.Errorf("error %q in a Program, %q from Step", err, want)
	}
}

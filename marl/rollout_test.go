package marl_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// A run has the same bits - networks, replay and worlds, over the ends of episodes - whether C plays the worlds inside of
// Programs, on any number of threads, or Go, which C calls back.
func TestRunsDoNotDependOnTheEngine(t *testing.T) {
	marltest.Compiled(t)
	c := smallConfig(12)
	c.SlotsPerIteration = 4
	sameOnEveryEngine(t, c)
	c.Attention().Neighbours = 4
	sameOnEveryEngine(t, c)
}

func sameOnEveryEngine(t *testing.T, c marl.Config) {
	t.Helper()
	var want *checkpoint.State
	for _, engine := range sim.Engines() {
		for threads := 1; threads <= 3; threads++ {
			w, err := sim.NewOn(engine, marltest.Small(t), c.Worlds, 7)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "auto", threads), 3)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tr.Close() })
			if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
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
	marltest.Compiled(t)
	w, err := sim.New(marltest.Small(t), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := tiny(1)
	r := marltest.NewRig(t, &c, marl.Sizes{Worlds: w.W, Agents: w.A, Obs: w.O, Actions: w.U})
	slot := machine.Slot{
		Act: r.Add("act", w.W, w.A), Obs: r.Add("obs", w.W*w.A, w.O), Mask: r.Add("mask", w.W*w.A, w.U),
		NextObs: r.Add("next obs", w.W*w.A, w.O), NextMask: r.Add("next mask", w.W*w.A, w.U),
		Reward: r.Add("reward", w.W, w.A), Active: r.Add("active", w.W, w.A), Ended: r.Add("ended", w.W, w.A),
	}
	p := r.Open(func(b *machine.Builder) { b.Step(marl.Environment(marl.Offloading(w)), slot) })
	actions := make([]int32, w.W*w.A)
	actions[3] = int32(w.U)
	act := make([]float32, len(actions))
	act[3] = float32(w.U)
	r.Put(slot.Act, act)
	err = r.Session.Repeat(p, 2)
	want := w.Step(actions)
	if err == nil || want == nil || !strings.Contains(err.Error(), want.Error()) {
		t.Errorf("error %q in a Program, %q from Step", err, want)
	}
}

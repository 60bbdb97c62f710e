package marl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
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
)

// ofEach returns a short run of every algorithm.
func ofEach() []marl.Config {
	clipped, independent := marl.DefaultOf("amarl-ppo"), marl.DefaultOf("ippo")
	for _, c := range []*marl.Config{&clipped, &independent} {
		c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 4, 4, 4, 4
	}
	own, alone := clipped.Own.(*ppo.Config), independent.Own.(*ippo.Config)
	own.Epochs, own.Minibatches, own.Hidden, own.Heads, own.ActorHidden = 2, 2, 16, 2, 16
	alone.Epochs, alone.Minibatches, alone.Hidden, alone.ActorHidden = 2, 2, 16, 16
	soft, egoist := marl.DefaultOf("isac"), marl.DefaultOf("selfish")
	for _, c := range []*marl.Config{&soft, &egoist} {
		c.Updates, c.Worlds, c.WarmupSlots = 4, 8, 8
	}
	for _, twins := range []*isac.Config{soft.Own.(*isac.Config), &egoist.Own.(*selfish.Config).Config} {
		twins.Batch, twins.Replay, twins.Hidden, twins.ActorHidden = 32, 2000, 16, 16
	}
	gumbel := marl.DefaultOf("maddpg")
	gumbel.Updates, gumbel.Worlds, gumbel.WarmupSlots = 4, 8, 8
	joint := gumbel.Own.(*maddpg.Config)
	joint.Batch, joint.Replay, joint.Hidden, joint.ActorHidden = 32, 2000, 16, 16
	return slices.Concat([]marl.Config{tiny(4), clipped, independent, soft, egoist, gumbel}, ofCentral(), ofQ())
}

// ofCentral returns a short run of every on-policy algorithm with a critic of the global state.
func ofCentral() (list []marl.Config) {
	for _, algo := range []string{"mappo", "maa2c"} {
		c := marl.DefaultOf(algo)
		c.Updates, c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 4, 4, 4, 4
		switch own := c.Own.(type) {
		case *mappo.Config:
			own.Epochs, own.Minibatches, own.Hidden, own.ActorHidden = 2, 2, 16, 16
		case *maa2c.Config:
			own.Hidden, own.ActorHidden = 16, 16
		}
		list = append(list, c)
	}
	return list
}

// ofQ returns a short run of every algorithm that learns action values and has no actor.
func ofQ() (list []marl.Config) {
	for _, algo := range []string{"d3qn", "vdn", "qmix"} {
		c := marl.DefaultOf(algo)
		c.Updates, c.Worlds, c.WarmupSlots = 4, 4, 4
		switch own := c.Own.(type) {
		case *d3qn.Config:
			shortQ(&own.Settings)
		case *vdn.Config:
			shortQ(&own.Settings)
		case *qmix.Config:
			shortQ(&own.Settings)
		}
		list = append(list, c)
	}
	return list
}

// A checkpoint holds every number of the arena: another trainer that restores it has the same bits in memory.
func TestStateHasEveryBitOfTheArena(t *testing.T) {
	for _, c := range ofEach() {
		a := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
		marltest.Run(t, a)
		b := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 2), 5)
		sameArena(t, a, b, marltest.StateOf(t, a))
	}
}

// sameArena checks that a trainer that restores a state has the bits of another one.
func sameArena(t *testing.T, a, b *marl.Trainer, s *checkpoint.State) {
	t.Helper()
	if err := b.Restore(s); err != nil {
		t.Fatal(err)
	}
	want, err := a.Kept()
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Kept()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || len(want) < 10 {
		t.Fatalf("%d and %d tensors", len(got), len(want))
	}
	for i, x := range want {
		if !slices.Equal(got[i].Shape, x.Shape) || !marltest.EqualBits(got[i].Data, x.Data) {
			t.Errorf("%s has changed", x.Name)
		}
	}
}

// A checkpoint names the parameters by layer, with the shapes and the order of PyTorch.
func TestStateNamesLayers(t *testing.T) {
	for _, c := range ofEach() {
		tr := marltest.NewTrainer(t, c, marltest.NewToy(marltest.Busy(), c.Worlds, 1), 5)
		marltest.Run(t, tr)
		s, n := marltest.StateOf(t, tr), tr.Workshop().Sizes
		if s.Meta["head"] == qlearn.NetworkName {
			continue // has no actor; package qlearn checks its names
		}
		for net, layers := range map[string]map[string]string{
			"actor":  {"first": "0", "second": "2", "logits": "4"},
			"critic": {"first": "0", "second": "2", "output": "4"},
		} {
			for name, w := range marltest.Download(t, tr, net) {
				layer, part, _ := strings.Cut(name, ".")
				if number, ok := layers[layer]; ok && (net == "actor" || c.Algo == "ippo") {
					layer = number
				}
				if part == "b" {
					if _, err := s.Tensor(net+"."+layer+".bias", len(w.V)); err != nil {
						t.Errorf("%s: %v", c.Algo, err)
					}
					continue
				}
				file, err := s.Tensor(net+"."+layer+".weight", w.Cols, w.Rows)
				if err != nil {
					t.Fatalf("%s: %v", c.Algo, err)
				}
				for i := range w.Rows {
					for o := range w.Cols {
						if float64(file[o*w.Rows+i]) != w.V[i*w.Cols+o] {
							t.Fatalf("%s: %s.%s.weight[%d, %d] is %g, in memory %g", c.Algo, net, layer, o, i, file[o*w.Rows+i], w.V[i*w.Cols+o])
						}
					}
				}
			}
		}
		for _, moment := range []string{"actor_adam.m", "actor_adam.v", "actor_adam.grad"} {
			if _, err := s.Tensor(moment+".0.weight", 16, n.Obs); err != nil {
				t.Errorf("%s: %v", c.Algo, err)
			}
		}
		if _, err := s.Tensor("obs_mean", n.Obs); err != nil || s.Meta["head"] != "actor" {
			t.Errorf("%s: %v, head %q", c.Algo, err, s.Meta["head"])
		}
	}
}

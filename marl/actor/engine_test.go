package actor_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/d3qn"
	"github.com/gmel-go/gmel/marl/mappo"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/sim"
)

// configs are a short training of each kind of policy: an actor off-policy and on-policy, one that sees the decisions of
// earlier turns, and a dueling network.
func configs() map[string]marl.Config {
	brief := func(algo string) marl.Config {
		c := marl.DefaultOf(algo)
		c.Updates, c.Worlds, c.WarmupSlots = 4, 4, 5
		return c
	}
	all := map[string]marl.Config{"amarl": brief("amarl"), "mappo": brief("mappo"), "d3qn": brief("d3qn"), "amarl in turns": brief("amarl")}
	for name, c := range all {
		switch own := c.Own.(type) {
		case *amarl.Config:
			own.Batch, own.Replay, own.Hidden, own.Heads, own.ActorHidden = 16, 400, 16, 2, 32
		case *mappo.Config:
			own.Epochs, own.Minibatches, own.Hidden, own.ActorHidden = 1, 1, 16, 24
			c.SlotsPerIteration = 8
		case *d3qn.Config:
			own.Batch, own.Replay, own.Hidden = 16, 400, 32
		}
		if name == "amarl in turns" {
			c.Turns = 2
		}
		all[name] = c
	}
	return all
}

// record is some thousands of observations with masks, from worlds of 8 IEDs that random actions play.
func record(t testing.TB) (obs, mask []float32) {
	t.Helper()
	w, err := sim.New(marltest.Small(t), 8, 9)
	if err != nil {
		t.Fatal(err)
	}
	random, err := sim.NewPolicy("random", marltest.Small(t), 9)
	if err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, w.W*w.A)
	for range 40 {
		obs, mask = append(obs, w.Obs...), append(mask, w.Mask...)
		random.Act(w, actions)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	return obs, mask
}

// The outputs have the bits of the training engine's layers on backend ref, and the actions are those of its policy.
func TestPlaysAsTheEngine(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			env, _ := marltest.Offloading(t, &c, 1)
			tr := marltest.NewTrainer(t, c, env, 1)
			marltest.Run(t, tr)
			learned, err := tr.Policy(marl.Execution{Backend: marltest.OpenBackend(t, "ref", 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { learned.Close() })
			p, err := learned.Export()
			if err != nil {
				t.Fatal(err)
			}
			obs, mask := record(t)
			if c.Turns <= 1 { // in turn, the policy completes the observations itself
				compareActions(t, p, learned, obs, mask)
			}
			head, net := tr.Learner().Head()
			sameOutputs(t, p, head.(marl.Layered), marltest.Get(t, tr, net.Flat), complete(obs, tr.Workshop().Sizes))
		})
	}
}

func compareActions(t *testing.T, p *actor.Policy, engine *marl.Policy, obs, mask []float32) {
	t.Helper()
	rows := len(obs) / len(p.Mean)
	want, got, legal := make([]int32, rows), make([]int32, rows), make([]bool, len(mask))
	for i, m := range mask {
		legal[i] = m != 0
	}
	if err := engine.Choose(marl.View{Obs: obs, Mask: mask}, [2]float32{}, want); err != nil {
		t.Fatal(err)
	}
	player, counts := actor.NewPlayer(p), map[int32]int{}
	player.ActAll(obs, legal, got)
	for i, a := range want {
		counts[a]++
		one := player.Act(obs[i*len(p.Mean):][:len(p.Mean)], legal[i*len(mask)/rows:][:len(mask)/rows])
		if got[i] != a || int32(one) != a {
			t.Fatalf("observation %d: action %d, alone %d, the engine's is %d", i, got[i], one, a)
		}
	}
	if len(counts) < 2 {
		t.Errorf("all actions are the same: %v", counts)
	}
}

// complete extends observations by numbers in the columns that the decisions of earlier turns fill.
func complete(obs []float32, n marl.Sizes) (all []float32) {
	own := n.Own()
	for i := range len(obs) / own {
		all = append(all, obs[i*own:(i+1)*own]...)
		for j := range n.Obs - own {
			all = append(all, float32(i%7)*0.25+float32(j))
		}
	}
	return all
}

// sameOutputs compares the outputs for observations [N, O] with those of the network's layers on backend ref, bit for bit.
func sameOutputs(t *testing.T, p *actor.Policy, head marl.Layered, flat, obs []float32) {
	t.Helper()
	o, rows := len(p.Mean), len(obs)/len(p.Mean)
	u := p.Layers[len(p.Layers)-1].Out()
	lay := machine.NewLayout()
	net := head.Params().Place(lay, "net")
	mean, scale := lay.Add("mean", o), lay.Add("scale", o)
	seen, outputs := lay.Add("seen", rows, o), lay.Add("outputs", rows, u)
	b := machine.NewBuilder("test", lay)
	x := b.Temp("normalised", rows, o)
	b.Binary(kernels.BinSub, seen, mean, x)
	b.Binary(kernels.BinMul, x, scale, x)
	b.Unary(op.Clamp(-p.Contract.Network.Clip, p.Contract.Network.Clip), x, x)
	f := nn.NewFragment()
	bound, y := f.Bind(head.Params(), net), f.Input(x)
	layers, _ := head.Layers()
	for _, l := range layers {
		y = l.Apply(bound, y)
	}
	f.Output(y, outputs)
	f.Lower(b)
	want := run(t, b, lay, outputs, map[machine.Tensor][]float32{net.Flat: flat, mean: p.Mean, scale: p.Scale, seen: obs})
	got := make([]float32, len(want))
	actor.NewPlayer(p).Outputs(obs, got)
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("observation %d, output %d: %g, the engine's is %g", i/u, i%u, got[i], want[i])
		}
	}
}

// run executes the Program once on backend ref.
func run(t *testing.T, b *machine.Builder, lay *machine.Layout, result machine.Tensor, inputs map[machine.Tensor][]float32) []float32 {
	t.Helper()
	program, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	s, err := machine.NewSession(marltest.OpenBackend(t, "ref", 1), lay, program)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for to, data := range inputs {
		if err := s.Upload(to, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run(program); err != nil {
		t.Fatal(err)
	}
	out, err := marl.Read(s, result)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A layer of more inputs than a block of a product sum, with observations far outside of the clip and numbers at the limits of
// float32.
func TestWideLayers(t *testing.T) {
	const o, u = 600, 7
	head := marl.NewActor(300, o, u)
	lay := machine.NewLayout()
	flat := make([]float32, head.Params().Len())
	head.Params().Place(lay, "net").Init(flat, 5)
	rng := marltest.Source(1)
	for i := 0; i < len(flat); i += 11 {
		flat[i] *= 0x1p-70 * float32(rng.IntN(5))
	}
	p := &actor.Policy{Mean: marltest.Normals(rng, o), Scale: marltest.Normals(rng, o)}
	p.Contract.Network = actor.Network{Widths: []int{o, 300, 300, u}, Activation: actor.LeakyReLU, Slope: 0.01, Clip: 5}
	layers, _ := head.Layers()
	list, tensors := head.Params().List(), head.Params().Export("", flat)
	for _, l := range layers {
		p.Layers = append(p.Layers, actor.Layer{Weight: tensors[slices.Index(list, l.W)].Data, Bias: tensors[slices.Index(list, l.B)].Data})
	}
	obs := marltest.Normals(rng, 40*o)
	for i := range obs {
		switch rng.IntN(4) {
		case 0:
			obs[i] *= 0x1p-74
		case 1:
			obs[i] *= 20
		}
	}
	sameOutputs(t, p, head, flat, obs)
}

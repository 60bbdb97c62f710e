package bench

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Sizes of the offloading game of the preset "paper": features of an observation and actions.
const (
	observation = 42
	actions     = 5
)

// mlpGoals are the project's goals for the ratio to a peer: a small batch is mostly a peer's
// cost for every op, a large one is arithmetic.
func mlpGoals(batch int) map[string]float64 {
	torch := 1.8
	if batch <= 256 {
		torch = 4
	}
	return map[string]float64{peerTorch: torch, peerGorgonia: 15}
}

// Actors are the cases of "actor".
func Actors() []Case {
	return []Case{
		MLP(4096, 32, 128, 128, 16),
		MLP(256, 32, 64, 64, 16),
		AMARLActor(256, 30, 64),
	}
}

// MLP is a perceptron with ReLU between layers of the given widths, on a batch of rows: forward,
// mean squared error, backward, Adam.
func MLP(batch int, widths ...int) Case {
	name := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(widths)), "-"), "[]")
	sizes := map[string]int{"batch": batch, "layers": len(widths) - 1}
	return Case{
		Name: "actor", Shape: fmt.Sprintf("mlp %s B%d", name, batch), Unit: gigaflops, Peer: "mlp", Sizes: sizes, Goals: mlpGoals(batch),
		Open:  func(b kernels.Backend) (Running, error) { return openMLP(b, batch, widths) },
		Batch: func(n int) Case { return MLP(n, widths...) },
	}
}

func openMLP(backend kernels.Backend, batch int, widths []int) (Running, error) {
	g, last := newGraph(), len(widths)-1
	x, y := g.normal("x", batch, widths[0]), g.normal("y", batch, widths[last])
	p := nn.NewParams("mlp")
	var layers []*nn.Linear
	for i := range last {
		act := op.ReLU
		if i == last-1 {
			act = op.Identity
		}
		layers = append(layers, nn.NewLinear(p, fmt.Sprintf("layer%d", i), widths[i], widths[i+1], act, nn.KaimingUniform))
	}
	g.network(p)
	return g.open(backend, "mlp", func(b *machine.Builder) error {
		f := nn.NewFragment()
		bd := f.Bind(p, g.net)
		h := f.Input(x)
		for _, l := range layers {
			h = l.Apply(bd, h)
		}
		return g.step(b, f, op.Mean(op.Square(op.Sub(h, f.Input(y)))), bd)
	})
}

// AMARLActor is one step of AMARL's actor on B joint transitions of A agents: masked policy,
// closed-form loss with entropy, backward, Adam.
func AMARLActor(batch, agents, hidden int) Case {
	return Case{
		Name: "actor", Shape: fmt.Sprintf("amarl N%d H%d B%d", agents, hidden, batch), Unit: gigaflops, Peer: "amarl-actor",
		Sizes: map[string]int{"batch": batch, "agents": agents}, Goals: map[string]float64{peerTorch: 2},
		Open:  func(b kernels.Backend) (Running, error) { return openAMARLActor(b, batch*agents, hidden) },
		Batch: func(n int) Case { return AMARLActor(n, agents, hidden) },
	}
}

func openAMARLActor(backend kernels.Backend, rows, hidden int) (Running, error) {
	cfg := marl.DefaultOf("amarl").Own.(*amarl.Config)
	g, a := newGraph(), marl.NewActor(hidden, observation, actions)
	in := actorData{
		obs: g.normal("obs", rows, observation), mask: g.input("mask", masks("mask", rows, actions), rows, actions),
		act: g.layout.Add("act", rows), q: g.normal("q", rows, actions), alpha: g.input("alpha", []float32{float32(cfg.Alpha)}),
	}
	g.network(a.Params())
	g.input("logit_penalty", []float32{float32(cfg.LogitPenalty)}) // for the peer
	return g.open(backend, "actor", func(b *machine.Builder) error { return g.stepActor(b, a, cfg, in) })
}

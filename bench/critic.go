package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// Critics are the cases of "critic": width 128, four heads, from few agents to many.
func Critics() []Case {
	return []Case{Critic(256, 32, 128), Critic(256, 8, 128), Critic(64, 128, 128), Critic(16, 512, 128)}
}

// criticsFor are, on a GPU, 8 to 4096 agents: batch 1024 up to 256 agents, then about as many rows.
func criticsFor(gpu bool) (list []Case) {
	if !gpu {
		return Critics()
	}
	for agents := 8; agents <= 4096; agents *= 2 {
		goal := 1.5
		if agents > 256 {
			goal = 1
		}
		list = append(list, Critic(min(1024, 1<<18/agents), agents, 128).against(goal))
	}
	return list
}

// Critic is one step of the attention critic on B joint transitions of A agents, width hidden, four
// heads: encoders, attention of each over the others, head, mean squared error, backward, Adam. The
// penalty on the logits is left out, so that a peer may fuse its attention.
func Critic(batch, agents, hidden int) Case {
	const heads = 4
	return Case{
		Name: "critic", Shape: fmt.Sprintf("N%d d%d h%d B%d", agents, hidden, heads, batch), Unit: gigaflops, Peer: "critic",
		Sizes: map[string]int{"batch": batch, "agents": agents, "heads": heads, "actions": actions}, Goals: map[string]float64{peerTorch: 2},
		Open:  func(b kernels.Backend) (Running, error) { return openCritic(b, batch, agents, hidden, heads) },
		Batch: func(n int) Case { return Critic(n, agents, hidden) },
	}
}

func openCritic(backend kernels.Backend, batch, agents, hidden, heads int) (Running, error) {
	cfg := marl.DefaultAttention()
	cfg.Hidden, cfg.Heads = hidden, heads
	rows := batch * agents
	g, c := newGraph(), marl.NewCritic(&cfg, agents, observation, actions)
	in := criticData{
		obs: g.normal("obs", rows, observation), act: g.input("act", choices("act", rows, actions), rows), target: g.normal("target", rows),
	}
	g.network(c.Params())
	return g.open(backend, "critic", func(b *machine.Builder) error { return g.stepCritic(b, c, in) })
}

package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// Attentions are the cases of "attention": 8192 rows in groups of few agents or many. On a GPU the batch
// is 1024 for any number of agents.
func Attentions(gpu bool) (list []Case) {
	for agents := 8; agents <= 4096; agents *= 4 {
		batch := max(1, 8192/agents)
		if gpu {
			batch = 1024
		}
		list = append(list, Attention(batch, agents, 4, 32))
	}
	if gpu {
		list = append(list, Attention(1024, 4096, 4, 32))
	}
	return list
}

// Attention is multi-head attention of every agent over the others, forward and backward, on B
// samples: queries, keys and values are given, and so is the gradient of the result.
func Attention(batch, agents, heads, width int) Case {
	return Case{
		Name: "attention", Shape: fmt.Sprintf("N%d h%d D%d B%d", agents, heads, width, batch), Unit: gigaflops, Peer: "attention",
		Sizes: map[string]int{"agents": agents, "heads": heads},
		Open:  func(b kernels.Backend) (Running, error) { return openAttention(b, batch, agents, heads, width) },
		Batch: func(n int) Case { return Attention(n, agents, heads, width) },
	}
}

func openAttention(backend kernels.Backend, batch, agents, heads, width int) (Running, error) {
	g, rows := newGraph(), batch*agents
	d := kernels.Desc{Op: kernels.OpAttention, Dim: [kernels.MaxDims]int64{int64(batch), int64(agents), int64(heads), int64(width)}}
	in := func(name string) machine.Tensor { return g.normal(name, rows, heads*width) }
	out := func(name string) machine.Tensor { return g.result(name, rows, heads*width) }
	q, k, v, dy := in("q"), in("k"), in("v"), in("dy")
	return g.open(backend, "attention", func(b *machine.Builder) error {
		b.Op(d, q, k, v, out("y"), machine.None)
		d.Op = kernels.OpAttentionGrad
		b.Op(d, q, k, v, dy, out("dq"), out("dk"), out("dv"), machine.None)
		return nil
	})
}

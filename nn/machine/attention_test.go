package machine_test

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// The penalty and its gradient merge with attention over the others, and stay apart from attention over all.
func TestPenaltyMergesWithAttentionOverOthers(t *testing.T) {
	for name, c := range map[string]struct {
		attend func(q, k, v *G.Node, agents, heads int) *G.Node
		apart  int
	}{"others": {op.Attention, 0}, "all": {op.SelfAttention, 1}} {
		b := &graph{g: G.NewGraph()}
		for _, name := range []string{"q", "k", "v"} {
			b.wrt = append(b.wrt, G.NewMatrix(b.g, G.Float32, G.WithName(name), G.WithShape(6, 4)))
		}
		q, k, v := b.wrt[0], b.wrt[1], b.wrt[2]
		b.loss = op.Add(op.Sum(op.Square(c.attend(q, k, v, 3, 2))), op.AttentionPenalty(q, k, 3, 2, 0.5))
		p := build(t, b.differentiate(t), machine.On(open(t, "ref"))).Program()
		for _, o := range []kernels.Op{kernels.OpAttentionPenalty, kernels.OpAttentionPenaltyGrad} {
			if got := count(p, o); got != c.apart {
				t.Errorf("%s: %d %s, want %d in\n%s", name, got, o, c.apart, p)
			}
		}
	}
}

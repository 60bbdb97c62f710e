package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// The statistics of an update, summed on the device until they are reported.
const (
	statUpdates       = iota // number of updates in the sums
	statCriticLoss           // with the attention penalty
	statSquaredTD            // (Q - y)^2, deciding agents
	statTarget               // y, deciding agents
	statSquaredTarget        // y^2, deciding agents
	statActorLoss            // with the logit penalty
	statEntropy              // nats, deciding agents
	statCriticNorm           // gradient norm before the clip
	statActorNorm
	statHeads // first head's attention entropy, nats
)

// statistics are the sums, one float each, the heads at the end.
type statistics struct {
	sums  machine.Tensor   // [statHeads + h]
	parts []machine.Tensor // scalars in sums
	heads machine.Tensor   // [h] in sums
}

func newStatistics(l *machine.Layout, heads int) statistics {
	s := statistics{sums: l.Add("statistics", statHeads+heads)}
	for i := range statHeads {
		s.parts = append(s.parts, l.View(fmt.Sprintf("statistics/%d", i), s.sums, i))
	}
	s.heads = l.View("statistics/attention_entropy", s.sums, statHeads, heads)
	return s
}

// output adds the scalar node n to a sum.
func (s *statistics) output(f *fragment, b *machine.Builder, stat int, n *node) {
	t := b.Temp(fmt.Sprintf("stat%d", stat))
	f.output(n, t)
	f.after = append(f.after, func(b *machine.Builder) { s.add(b, stat, t) })
}

// outputHeads adds the entropies of the heads [h].
func (s *statistics) outputHeads(f *fragment, b *machine.Builder, n *node) {
	t := b.Temp("attention_entropy", n.Shape()...)
	f.output(n, t)
	f.after = append(f.after, func(b *machine.Builder) { b.Binary(kernels.BinAdd, s.heads, t, s.heads) })
}

// add adds the scalar t to a sum.
func (s *statistics) add(b *machine.Builder, stat int, t machine.Tensor) {
	b.Binary(kernels.BinAdd, s.parts[stat], t, s.parts[stat])
}

// count books one update.
func (s *statistics) count(b *machine.Builder) {
	one := b.Temp("one")
	b.Fill(one, 1)
	s.add(b, statUpdates, one)
}

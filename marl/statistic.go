package marl

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// The statistics of an update, summed on the device until they are reported.
const (
	statUpdates        = iota // number of updates in the sums
	statCriticLoss            // with the attention penalty
	statSquaredTD             // (Q - y)^2, deciding agents
	statTarget                // y, or the return, deciding agents
	statTargetVariance        // of y within the minibatch, deciding agents
	statActorLoss             // with the logit penalty
	statEntropy               // nats, deciding agents
	statCriticNorm            // gradient norm before the clip
	statActorNorm
	statClipped // share of rho outside of the clip, on-policy
	statKL      // estimate of KL(pi_old, pi), on-policy
	statCount
)

// statistics are the sums, one float each.
type statistics struct {
	sums  machine.Tensor   // [statCount]
	parts []machine.Tensor // scalars in sums
}

func newStatistics(l *machine.Layout) statistics {
	s := statistics{sums: l.Add("statistics", statCount)}
	for i := range statCount {
		s.parts = append(s.parts, l.View(fmt.Sprintf("statistics/%d", i), s.sums, i))
	}
	return s
}

// output adds the scalar node n to a sum.
func (s *statistics) output(f *nn.Fragment, b *machine.Builder, stat int, n *nn.Node) {
	t := b.Temp(fmt.Sprintf("stat%d", stat))
	f.Output(n, t)
	f.Then(func(b *machine.Builder) { s.add(b, stat, t) })
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

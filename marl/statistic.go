package marl

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// The statistics of an update, summed on the device until they are reported.
const (
	statCriticLoss     = "critic_loss"     // with the attention penalty
	statSquaredTD      = "squared_td"      // (Q - y)^2, deciding agents
	statTarget         = "target"          // y, or the return, deciding agents
	statTargetVariance = "target_variance" // of y within the minibatch, deciding agents
	statActorLoss      = "actor_loss"      // with the logit penalty
	statEntropy        = "entropy"         // nats, deciding agents
	statCriticNorm     = "critic_norm"     // gradient norm before the clip
	statActorNorm      = "actor_norm"
	statClipped        = "clipped" // share of rho outside of the clip
	statKL             = "kl"      // estimate of KL(pi_old, pi)
)

// statistics are the sums of named scalars over updates, one float each. The first sum counts the updates.
type statistics struct {
	names []string
	sums  machine.Tensor   // [1 + len(names)]
	parts []machine.Tensor // scalars in sums
}

// statUpdates is the name of the first sum.
const statUpdates = "updates"

func newStatistics(l *machine.Layout, names []string) statistics {
	s := statistics{names: append([]string{statUpdates}, names...)}
	s.sums = l.Add("statistics", len(s.names))
	for i, name := range s.names {
		s.parts = append(s.parts, l.View("statistics/"+name, s.sums, i))
	}
	return s
}

// index of a statistic, which the algorithm must have named.
func (s *statistics) index(name string) int {
	i := slices.Index(s.names, name)
	if i < 0 {
		panic("marl: no statistic " + name)
	}
	return i
}

// mean returns the means over the updates that sums, a copy of the device's, hold.
func (s *statistics) mean(sums []float32) func(name string) float32 {
	return func(name string) float32 { return sums[s.index(name)] / max(1, sums[0]) }
}

// output adds the scalar node n to a sum.
func (s *statistics) output(f *nn.Fragment, b *machine.Builder, name string, n *nn.Node) {
	t := b.Temp("statistic " + name)
	f.Output(n, t)
	f.Then(func(b *machine.Builder) { s.add(b, name, t) })
}

// add adds the scalar t to a sum.
func (s *statistics) add(b *machine.Builder, name string, t machine.Tensor) {
	sum := s.parts[s.index(name)]
	b.Binary(kernels.BinAdd, sum, t, sum)
}

// count books one update.
func (s *statistics) count(b *machine.Builder) {
	one := b.Temp("one")
	b.Fill(one, 1)
	s.add(b, statUpdates, one)
}

package marl

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Statistics are sums of named scalars over updates, kept on the device until they are reported.
type Statistics struct {
	names []string
	sums  machine.Tensor   // [1 + number of names]; the first counts the updates
	parts []machine.Tensor // scalars in sums
}

// updatesName is the name of the first sum.
const updatesName = "updates"

// NewStatistics places the sums of a learner.
func (w *Workshop) NewStatistics(names ...string) *Statistics {
	s := &Statistics{names: append([]string{updatesName}, names...)}
	s.sums = w.Layout.Add("statistics", len(s.names))
	for i, name := range s.names {
		s.parts = append(s.parts, w.Layout.View("statistics/"+name, s.sums, i))
	}
	w.Statistics = s
	return s
}

// index is the index of a sum. It panics if the learner has not declared the name.
func (s *Statistics) index(name string) int {
	i := slices.Index(s.names, name)
	if i < 0 {
		panic("marl: no statistic " + name)
	}
	return i
}

// mean returns the means over the updates in sums, which is a copy of the sums on the device.
func (s *Statistics) mean(sums []float32) func(name string) float32 {
	return func(name string) float32 { return sums[s.index(name)] / max(1, sums[0]) }
}

// Output adds the scalar node n to a sum.
func (s *Statistics) Output(f *nn.Fragment, b *machine.Builder, name string, n *nn.Node) {
	t := b.Temp("statistic " + name)
	f.Output(n, t)
	f.Then(func(b *machine.Builder) { s.Add(b, name, t) })
}

// Add adds the scalar t to a sum.
func (s *Statistics) Add(b *machine.Builder, name string, t machine.Tensor) {
	sum := s.parts[s.index(name)]
	b.Binary(kernels.BinAdd, sum, t, sum)
}

// count counts one update.
func (s *Statistics) count(b *machine.Builder) {
	one := b.Temp("one")
	b.Fill(one, 1)
	s.Add(b, updatesName, one)
}

package kerneltest

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// freeOps are ops whose sums may have another order where Options.Precision promises no bits.
var freeOps = []kernels.Op{kernels.OpGroupNorm, kernels.OpGroupNormGrad}

// FreeOps lists the ops that TrialsOfFreeSums accepts.
func FreeOps() []kernels.Op { return slices.Clone(freeOps) }

// runFreeSums tests ops whose sums have an order of the backend's in this precision: they must be as close to float64 as those
// of ref, and have the same bits with every instruction set.
func runFreeSums(t *testing.T, name, precision string, isas []string) {
	for _, op := range freeOps {
		b := newBench(trialsOf(op), uint64(op))
		want := b.resultOn(t, name, kernels.Options{ISA: isas[0], Precision: precision})
		b.checkPrecision(t, want)
		for _, isa := range isas[1:] {
			b.compare(t, name, kernels.Options{ISA: isa, Precision: precision}, want)
		}
	}
}

// TrialsOfFreeSums are the trials of an op whose sums are the backend's, with its own results, which runFreeSums has checked.
func TrialsOfFreeSums(t *testing.T, op kernels.Op, name, precision string) *Trials {
	b := newBench(trialsOf(op), uint64(op))
	return &Trials{b, b.resultOn(t, name, kernels.Options{Precision: precision})}
}

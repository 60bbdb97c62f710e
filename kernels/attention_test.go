package kernels_test

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// The penalty is of scores with the other agents, so it does not meet attention to itself.
func TestAttentionToItselfHasNoPenalty(t *testing.T) {
	program := func(d kernels.Desc) *kernels.Program {
		d.Flags, d.Dim = kernels.FlagSelf, [kernels.MaxDims]int64{1, 2, 1, 3}
		return &kernels.Program{Descs: []kernels.Desc{d}, Arena: 100}
	}
	forward := kernels.Desc{Op: kernels.OpAttention, Arg: [kernels.MaxArgs]int64{0, 10, 20, 30, 40}}
	backward := kernels.Desc{Op: kernels.OpAttentionGrad, Arg: [kernels.MaxArgs]int64{0, 10, 20, 30, 40, 50, 60, 70}}
	wantRefusal(t, program(forward), "attention: an agent that attends to itself, too, has no penalty")
	wantRefusal(t, program(backward), "attentiongrad: an agent that attends to itself, too, has no penalty")
	wantRefusal(t, program(kernels.Desc{Op: kernels.OpAttentionEntropy, Arg: [kernels.MaxArgs]int64{0, 10, 20}}), "attentionentropy: unknown flags 10000")
	forward.Arg[4], backward.Arg[7] = kernels.Absent, kernels.Absent
	for _, d := range []kernels.Desc{forward, backward} {
		if err := program(d).Validate(); err != nil {
			t.Error(err)
		}
	}
}

//go:build emu

package emu

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// pending are the ops that have no CUDA kernel yet.
var pending = []kernels.Op{
	kernels.OpConv, kernels.OpConvGradX, kernels.OpConvGradW, kernels.OpAttention, kernels.OpAttentionGrad,
	kernels.OpAttentionPenalty, kernels.OpAttentionPenaltyGrad, kernels.OpAttentionEntropy,
	kernels.OpGAE, kernels.OpShuffle,
}

func TestConformance(t *testing.T)  { kerneltest.Run(t, "emu", pending...) }
func TestRandomShapes(t *testing.T) { kerneltest.RunRandom(t, "emu", 1, pending...) }
func TestLoops(t *testing.T)        { kerneltest.RunLoops(t, "emu", pending...) }

func TestPending(t *testing.T) {
	for _, op := range kernels.Ops() {
		switch has, waits := hasKernel(op), slices.Contains(pending, op); {
		case has && waits:
			t.Errorf("there is a kernel for %s now: take it off the list of pending ops, so that it is tested", op)
		case !has && !waits:
			t.Errorf("there is no kernel for %s", op)
		}
	}
}

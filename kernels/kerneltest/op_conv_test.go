package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestConvGrads(t *testing.T) {
	for _, s := range [][]int64{
		{2, 4, 5, 3, 3, 3, 2, 1, 1, 1, 1}, {1, 5, 4, 2, 3, 2, 3, 2, 2, 0, 1}, {2, 1, 7, 2, 1, 5, 3, 1, 2, 0, 2}, {1, 2, 2, 1, 3, 3, 2, 1, 1, 2, 2},
	} {
		forward := func() *trial { return newTrial(kernels.OpConv, s...).without("bias") }
		checkGrad(t, forward(), newTrial(kernels.OpConvGradX, s...).without("aux"), "y", "dy", map[string]string{"x": "dx"})
		checkGrad(t, forward(), newTrial(kernels.OpConvGradW, s...), "y", "dy", map[string]string{"w": "dw"})
	}
}

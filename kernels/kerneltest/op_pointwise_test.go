package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestUnaryGrad(t *testing.T) {
	for f := range fnLast + 1 {
		forward := newTrial(kernels.OpUnary, 40).fn(f).scalars(0.2, 0.55).with("x", awayFromKinks(f))
		checkGrad(t, forward, newTrial(kernels.OpUnaryGrad, 40).fn(f).scalars(0.2, 0.55), "y", "dy", map[string]string{"x": "dx"})
	}
}

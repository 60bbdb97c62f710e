package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestGroupNormGrad(t *testing.T) {
	for _, f := range normFns {
		for _, s := range [][4]int64{{2, 3, 6, 2}, {1, 5, 4, 4}, {2, 1, 6, 1}} {
			forward, backward := newTrial(kernels.OpGroupNorm, s[:]...).fn(f).scalars(0.1), newTrial(kernels.OpGroupNormGrad, s[:]...).fn(f)
			checkGrad(t, forward, backward, "y", "dy", map[string]string{"x": "dx"})
			forward, backward = newTrial(kernels.OpGroupNorm, s[:]...).fn(f).without("film"), newTrial(kernels.OpGroupNormGrad, s[:]...).fn(f).without("film")
			checkGrad(t, forward.scalars(0.1), backward, "y", "dy", map[string]string{"x": "dx"})
		}
	}
}

func TestLayerNormGrad(t *testing.T) {
	for _, s := range [][2]int64{{3, 5}, {1, 7}, {4, 2}} {
		checkGrad(t, newTrial(kernels.OpLayerNorm, s[:]...).scalars(0.1), newTrial(kernels.OpLayerNormGrad, s[:]...), "y", "dy",
			map[string]string{"x": "dx", "gamma": "dgamma", "beta": "dbeta"})
	}
}

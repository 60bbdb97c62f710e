//go:build ptx

package emu

import (
	"fmt"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// TestTiles runs products with every tile, with blocks of terms side by side and in one chain.
func TestTiles(t *testing.T) {
	defer chooseTile(-1, false)
	for tile := range tiles {
		for _, split := range []bool{false, true} {
			chooseTile(tile, split)
			for _, op := range kerneltest.ProductOps() {
				t.Run(fmt.Sprintf("%s/%d/%t", op, tile, split), func(t *testing.T) {
					runTrials(t, kerneltest.TrialsOf(t, op), kernels.FP32)
					runTrials(t, kerneltest.TrialsOfLoops(t, op), kernels.FP32)
					for _, precision := range []string{kernels.TF32, kernels.BF16} {
						runTrials(t, kerneltest.TrialsOfRounded(t, op, precision), precision)
					}
				})
			}
		}
	}
}

func runTrials(t *testing.T, trials *kerneltest.Trials, precision string) {
	t.Helper()
	b, err := kernels.Open(name, kernels.Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, fault := range trials.Faults(b) {
		t.Error(fault)
	}
}

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
	onTiles(t, func(t *testing.T, trials *kerneltest.Trials, precision string) { runTrials(t, trials, precision, nil) })
}

// TestBarriers leaves out each barrier of each kernel of an op.
func TestBarriers(t *testing.T) {
	var s Survey
	survey := func(t *testing.T, trials *kerneltest.Trials, precision string) { runTrials(t, trials, precision, &s) }
	for _, op := range kernels.Ops() {
		if op != kernels.OpLoop && op != kernels.OpStep {
			t.Run(op.String(), func(t *testing.T) {
				survey(t, kerneltest.TrialsOf(t, op), kernels.FP32)
				survey(t, kerneltest.TrialsOfLoops(t, op), kernels.FP32)
			})
		}
	}
	for seed := range uint64(2) { // chains of products, with a loop and without
		t.Run(fmt.Sprint("net ", seed), func(t *testing.T) { survey(t, kerneltest.TrialsOfNet(t, seed), kernels.FP32) })
	}
	onTiles(t, survey)
	for _, barrier := range s.Unmissed() {
		t.Errorf("nothing misses the barrier %s", barrier)
	}
	for _, kernel := range s.Unlaunched() {
		t.Errorf("nothing launches %s", kernel)
	}
	t.Logf("%d barriers of %d kernels", s.Barriers(), len(s.entries))
}

// onTiles calls run with the trials of products, while their plans use one tile after the other.
func onTiles(t *testing.T, run func(t *testing.T, trials *kerneltest.Trials, precision string)) {
	defer chooseTile(-1, false)
	for tile := range tiles {
		for _, split := range []bool{false, true} {
			chooseTile(tile, split)
			for _, op := range kerneltest.ProductOps() {
				t.Run(fmt.Sprintf("%s/%d/%t", op, tile, split), func(t *testing.T) {
					run(t, kerneltest.TrialsOf(t, op), kernels.FP32)
					for _, precision := range []string{kernels.TF32, kernels.BF16} {
						run(t, kerneltest.TrialsOfRounded(t, op, precision), precision)
					}
				})
			}
		}
	}
}

// runTrials runs trials in a precision, as part of a survey unless it is nil.
func runTrials(t *testing.T, trials *kerneltest.Trials, precision string, s *Survey) {
	t.Helper()
	b, err := kernels.Open(name, kernels.Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if s != nil {
		s.Watch(b)
	}
	for _, fault := range trials.Faults(b) {
		t.Error(fault)
	}
}

//go:build ptx

package emu

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// needless are barriers that no launch misses, with the reason.
var needless = map[string]string{}

// TestBarriersAreMissed leaves out each barrier of each kernel of an op.
func TestBarriersAreMissed(t *testing.T) {
	var s Survey
	for _, op := range kernels.Ops() {
		if op != kernels.OpLoop && op != kernels.OpStep {
			surveyTrials(t, &s, kerneltest.TrialsOf(t, op), kernels.FP32)
			surveyTrials(t, &s, kerneltest.TrialsOfLoops(t, op), kernels.FP32)
		}
	}
	for seed := range uint64(2) { // chains of products, with a loop and without
		surveyTrials(t, &s, kerneltest.TrialsOfNet(t, seed), kernels.FP32)
	}
	for _, op := range kerneltest.ProductOps() {
		for _, precision := range []string{kernels.TF32, kernels.BF16} {
			surveyTrials(t, &s, kerneltest.TrialsOfRounded(t, op, precision), precision)
		}
	}
	for _, name := range s.Unmissed() {
		if needless[name] == "" {
			t.Errorf("nothing misses the barrier %s", name)
		}
	}
	t.Logf("%d barriers of %d kernels", s.Barriers(), s.Kernels())
}

// surveyTrials runs trials in a precision.
func surveyTrials(t *testing.T, s *Survey, trials *kerneltest.Trials, precision string) {
	t.Helper()
	b, err := kernels.Open(name, kernels.Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s.Watch(b)
	for _, fault := range trials.Faults(b) {
		t.Error(fault)
	}
}

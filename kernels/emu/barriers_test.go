//go:build emu

package emu

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// exempt are files with barriers that are not left out. Those of kernel.cuh are between tasks of a block and between iterations of a
// segment; for most ops the suite has neither. Without those of group.cu threads would run an op of which they know a part, and write
// anywhere in the memory of the test; the pass over the PTX, which knows bounds, looks at them.
var exempt = []string{"kernel.cuh", "group.cu"}

// Without any one of the barriers in the kernels the suite fails, in one of the orders of threads.
func TestSuiteSeesMissingBarriers(t *testing.T) {
	needed := map[string]bool{} // by barrier
	for _, op := range kernels.Ops() {
		if op != kernels.OpLoop && op != kernels.OpStep {
			leaveOutEach(t, kerneltest.TrialsOf(t, op), kernels.FP32, needed)
		}
	}
	for seed := range uint64(2) { // chains of products, with a loop and without
		leaveOutEach(t, kerneltest.TrialsOfNet(t, seed), kernels.FP32, needed)
	}
	for _, op := range kerneltest.ProductOps() {
		for _, precision := range []string{kernels.TF32, kernels.BF16} {
			leaveOutEach(t, kerneltest.TrialsOfRounded(t, op, precision), precision, needed)
		}
	}
	leaveOutEach(t, kerneltest.TrialsOfRoundedAttention(t, "emu", kernels.TF32), kernels.TF32, needed)
	for _, op := range kerneltest.FreeOps() {
		leaveOutEach(t, kerneltest.TrialsOfFreeSums(t, op, name, kernels.TF32), kernels.TF32, needed)
	}
	leaveOutEach(t, kerneltest.TrialsOfMoments(t, name, kernels.TF32), kernels.TF32, needed)
	if len(needed) == 0 {
		t.Fatal("no kernel has a barrier")
	}
	for name, seen := range needed {
		if !seen {
			t.Errorf("the suite does not see that the barrier at %s is missing", name)
		}
	}
}

// leaveOutEach leaves out each barrier that the trials use, and records whether they fail without it.
func leaveOutEach(t *testing.T, trials *kerneltest.Trials, precision string, needed map[string]bool) {
	defer LeaveOut(-1)
	for _, i := range used(t, trials, precision) {
		name := Barriers()[i].Name
		if file, _, _ := strings.Cut(name, ":"); needed[name] || slices.Contains(exempt, file) {
			continue
		}
		LeaveOut(i)
		needed[name] = slices.ContainsFunc(isas, func(order string) bool { return len(faults(t, trials, order, precision)) > 0 })
		LeaveOut(-1)
	}
}

// used lists the barriers that the trials use, and checks that the trials pass.
func used(t *testing.T, trials *kerneltest.Trials, precision string) (numbers []int) {
	before := Barriers()
	for _, fault := range faults(t, trials, isas[0], precision) {
		t.Error(fault)
	}
	for i, b := range Barriers() {
		if i >= len(before) || b.Uses > before[i].Uses {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

func faults(t *testing.T, trials *kerneltest.Trials, order, precision string) []string {
	b, err := kernels.Open("emu", kernels.Options{ISA: order, Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return trials.Faults(b)
}

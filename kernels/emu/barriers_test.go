//go:build emu

package emu

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// exempt are files with barriers whose absence the suite does not see: those of kernel.cuh stand
// between tasks of a block and iterations of a segment, which the suite has none of for most ops; for
// those of attention no trial has been found yet.
var exempt = []string{"kernel.cuh", "attention.cuh", "attention.cu", "attention_grad.cu"}

// Without any one of the barriers in the kernels the suite fails, in one of the orders of threads.
func TestSuiteSeesMissingBarriers(t *testing.T) {
	defer leaveOut(-1)
	needed := map[string]bool{} // by barrier
	for _, op := range kernels.Ops() {
		if op == kernels.OpLoop || op == kernels.OpStep {
			continue
		}
		trials := kerneltest.TrialsOf(t, op)
		for _, i := range used(t, trials) {
			name := barriers()[i].name
			if file, _, _ := strings.Cut(name, ":"); needed[name] || slices.Contains(exempt, file) {
				continue
			}
			leaveOut(i)
			needed[name] = slices.ContainsFunc(orders, func(order string) bool { return len(faults(t, trials, order)) > 0 })
			leaveOut(-1)
		}
	}
	if len(needed) == 0 {
		t.Fatal("no kernel has a barrier")
	}
	for name, seen := range needed {
		if !seen {
			t.Errorf("the suite does not see that the barrier at %s is missing", name)
		}
	}
}

// used lists the barriers that the trials of an op use, and checks that these pass.
func used(t *testing.T, trials *kerneltest.Trials) (numbers []int) {
	before := barriers()
	for _, fault := range faults(t, trials, orders[0]) {
		t.Error(fault)
	}
	for i, b := range barriers() {
		if i >= len(before) || b.uses > before[i].uses {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

func faults(t *testing.T, trials *kerneltest.Trials, order string) []string {
	b, err := kernels.Open("emu", kernels.Options{ISA: order})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return trials.Faults(b)
}

//go:build emu

package emu

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
)

// TestLaunchCounts: a change of the plan that makes more launches is noticed.
func TestLaunchCounts(t *testing.T) {
	update, proximal := programsOf(t, bench.Update(256, 30, 64)), programsOf(t, bench.ProximalUpdate(64, 30, 64))
	for _, x := range []struct {
		p    *kernels.Program
		want int
	}{
		{update["update"], 73}, {update["slot"], 19}, {proximal["update"], 51}, {proximal["slot"], 31},
		{programsOf(t, bench.MLP(4096, 32, 128, 128, 16))["mlp"], 13},
		{programsOf(t, bench.Critic(1024, 32, 128))["critic"], 34},
	} {
		launches, err := Launches(x.p, kernels.FP32)
		if err != nil {
			t.Fatal(err)
		}
		if len(launches) != x.want {
			t.Errorf("%s: %d launches, want %d", x.p.Name, len(launches), x.want)
		}
	}
}

// In bf16 and tf32, norms that follow a convolution take their statistics from it; those of a sum, of features side by
// side or of a convolution with blocks of terms side by side do not.
func TestToldNorms(t *testing.T) {
	p := programsOf(t, bench.Sampling("xs", 32, 16))["sample/step"]
	for precision, want := range map[string]int{kernels.FP32: 0, kernels.TF32: 12, kernels.BF16: 15} {
		launches, err := Launches(p, precision)
		if err != nil {
			t.Fatal(err)
		}
		told, norms := 0, 0
		for _, l := range launches {
			if strings.HasPrefix(l.Kernel, "told_norm") {
				told++
			}
			if strings.Contains(l.Kernel, "norm<") {
				norms++
			}
		}
		if told != want || norms != 23 {
			t.Errorf("%s: %d of %d norms take their statistics from a convolution, want %d of 23", precision, told, norms, want)
		}
	}
}

// Every op is in the launches, the phases of an op are in their order, and blocks and threads are there.
func TestLaunches(t *testing.T) {
	for name, p := range programsOf(t, bench.ProximalUpdate(16, 6, 8)) {
		for _, precision := range kernels.Precisions() {
			launches, err := Launches(p, precision)
			if err != nil {
				t.Fatal(err)
			}
			var seen []int
			for _, l := range launches {
				seen = append(seen, l.Ops...)
				step := l.Kernel == "" && p.Descs[l.Ops[0]].Op == kernels.OpStep
				if !step && (l.Blocks < 1 || l.Threads < 32 || strings.HasPrefix(l.Kernel, "_Z")) {
					t.Errorf("%s in %s: launch %+v", name, precision, l)
				}
			}
			for i := range p.Descs {
				if p.Descs[i].Op != kernels.OpLoop && !slices.Contains(seen, i) {
					t.Errorf("%s in %s: no launch of op %s", name, precision, p.Describe(i))
				}
			}
		}
	}
}

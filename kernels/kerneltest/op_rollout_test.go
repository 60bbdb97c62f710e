package kerneltest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Golden vectors of established implementations of Schulman et al. 2016, eqs. 11 to 16: without an end, then with a
// time limit after the third slot, whose successor state has the value .9, then with a termination there.
func TestGAEAgreesWithGoldenVectors(t *testing.T) {
	for _, c := range []struct {
		end  float64
		want []float64
	}{
		{kernels.GoesOn, []float64{2.52296021, 1.51510921, 1.50782478, 2.564407, 2.094}},
		{kernels.Truncated, []float64{0.82745154, -0.2876645, -0.409, 2.564407, 2.094}},
		{kernels.Terminated, []float64{0.82745154 - 0.891*0.9405*0.9405, -0.2876645 - 0.891*0.9405, -1.3, 2.564407, 2.094}},
	} {
		tr := newTrial(kernels.OpGAE, 5, 1).scalars(0.99, 0.95)
		l := newLab(t, tr)
		copy(l.arg("reward"), []float64{1, 0, -1, 0.5, 2})
		copy(l.arg("value"), []float64{0.1, 0.2, 0.3, 0.4, 0.5})
		copy(l.arg("next"), []float64{0.2, 0.3, 0.4, 0.5, 0.6})
		copy(l.arg("ended"), []float64{0, 0, c.end, 0, 0})
		if c.end != kernels.GoesOn {
			l.arg("next")[2] = 0.9
		}
		l.run()
		for i, want := range c.want {
			checkNear(t, fmt.Sprintf("end %g: A[%d]", c.end, i), l.arg("A")[i], want, 2e-7)
		}
	}
}

// Every N elements of the sequence are a permutation, whatever the offset of a read.
func TestShuffleIsASequenceOfPermutations(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097} {
		l := newLab(t, newTrial(kernels.OpShuffle, 3*n, n).with("counter", values(0, float32(5*n))).seed(9, 2))
		l.run()
		y := slices.Clone(l.arg("y"))
		for e := range 3 {
			part := slices.Sorted(slices.Values(y[int64(e)*n : int64(e+1)*n]))
			for i, x := range part {
				if x != float64(i) {
					t.Fatalf("N %d: permutation %d has %g at place %d", n, e, x, i)
				}
			}
		}
		l = newLab(t, newTrial(kernels.OpShuffle, n, n).with("counter", values(0, float32(5*n+n/2))).seed(9, 2))
		l.run()
		if !slices.Equal(l.arg("y"), y[n/2:n/2+n]) {
			t.Errorf("N %d: another sequence from the middle on", n)
		}
	}
}

// All permutations of a few numbers are equally frequent. For more numbers, all pairs of positions of two
// neighbours are.
func TestShuffleIsUniform(t *testing.T) {
	for n, kinds := range map[int64]int{2: 2, 3: 6, 4: 24, 5: 120, 6: 720} {
		seen := map[string]int{}
		const draws = 24000
		l := newLab(t, newTrial(kernels.OpShuffle, draws*n, n).with("counter", values(0, 0)).seed(uint64(n), 1))
		l.run()
		for i := int64(0); i < draws*n; i += n {
			seen[fmt.Sprint(l.arg("y")[i:i+n])]++
		}
		checkUniform(t, fmt.Sprintf("permutations of %d", n), seen, kinds, draws)
	}
	const n, draws = 30, 20000
	l := newLab(t, newTrial(kernels.OpShuffle, draws*n, n).with("counter", values(0, 0)).seed(7, 1))
	l.run()
	pairs := map[string]int{}
	for i := 0; i < draws*n; i += n {
		y := l.arg("y")[i:]
		pairs[fmt.Sprint(y[3], y[4])]++
	}
	checkUniform(t, "two neighbours of 30", pairs, n*(n-1), draws)
}

// checkUniform is a chi-square test at six standard deviations.
func checkUniform(t *testing.T, what string, seen map[string]int, kinds, draws int) {
	t.Helper()
	expected := float64(draws) / float64(kinds)
	chi := expected * float64(kinds-len(seen))
	for _, k := range seen {
		chi += (float64(k) - expected) * (float64(k) - expected) / expected
	}
	if free := float64(kinds - 1); chi > free+6*math.Sqrt(2*free) {
		t.Errorf("%s: chi-square %.0f for %.0f degrees of freedom", what, chi, free)
	}
}

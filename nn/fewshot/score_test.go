package fewshot

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/nn/classify"
)

// The corrected F1 is what a test of the same rates and priors would have. Pooling the rows instead gives more for the
// same classifier.
func TestCorrected(t *testing.T) {
	// A classifier that finds 80 % of the rare class and calls 5 % of the other one rare, with 20 and 200 test rows.
	test := classify.Confusion{{190, 10}, {4, 16}}
	unused := classify.Confusion{{0, 0}, {12, 48}}
	precision, recall := 16./26, 16./20
	want := 2 * precision * recall / (precision + recall)
	if got := corrected(test, unused, 1, []float64{200, 20}); math.Abs(got-want) > 1e-12 {
		t.Errorf("corrected F1 %g, want %g, that of the test", got, want)
	}
	pooled := classify.Confusion{{190, 10}, {16, 64}}
	if pooled.F1(1) < want+.1 {
		t.Errorf("pooled F1 %g; the trap is gone", pooled.F1(1))
	}
	// Twice as many negatives double the false positives: TP 16, FP 20, FN 4.
	if got := corrected(test, unused, 1, []float64{400, 20}); math.Abs(got-32./56) > 1e-12 {
		t.Errorf("corrected F1 %g with other priors, want 32/56", got)
	}
	// Rows of another rare class are wrong at their rate over both lists: 3 of 30, so 1 of 10 test rows.
	three := classify.Confusion{{100, 0, 0}, {0, 10, 0}, {0, 2, 8}}
	more := classify.Confusion{{0, 0, 0}, {0, 0, 0}, {0, 1, 19}}
	if got := corrected(three, more, 1, []float64{100, 10, 10}); math.Abs(got-20./21) > 1e-12 {
		t.Errorf("corrected F1 %g beside another rare class, want 20/21", got)
	}
	s := scoresOf(test, unused, []int{1})
	if math.Abs(s.Rare-test.F1(1)) > 1e-12 || math.Abs(s.Macro-test.MacroF1()) > 1e-12 {
		t.Errorf("scores %+v", s)
	}
}

// The interval of 1, 2, 3, 4 is 2.5 +- 3.182446 * sqrt(5/3/4): t of three degrees of freedom from a table.
func TestInterval(t *testing.T) {
	i := interval([]float64{1, 2, 3, 4})
	half := 3.182446305284263 * math.Sqrt(5./12)
	if math.Abs(i.Mean-2.5) > 1e-12 || math.Abs(i.Low-2.5+half) > 1e-6 || math.Abs(i.High-2.5-half) > 1e-6 {
		t.Errorf("%+v, want 2.5 +- %g", i, half)
	}
}

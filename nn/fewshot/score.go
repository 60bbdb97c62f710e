package fewshot

import (
	"math"

	"github.com/gmel-go/gmel/nn/classify"
	"gonum.org/v1/gonum/stat/distuv"
)

// Scores are those of one classifier.
type Scores struct {
	Rare      float64 `json:"rare_f1"`           // mean F1 of the rare classes on the test rows
	Corrected float64 `json:"rare_f1_corrected"` // the same with more positives at the priors of the test rows, see corrected
	Macro     float64 `json:"macro_f1"`          // mean F1 of all classes on the test rows
}

// scoresOf scores the answers for the test rows and for rows of rare classes that were not trained on.
func scoresOf(test, unused classify.Confusion, rare []int) Scores {
	s := Scores{Macro: test.MacroF1()}
	for _, class := range rare {
		s.Rare += test.F1(class) / float64(len(rare))
		s.Corrected += corrected(test, unused, class, counts(test)) / float64(len(rare))
	}
	return s
}

func counts(c classify.Confusion) (n []float64) {
	for _, answers := range c {
		sum := 0
		for _, k := range answers {
			sum += k
		}
		n = append(n, float64(sum))
	}
	return n
}

// corrected is F1 of a class in a test of n[c] rows of each class c, from the shares of answers that are known from both
// lists of answers: F1 = 2 R n / (R n + FP + n), where R is the recall over all rows of the class, and FP the sum over the other
// classes of their share of wrong answers for this class, times their n.
//
// To pool the rows instead would raise the share of rare rows, and F1 with it: more positives beside as many negatives
// make any answer "rare" right more often.
func corrected(test, unused classify.Confusion, class int, n []float64) float64 {
	share := func(truth int) float64 {
		answers, all := 0, 0
		for _, c := range []classify.Confusion{test, unused} {
			for answer, k := range c[truth] {
				if all += k; answer == class {
					answers += k
				}
			}
		}
		return float64(answers) / float64(max(1, all))
	}
	right, wrong := share(class)*n[class], 0.0
	for other := range n {
		if other != class {
			wrong += share(other) * n[other]
		}
	}
	if right == 0 {
		return 0
	}
	return 2 * right / (right + wrong + n[class])
}

// Interval is a mean with its 95 % interval: t times the standard error over draws. It says how the mean would vary with other draws of k
// images and other seeds on the same test rows, which all draws share. What another test set would change comes on top.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low_95"`
	High float64 `json:"high_95"`
}

// interval is of at least two values, one for each draw.
func interval(values []float64) Interval {
	n, mean, square := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt(square/(n-1)/n)
	return Interval{mean, mean - half, mean + half}
}

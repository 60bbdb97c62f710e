package run

import (
	"math"

	"github.com/gmel-go/gmel/nn/diffusion/quality"
	"gonum.org/v1/gonum/stat/distuv"
)

// Evaluation compares the samples of a run with held-out ones and with what cheap generators make. All rows have as many
// samples, of the same classes, and are measured against those of training. So the first row is what a perfect generator
// reaches.
type Evaluation struct {
	noun string // what a sample is called

	Set         string    `json:"data"`
	By          string    `json:"network"` // which network has drawn
	Training    int       `json:"training_images"`
	Images      int       `json:"images"`       // of a row, measured
	Count       int       `json:"drawn_images"` // of a row, on which classifiers are trained
	Seed        uint64    `json:"seed"`         // of the first samples
	Seeds       int       `json:"seeds"`        // times that samples were drawn
	Classifiers int       `json:"classifiers"`  // trained on each draw
	Rows        []EvalRow `json:"rows"`
}

// EvalRow is the figures of one kind of samples.
type EvalRow struct {
	Images      string  `json:"images"` // real, held out; generated; or a baseline.Generator
	Sampler     string  `json:"sampler,omitempty"`
	Steps       int     `json:"steps,omitempty"`
	Evaluations int     `json:"evaluations,omitempty"` // steps of the sampler that evaluate the network
	Guidance    float64 `json:"guidance,omitempty"`

	Frechet   Estimate  `json:"frechet"`
	KID       Estimate  `json:"kid"`
	Precision Estimate  `json:"precision"`
	Recall    Estimate  `json:"recall"`
	Coverage  Estimate  `json:"coverage"`
	Ratio     Estimate  `json:"nn_ratio"`
	Copies    Estimate  `json:"copies"`
	Accuracy  *Estimate `json:"accuracy,omitempty"` // nil without classifiers
	F1        *Estimate `json:"macro_f1,omitempty"`
}

// Estimate is a mean, with half the width of its 95 % interval where that is known.
type Estimate struct {
	Mean   float64  `json:"mean"`
	Margin *float64 `json:"margin_95,omitempty"`
}

// figures are those of one draw.
type figures struct {
	Scores
	kid          quality.Discrepancy
	accuracy, f1 []float64 // of each classifier
}

// add adds a row from the figures of each draw.
func (e *Evaluation) add(r EvalRow, draws []*figures) {
	over := func(of func(*figures) float64) Estimate {
		var values []float64
		for _, f := range draws {
			values = append(values, of(f))
		}
		return estimate(values)
	}
	r.Frechet = over(func(f *figures) float64 { return f.Frechet })
	r.KID = over(func(f *figures) float64 { return f.kid.Value })
	r.Precision = over(func(f *figures) float64 { return f.Precision })
	r.Recall = over(func(f *figures) float64 { return f.Recall })
	r.Coverage = over(func(f *figures) float64 { return f.Coverage })
	r.Ratio = over(func(f *figures) float64 { return f.Ratio })
	r.Copies = over(func(f *figures) float64 { return f.Copies })
	if len(draws) == 1 {
		r.KID.Margin = margin(normal95 * draws[0].kid.Error)
	}
	if e.Classifiers > 0 {
		r.Accuracy = classified(draws, func(f *figures) []float64 { return f.accuracy })
		r.F1 = classified(draws, func(f *figures) []float64 { return f.f1 })
	}
	e.Rows = append(e.Rows, r)
}

// classified is over the classifiers of a single draw, or over the means of several.
func classified(draws []*figures, of func(*figures) []float64) *Estimate {
	values := of(draws[0])
	if len(draws) > 1 {
		values = nil
		for _, f := range draws {
			values = append(values, estimate(of(f)).Mean)
		}
	}
	e := estimate(values)
	return &e
}

// normal95 is the quantile of the normal distribution for an interval of 95 %.
const normal95 = 1.959964

// estimate has an interval by Student's t from two values on.
func estimate(values []float64) Estimate {
	n, mean, square := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	e := Estimate{Mean: rounded(mean)}
	if len(values) < 2 {
		return e
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975)
	e.Margin = margin(t * math.Sqrt(square/(n-1)/n))
	return e
}

func margin(m float64) *float64 {
	m = rounded(m)
	return &m
}

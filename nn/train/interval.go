package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a mean over samples, such as episodes, with the half width of its 95 % interval
// (Student's t). Without a value both are NaN; with one value the half width is NaN. NaN is null in
// JSON.
type Interval struct {
	Mean float64
	Half float64
}

// IntervalOf skips NaN, which is a sample without a value.
func IntervalOf(x []float64) Interval {
	x = slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	n := float64(len(x))
	switch n {
	case 0:
		return Interval{math.NaN(), math.NaN()}
	case 1:
		return Interval{x[0], math.NaN()}
	}
	mean, std := stat.MeanStdDev(x, nil)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return Interval{mean, t * std / math.Sqrt(n)}
}

// ExcludesZero reports whether zero is outside of the interval. It is false without a half width.
func (i Interval) ExcludesZero() bool { return math.Abs(i.Mean) > i.Half }

// Text is mean ± half width with the given number of digits after the point, "n/a" for NaN.
func (i Interval) Text(digits int) string {
	switch {
	case math.IsNaN(i.Mean):
		return "n/a"
	case math.IsNaN(i.Half):
		return fmt.Sprintf("%.*f ± n/a", digits, i.Mean)
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, i.Mean, digits, i.Half)
}

// jsonInterval has null for NaN, which JSON does not have.
type jsonInterval struct {
	Mean *float64 `json:"mean"`
	Half *float64 `json:"half_95"`
}

// MarshalJSON writes null for NaN.
func (i Interval) MarshalJSON() ([]byte, error) {
	known := func(x *float64) *float64 {
		if math.IsNaN(*x) {
			return nil
		}
		return x
	}
	return json.Marshal(jsonInterval{known(&i.Mean), known(&i.Half)})
}

// UnmarshalJSON reads null as NaN.
func (i *Interval) UnmarshalJSON(data []byte) error {
	var j jsonInterval
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	value := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	*i = Interval{value(j.Mean), value(j.Half)}
	return nil
}

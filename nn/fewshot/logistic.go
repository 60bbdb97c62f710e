package fewshot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// logistic is multinomial logistic regression on standardised features.
type logistic struct {
	mean, scale []float64 // [features]
	weights     []float64 // [features + 1, classes], the last row is the intercept
	classes     int
}

// strength is C of scikit-learn: the cross-entropy summed over the rows, times C, plus half the squares of the weights without
// intercepts.
const strength = 1

// search is how weights are found.
type search struct {
	iterations int       // at most
	similar    *logistic // begin at the weights of a fit to similar rows; nil: at zero
}

// fitLogistic finds the weights by L-BFGS.
func fitLogistic(x [][]float64, class []int, classes int, by search) (*logistic, error) {
	m := &logistic{classes: classes}
	m.standardise(x)
	begin := make([]float64, (len(m.mean)+1)*classes)
	if by.similar != nil {
		copy(begin, by.similar.weights)
	}
	o := newObjective(len(m.mean)+1, class, classes)
	for i := range x {
		o.add(m.standard(x[i]))
	}
	// A search asks for the gradient where it has just asked for the loss, so both are computed at once.
	n, at, slope := float64(len(x)), []float64(nil), make([]float64, len(begin))
	loss := func(w []float64) float64 {
		at = append(at[:0], w...)
		return o.at(w, slope) / n
	}
	p := optimize.Problem{
		Func: loss,
		Grad: func(grad, w []float64) {
			if !slices.Equal(w, at) {
				loss(w)
			}
			for i, g := range slope {
				grad[i] = g / n
			}
		},
	}
	settings := &optimize.Settings{GradientThreshold: 1e-6, MajorIterations: by.iterations, Converger: optimize.NeverTerminate{}}
	result, err := optimize.Minimize(p, begin, settings, &optimize.LBFGS{})
	if result == nil {
		return nil, fmt.Errorf("fewshot: the logistic regression: %w", err)
	}
	// A search that finds no lower point is at the end of its precision.
	m.weights = result.X
	return m, nil
}

// standardise takes mean and deviation of features. A feature that does not vary stays as it is.
func (m *logistic) standardise(x [][]float64) {
	n := float64(len(x))
	m.mean, m.scale = make([]float64, len(x[0])), make([]float64, len(x[0]))
	for _, row := range x {
		for j, v := range row {
			m.mean[j] += v / n
		}
	}
	for _, row := range x {
		for j, v := range row {
			m.scale[j] += (v - m.mean[j]) * (v - m.mean[j]) / n
		}
	}
	for j, v := range m.scale {
		if m.scale[j] = math.Sqrt(v); m.scale[j] == 0 {
			m.scale[j] = 1
		}
	}
}

// standard are standardised features and a 1 for the intercept.
func (m *logistic) standard(x []float64) []float64 {
	z := make([]float64, 0, len(x)+1)
	for j, v := range x {
		z = append(z, (v-m.mean[j])/m.scale[j])
	}
	return append(z, 1)
}

// scores writes the logits of a standardised row.
func (m *logistic) scores(to, row, w []float64) {
	clear(to)
	for j, v := range row {
		from := w[j*m.classes:][:m.classes]
		for c, g := range from {
			to[c] += v * g
		}
	}
}

// probabilities are those of the classes for some features.
func (m *logistic) probabilities(x []float64) []float64 {
	p := make([]float64, m.classes)
	m.scores(p, m.standard(x), m.weights)
	highest, total := math.Inf(-1), 0.0
	for _, v := range p {
		highest = max(highest, v)
	}
	for c, v := range p {
		p[c] = math.Exp(v - highest)
		total += p[c]
	}
	for c := range p {
		p[c] /= total
	}
	return p
}

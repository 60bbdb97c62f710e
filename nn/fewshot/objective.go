package fewshot

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// objective is what a logistic regression minimises. Its sums run over long rows, which the processor adds several numbers at a time, and
// each sum has the order of its terms.
type objective struct {
	class    []int       // [rows]
	byRow    [][]float64 // [rows, features]
	byColumn [][]float64 // [features, rows]
	scores   [][]float64 // [classes, rows]; then the slopes of the loss in them
	slopes   [][]float64 // [classes, features]
}

func newObjective(features int, class []int, classes int) *objective {
	o := &objective{class: class, byColumn: make([][]float64, features)}
	for range classes {
		o.scores = append(o.scores, make([]float64, len(class)))
		o.slopes = append(o.slopes, make([]float64, features))
	}
	return o
}

// add adds a row, which has a 1 for the intercept at its end.
func (o *objective) add(row []float64) {
	o.byRow = append(o.byRow, row)
	for j, v := range row {
		o.byColumn[j] = append(o.byColumn[j], v)
	}
}

// at is the objective at weights [features, classes], whose gradient is written to grad: the cross-entropy summed over the rows, times
// strength, plus half the squares of the weights without intercepts.
func (o *objective) at(w, grad []float64) float64 {
	k, sum := len(o.scores), 0.0
	for c := range k {
		clear(o.scores[c])
		clear(o.slopes[c])
	}
	for j, column := range o.byColumn {
		for c := range k {
			floats.AddScaled(o.scores[c], w[j*k+c], column)
		}
	}
	p := make([]float64, k)
	for i, row := range o.byRow {
		for c := range k {
			p[c] = o.scores[c][i]
		}
		sum += strength * o.entropy(p, o.class[i])
		for c, g := range p {
			floats.AddScaled(o.slopes[c], g, row)
		}
	}
	for c := range k {
		for j, g := range o.slopes[c] {
			grad[j*k+c] = g
		}
	}
	for i, v := range w[:len(w)-k] {
		sum += v * v / 2
		grad[i] += v
	}
	return sum
}

// entropy is the cross-entropy of a row with these scores, which become its slopes in the scores, times strength.
func (o *objective) entropy(p []float64, class int) float64 {
	total, highest := 0.0, slices.Max(p)
	own := p[class] - highest
	for c, v := range p {
		p[c] = math.Exp(v - highest)
		total += p[c]
	}
	for c := range p {
		p[c] = strength * p[c] / total
	}
	p[class] -= strength
	return math.Log(total) - own
}

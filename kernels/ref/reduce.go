package ref

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

func reduceOps[T Float]() family[T] {
	return family[T]{
		kernels.OpSumAll:      (*op[T]).sumAll,
		kernels.OpSumRows:     (*op[T]).sumRows,
		kernels.OpSumCols:     (*op[T]).sumCols,
		kernels.OpMoments:     (*op[T]).moments,
		kernels.OpCheckFinite: (*op[T]).checkFinite,
	}
}

// mapped returns f(x), rounded, before anything is added.
func mapped[T Float](f kernels.Fn, x []T) []T {
	terms := make([]T, len(x))
	for i := range x {
		terms[i] = apply(f, x[i], [2]T{})
	}
	return terms
}

func (o *op[T]) sumAll() {
	o.put(&o.arg(1)[0], T(o.scalar(0)*vectorSum(mapped(o.Fn, o.arg(0)))))
}

func (o *op[T]) sumRows() {
	x, y, n := o.arg(0), o.arg(1), o.dim(1)
	for i := range y {
		o.put(&y[i], T(o.scalar(0)*vectorSum(mapped(o.Fn, x[i*n:(i+1)*n]))))
	}
}

func (o *op[T]) sumCols() {
	x, y := o.arg(0), o.arg(1)
	for j := range y {
		o.put(&y[j], T(o.scalar(0)*o.columnSum(x, j)))
	}
}

// columnSum adds rows in ascending order inside chunks of kernels.ChunkRows. Then it adds the other
// chunks to the first, in ascending order.
func (o *op[T]) columnSum(x []T, j int) T {
	var total T
	m, ld := o.dim(0), o.dim(2)
	for c := 0; c < m; c += kernels.ChunkRows {
		var s T
		for i := c; i < min(c+kernels.ChunkRows, m); i++ {
			s += apply(o.Fn, x[i*ld+j], [2]T{})
		}
		if c == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}

// smallestDeviation is the limit below which [kernels.OpMoments] does not normalise.
const smallestDeviation = 1e-6

// moments: elements with w != 0 are selected. The others are +0 terms of the two vector sums.
// mean = sum / n, deviation = sqrt(sum (x-mean)^2 / n).
func (o *op[T]) moments() {
	x, w, y := o.arg(0), o.arg(1), o.arg(3)
	terms := make([]T, o.rows()*o.dim(1))
	selected := 0
	for i := range terms {
		if w == nil || w[i] != 0 {
			terms[i] = x[i]
			selected++
		}
	}
	mean := vectorSum(terms) / T(selected)
	for i := range terms {
		terms[i] = 0
		if w == nil || w[i] != 0 {
			d := x[i] - mean
			terms[i] = d * d
		}
	}
	deviation := sqrt(vectorSum(terms) / T(selected))
	if selected == 0 || deviation < smallestDeviation {
		mean, deviation = 0, 1
	}
	y[0], y[1] = mean, deviation
}

// rows is count[1], clamped to the capacity; NaN counts as 0.
func (o *op[T]) rows() int {
	count := o.arg(2)[0]
	switch {
	case !(count > 0):
		return 0
	case count > T(o.dim(0)):
		return o.dim(0)
	}
	return int(count)
}

func (o *op[T]) checkFinite() {
	y, finite := o.arg(1), T(1)
	for _, x := range o.arg(0) {
		if isNaN(x) || math.IsInf(float64(x), 0) {
			finite = 0
		}
	}
	// The flag accumulates by minimum: once it is 0, it stays 0.
	if o.accumulates() && y[0] < finite {
		return
	}
	y[0] = finite
}

package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func policyOps[T Float]() family[T] {
	return family[T]{
		kernels.OpLogSoftmax:     (*op[T]).logSoftmax,
		kernels.OpLogSoftmaxGrad: (*op[T]).logSoftmaxGrad,
		kernels.OpSample:         (*op[T]).sample,
		kernels.OpArgMax:         (*op[T]).argMax,
		kernels.OpOneHot:         (*op[T]).oneHot,
		kernels.OpPick:           (*op[T]).pick,
		kernels.OpPickGrad:       (*op[T]).pickGrad,
	}
}

// largest is the maximum by x > m, beginning with -Inf. It skips NaN; the exponentials propagate NaN.
func largest[T Float](x, mask []T) (m T, any bool) {
	m = -inf[T]()
	for j, v := range x {
		if legal(mask, j) {
			any = true
			if v > m {
				m = v
			}
		}
	}
	return m, any
}

func legal[T Float](mask []T, j int) bool { return mask == nil || mask[j] != 0 }

// row returns row i of a matrix with n columns, or nil if the matrix is absent.
func row[T Float](x []T, i, n int) []T {
	if x == nil {
		return nil
	}
	return x[i*n : (i+1)*n]
}

// logSoftmax: y = (x - m) - log(sum exp(x - m)). The sum is a vector sum of the row, in which masked
// entries are +0.
func (o *op[T]) logSoftmax() {
	m, n := o.dim(0), o.dim(1)
	for i := range m {
		logSoftmaxRow(row(o.arg(0), i, n), row(o.arg(1), i, n), row(o.arg(2), i, n))
	}
}

func logSoftmaxRow[T Float](x, mask, y []T) {
	top, any := largest(x, mask)
	terms := make([]T, len(x))
	for j := range x {
		if legal(mask, j) {
			terms[j] = exp(x[j] - top)
		}
	}
	norm := log(vectorSum(terms))
	for j := range x {
		switch {
		case !any:
			y[j] = nan[T]()
		case legal(mask, j):
			y[j] = (x[j] - top) - norm
		default:
			y[j] = kernels.MaskedLogProb
		}
	}
}

// logSoftmaxGrad: dx = dy - exp(y) t, where t is the vector sum of dy over legal entries and the
// product is rounded. The result is 0 for masked entries.
func (o *op[T]) logSoftmaxGrad() {
	m, n := o.dim(0), o.dim(1)
	for i := range m {
		o.logSoftmaxGradRow(row(o.arg(0), i, n), row(o.arg(1), i, n), row(o.arg(2), i, n), row(o.arg(3), i, n))
	}
}

func (o *op[T]) logSoftmaxGradRow(y, mask, dy, dx []T) {
	terms := make([]T, len(dy))
	for j := range dy {
		if legal(mask, j) {
			terms[j] = dy[j]
		}
	}
	total := vectorSum(terms)
	for j := range dx {
		var g T
		if legal(mask, j) {
			g = dy[j] - T(exp(y[j])*total)
		}
		o.put(&dx[j], g)
	}
}

// sample adds the probabilities exp(logp) in ascending order and takes the first index whose
// cumulative sum exceeds the uniform of the row. If rounding leaves no such index, it takes the
// last index with positive probability, or 0 if there is none.
func (o *op[T]) sample() {
	logp, a, n := o.arg(0), o.arg(2), o.dim(1)
	r := o.stream(o.arg(1))
	for i := range a {
		a[i] = T(draw(row(logp, i, n), T(uniform(r.block(uint32(o.dim(2) + i))[0]))))
	}
}

func draw[T Float](logp []T, u T) int {
	var cumulative T
	last := 0
	for j, l := range logp {
		p := exp(l)
		cumulative += p
		if u < cumulative {
			return j
		}
		if p > 0 {
			last = j
		}
	}
	return last
}

// argMax compares x > best, beginning with best = element 0. So NaN wins only at index 0.
func (o *op[T]) argMax() {
	x, a, n := o.arg(0), o.arg(1), o.dim(1)
	for i := range a {
		best := 0
		for j, v := range row(x, i, n) {
			if v > x[i*n+best] {
				best = j
			}
		}
		a[i] = T(best)
	}
}

func (o *op[T]) oneHot() {
	a, y, n := o.arg(0), o.arg(1), o.dim(1)
	for i := range a {
		clear(row(y, i, n))
		if j, ok := index(a[i], n); ok {
			y[i*n+j] = 1
		}
	}
}

func (o *op[T]) pick() {
	x, a, y, n := o.arg(0), o.arg(1), o.arg(2), o.dim(1)
	for i := range y {
		y[i] = nan[T]()
		if j, ok := index(a[i], n); ok {
			y[i] = x[i*n+j]
		}
	}
}

// pickGrad, when it accumulates, adds +0 to the entries that were not picked.
func (o *op[T]) pickGrad() {
	dy, a, dx, n := o.arg(0), o.arg(1), o.arg(2), o.dim(1)
	for i := range dy {
		j, ok := index(a[i], n)
		for l := range n {
			var g T
			if ok && l == j {
				g = dy[i]
			}
			o.put(&dx[i*n+l], g)
		}
	}
}

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

// largest is the maximum by x > m from -Inf: NaN is skipped here and returns through the
// exponentials.
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

// row i of a matrix with rows of n, nil for an absent one.
func row[T Float](x []T, i, n int) []T {
	if x == nil {
		return nil
	}
	return x[i*n : (i+1)*n]
}

// logSoftmax: y = (x - m) - log(sum exp(x - m)), the sum a vector sum of the row in which
// masked entries are +0.
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

// logSoftmaxGrad: dx = dy - exp(y) t with t the vector sum of dy over legal entries, the
// product rounded; the result is 0 where masked.
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

// sample adds the probabilities exp(logp) in ascending order and takes the first index
// whose cumulative sum exceeds the uniform of the row; if rounding leaves none, the last
// index with positive probability; if there is none either, 0.
func (o *op[T]) sample() {
	logp, a, n := o.arg(0), o.arg(2), o.dim(1)
	r := o.stream(o.arg(1))
	for i := range a {
		a[i] = T(draw(row(logp, i, n), T(uniform(r.block(uint32(i))[0]))))
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

// argMax compares with x > best from the first element on, so NaN wins only in front.
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

// pickGrad adds +0 to the entries that were not picked when it accumulates.
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

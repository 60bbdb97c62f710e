package ref

import "github.com/gmel-go/gmel/kernels"

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

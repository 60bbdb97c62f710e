package ref

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

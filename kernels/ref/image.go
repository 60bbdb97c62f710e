package ref

// windows calls f for every element i of [B,Y,X,C] with the first element of its window of
// f x f in [B, f Y, f X, C].
func (o *op[T]) windows(f func(i, at int)) {
	y, x, c, k := o.dim(1), o.dim(2), o.dim(3), o.dim(4)
	for i := range o.dim(0) * y * x * c {
		pixel := i / c
		row, column := pixel/x, pixel%x // rows of all samples lie below each other
		f(i, (row*k*x*k+column*k)*c+i%c)
	}
}

// step is the distance of element (u, v) of a window from its first.
func (o *op[T]) step(u, v int) int { return (u*o.dim(2)*o.dim(4) + v) * o.dim(3) }

func (o *op[T]) upsample() {
	x, y, k := o.arg(0), o.arg(1), o.dim(4)
	o.windows(func(i, at int) {
		for u := range k * k {
			o.put(&y[at+o.step(u/k, u%k)], T(o.scalar(0)*x[i]))
		}
	})
}

func (o *op[T]) pool() {
	x, y, k := o.arg(0), o.arg(1), o.dim(4)
	o.windows(func(i, at int) {
		var s T
		for u := range k * k {
			s += x[at+o.step(u/k, u%k)]
		}
		o.put(&y[i], T(o.scalar(0)*s))
	})
}

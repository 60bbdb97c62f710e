package ref

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

func imageOps[T Float]() family[T] {
	return family[T]{
		kernels.OpUpsample: (*op[T]).upsample,
		kernels.OpPool:     (*op[T]).pool,
		kernels.OpSinusoid: (*op[T]).sinusoid,
	}
}

// windows calls f for every element i of the small image [B,Y,X,C]. at is the first element of its
// k x k window in the large image [B, k Y, k X, C], where k is the factor.
func (o *op[T]) windows(f func(i, at int)) {
	y, x, c, k := o.dim(1), o.dim(2), o.dim(3), o.dim(4)
	for i := range o.dim(0) * y * x * c {
		pixel := i / c
		row, column := pixel/x, pixel%x // the rows of all samples form one tall image
		f(i, (row*k*x*k+column*k)*c+i%c)
	}
}

// step is the offset of element (u, v) of a window from its first element.
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

// sinusoid computes the angles in turns and in float64, even if T is float32. In float32, 1000
// radians would have an error of 3e-5.
func (o *op[T]) sinusoid() {
	t, y, half := o.arg(0), o.arg(1), o.dim(1)
	ratio := float64(o.Scalar[0]) + float64(o.Scalar[1])
	for b := range t {
		w := 1 / (2 * math.Pi)
		for i := range half {
			turns := float64(float64(t[b]) * w)
			y[b*2*half+i], y[b*2*half+half+i] = sinCos(T(turns - math.Floor(turns)))
			w = float64(w * ratio)
		}
	}
}

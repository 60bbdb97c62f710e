package ref

import "math"

// sinusoid computes the angles in turns and in float64 also for float32: 1000 radians in
// float32 have an error of 3e-5.
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

package quality

import "math"

// Discrepancy is an estimate with its standard error.
type Discrepancy struct {
	Value, Error float64
}

// KID is the squared maximum mean discrepancy of two sets of points for the kernel k(x, y) = (x.y/d + 1)^3 in d dimensions:
// the kernel inception distance of Binkowski et al., arXiv 1801.01401, in other features. With m points x and n points y,
//
//	KID = sum of k(x_i, x_j), i != j, / (m (m-1)) + sum of k(y_i, y_j), i != j, / (n (n-1)) - 2 sum of k(x_i, y_j) / (m n)
//
// It has no bias, so it is near 0, and may be below it, for two sets of one distribution, whatever their sizes. The
// standard error is the jackknife of a statistic of two samples (Arvesen, "Jackknifing U-statistics", 1969): the deviations
// of the estimates without one point. Each set has at least three points.
func (r *Reference) KID(b [][]float64, w Watch) Discrepancy {
	if r.kernel == nil {
		r.kernel = sumsOf(r.points, r.points, true, w.Part(0, .5))
		w = w.Part(.5, 1)
	}
	a, x, y := r.points, r.kernel, sumsOf(b, b, true, w.Part(0, 1./3))
	xy, yx := sumsOf(a, b, false, w.Part(1./3, 2./3)), sumsOf(b, a, false, w.Part(2./3, 1))
	m, n := float64(len(a)), float64(len(b))
	inA, inB, between := total(x), total(y), total(xy)
	d := Discrepancy{Value: inA/(m*(m-1)) + inB/(n*(n-1)) - 2*between/(m*n)}
	variance := leftOut(len(a), func(i int) float64 {
		return (inA-2*x[i])/((m-1)*(m-2)) - 2*(between-xy[i])/((m-1)*n)
	}) + leftOut(len(b), func(j int) float64 {
		return (inB-2*y[j])/((n-1)*(n-2)) - 2*(between-yx[j])/(m*(n-1))
	})
	d.Error = math.Sqrt(variance)
	return d
}

// sumsOf are the sums of the kernel over b for each point of a, without the point itself if b is a.
func sumsOf(a, b [][]float64, same bool, w Watch) []float64 {
	sums := make([]float64, len(a))
	Each(len(a), w, func(i int) {
		for j := range b {
			if !same || i != j {
				sums[i] += cubic(a[i], b[j])
			}
		}
	})
	return sums
}

func cubic(x, y []float64) float64 {
	dot := 0.0
	for j := range x {
		dot += x[j] * y[j]
	}
	k := dot/float64(len(x)) + 1
	return k * k * k
}

func total(v []float64) (sum float64) {
	for _, x := range v {
		sum += x
	}
	return sum
}

// leftOut is the jackknife's variance from the n estimates without one point, up to a constant.
func leftOut(n int, without func(i int) float64) float64 {
	estimates := make([]float64, n)
	for i := range estimates {
		estimates[i] = without(i)
	}
	_, deviation := moments(estimates)
	return float64(n-1) * deviation * deviation
}

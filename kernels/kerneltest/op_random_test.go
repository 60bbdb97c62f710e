package kerneltest

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestNormalMoments(t *testing.T) {
	const n = 100_000
	l := newLab(t, newTrial(kernels.OpNormal, n).with("counter", values(0, 7)).scalars(1, 2).seed(5, 6))
	l.run()
	var mean, variance, tail float64
	for _, x := range l.arg("y") {
		mean += x / n
		variance += (x - 1) * (x - 1) / n
		tail += float64(b2i(math.Abs(x-1) > 4)) / n // beyond two deviations
	}
	checkNear(t, "mean", mean, 1, 4*2/math.Sqrt(n))
	checkNear(t, "variance", variance, 4, 4*4*math.Sqrt(2.0/n))
	checkNear(t, "tail", tail, math.Erfc(math.Sqrt2), 4*math.Sqrt(0.05/n))
}

func TestUniformRange(t *testing.T) {
	const n, bound = 50_000, 7
	l := newLab(t, newTrial(kernels.OpRandInt, n).with("bound", values(bound)).with("counter", values(0, 1)).seed(1, 2))
	l.run()
	var seen [bound]float64
	for _, y := range l.arg("y") {
		seen[int(y)] += 1.0 / n
	}
	for _, f := range seen {
		checkNear(t, "frequency", f, 1.0/bound, 4*math.Sqrt(1.0/bound/n))
	}
}

func TestDropoutStatistics(t *testing.T) {
	const n, p = 100_000, 0.3
	l := newLab(t, newTrial(kernels.OpDropout, n).with("counter", values(0, 3)).with("x", values(1)).scalars(p).seed(9, 8))
	l.run()
	kept, neighbours := 0.0, 0.0
	for i, y := range l.arg("y") {
		if y != 0 {
			checkNear(t, "kept", y, 1/(1-float64(float32(p))), 1e-12)
			kept += 1.0 / n
			neighbours += float64(b2i(i > 0 && l.arg("y")[i-1] != 0)) / n
		}
	}
	checkNear(t, "share kept", kept, 1-p, 4*math.Sqrt(p*(1-p)/n))
	checkNear(t, "pairs kept", neighbours, (1-p)*(1-p), 4*math.Sqrt(0.25/n))
	whole := newLab(t, newTrial(kernels.OpDropout, 1000).with("counter", values(0, 3)).scalars(0))
	whole.run()
	for i, y := range whole.arg("y") {
		checkNear(t, "p = 0", y, whole.arg("x")[i], 0)
	}
}

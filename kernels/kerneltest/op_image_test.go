package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Pooling averages each 2 x 2 window of an image; upsampling copies a pixel to each element of its window.
func TestPoolAndUpsampleByHand(t *testing.T) {
	pool := newLab(t, newTrial(kernels.OpPool, 1, 1, 2, 1, 2).scalars(0.25).with("x", values(1, 2, 5, 6, 3, 4, 7, 8)))
	pool.run()
	checkNear(t, "left window", pool.arg("y")[0], 2.5, 0)
	checkNear(t, "right window", pool.arg("y")[1], 6.5, 0)
	up := newLab(t, newTrial(kernels.OpUpsample, 1, 1, 2, 1, 2).scalars(1).with("x", values(3, 4)))
	up.run()
	for i, want := range []float64{3, 3, 4, 4, 3, 3, 4, 4} {
		checkNear(t, "pixel", up.arg("y")[i], want, 0)
	}
}

// Vectors of two published implementations, from their formulas with t = 10 and 8 columns:
// sines before cosines with 10000^(-i/3), and 10000^(-i/4).
func TestSinusoidAgreesWithPublishedVectors(t *testing.T) {
	for _, c := range []struct {
		steps    float64
		sin, cos []float64
	}{
		{3, []float64{-0.5440211108893698, 0.4476708347189571, 0.021542680272331638, 0.0009999998333333408},
			[]float64{-0.8390715290764524, 0.8941984252625543, 0.9997679295349918, 0.9999995000000417}},
		{4, []float64{-0.5440211108893698, 0.8414709848078964, 0.09983341664682811, 0.009999833334166658},
			[]float64{-0.8390715290764524, 0.5403023058681399, 0.9950041652780257, 0.9999500004166654}},
	} {
		high, low := ratio(10_000, c.steps)
		l := newLab(t, newTrial(kernels.OpSinusoid, 1, 4).scalars(high, low).with("t", values(10)))
		l.run()
		for i := range 4 {
			checkNear(t, "sine", l.arg("y")[i], c.sin[i], 1e-12)
			checkNear(t, "cosine", l.arg("y")[4+i], c.cos[i], 1e-12)
		}
	}
}

// Compares float32 results with float64 for all whole times up to 1000.
func TestSinusoidOfLargeTimes(t *testing.T) {
	const half = 64
	high, low := ratio(10_000, half)
	tr := newTrial(kernels.OpSinusoid, 1001, half).scalars(high, low).with("t", func(_ *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(i)
		}
	})
	b := newBench([]*trial{tr}, 1)
	got := b.reference(t)
	y := got[tr.arg[1].from:tr.arg[1].to]
	for i := range 1001 * half {
		time, column := i/half, i%half
		sin, cos := math.Sincos(float64(time) * math.Pow(10_000, -float64(column)/half))
		checkNear(t, "sine", float64(y[time*2*half+column]), sin, 3e-7)
		checkNear(t, "cosine", float64(y[time*2*half+half+column]), cos, 3e-7)
	}
}

package dataset

import (
	"math"
	"math/rand/v2"
	"testing"
)

// scipy.fft.dct([1, 2, 4, 8, 5, -3, 0, 2.5], norm="ortho") of SciPy 1.17.1.
var cosinesOfSciPy = []float64{6.89429111657, 2.33301195059, -4.19708606325, -5.08479636218, 4.77297077301, 0.532557590342, -2.27968606999, 0.737077747922}

func TestCosines(t *testing.T) {
	x := []float32{1, 2, 4, 8, 5, -3, 0, 2.5}
	w, got := wavesOf(len(x)), make([]float64, len(x))
	w.analyse(got, x, 1)
	for k, want := range cosinesOfSciPy {
		if math.Abs(got[k]-want) > 1e-10 {
			t.Errorf("cosine %d is %.12g, want %.12g", k, got[k], want)
		}
	}
}

// slow are standardised windows of 12 times whose channel 0 moves a hundredth as far within a window as between windows, whose channel 1
// is fast, and whose channel 2 is still within a window.
func slow(n int) []float32 {
	r, values := rand.New(rand.NewPCG(1, 2)), []float32(nil)
	for range n {
		level, still := .5*r.NormFloat64(), .5*r.NormFloat64()
		for t := range 12 {
			values = append(values, float32(level+.005*math.Sin(float64(t))+.001*r.NormFloat64()), float32(.5*r.NormFloat64()), float32(still))
		}
	}
	return values
}

// Half the power is the mean's and each octave has its part of the other half, unless a channel is still; what comes back is
// what went in.
func TestEqualiser(t *testing.T) {
	const n, times, channels = 200, 12, 3
	values := slow(n)
	e := NewEqualiser(values, times, channels)
	equalised := append([]float32(nil), values...)
	e.Apply(equalised)
	if len(e.Gain) != 5 {
		t.Fatalf("%d octaves of 12 times, want 5", len(e.Gain))
	}
	for o, power := range e.power(equalised, channels) {
		want := Deviation * Deviation / 8.
		if o == 0 {
			want = Deviation * Deviation / 2
		}
		for c, p := range power {
			if c == 2 && o > 0 {
				want = 0
			}
			if math.Abs(p-want) > 1e-4 {
				t.Errorf("channel %d has the power %g in octave %d, want %g", c, p, o, want)
			}
		}
	}
	e.Back(equalised)
	for i, v := range equalised {
		if math.Abs(float64(v-values[i])) > 1e-6 {
			t.Fatalf("value %d came back as %g, and was %g", i, v, values[i])
		}
	}
}

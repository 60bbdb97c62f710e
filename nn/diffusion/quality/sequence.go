package quality

import (
	"math"
)

// Sequence is a window of sensors. Each channel is standardised to mean 0 and deviation 1/2 over the windows of training,
// so that features and distances do not depend on units.
type Sequence struct {
	Values   []float64 // [Times, Channels]
	Times    int
	Channels int
}

// Reversed returns the sequence from its last time to its first.
func (s *Sequence) Reversed() Sequence {
	to := Sequence{Times: s.Times, Channels: s.Channels}
	for t := range s.Times {
		to.Values = append(to.Values, s.Values[(s.Times-1-t)*s.Channels:][:s.Channels]...)
	}
	return to
}

// channel is the values of a channel over time.
func (s *Sequence) channel(c int) []float64 {
	x := make([]float64, 0, s.Times)
	for t := range s.Times {
		x = append(x, s.Values[t*s.Channels+c])
	}
	return x
}

const (
	// fewChannels is the most channels of which all pairs are correlated; of more, only neighbours are.
	fewChannels = 16
	// still is the deviation of a channel that hardly moves: no channel is divided by less.
	still    = .01
	segments = 8
	// unit makes a difference of .1 small: a Space adds .001 to the deviation of a feature before it divides by it.
	unit = .01
)

// lags are those of autocorrelations, in times.
var lags = []int{1, 2, 4, 8}

// SequenceFeatures describes a sequence of at least Smallest times: 32 numbers for each channel x, and the correlations
// of channels. With m and d the mean and the deviation of x, and z = (x - m) / (d + .01), these are
//
//   - m, ln(d + .01), and ln(r + .01) with r the mean of |x(t+1) - x(t)|
//   - seven quantiles, skewness and kurtosis of z, as of an image
//   - sums of z(t) z(t+k) over t, divided by the number of times, for k = 1, 2, 4, 8
//   - ln(p + .01) with p the mean power of z in eight bands of frequencies, those of an image; z of deviation 1 has the mean power 1
//   - means of z over eight equal parts of the window
//
// and for each pair of channels the mean of the product of their z. All are divided by 100.
func SequenceFeatures(s Sequence) (f []float64) {
	var all [][]float64
	for c := range s.Channels {
		x := s.channel(c)
		mean, std := moments(x)
		z := make([]float64, len(x))
		for t, v := range x {
			z[t] = (v - mean) / (std + still)
		}
		f = append(f, mean, math.Log(std+still), math.Log(roughness(x)+still))
		f = append(f, shape(z)...)
		for _, lag := range lags {
			f = append(f, meanProduct(z, z[min(lag, len(z)):]))
		}
		f = append(f, frequencies(z)...)
		f = append(f, parts(z)...)
		all = append(all, z)
	}
	f = append(f, correlations(all)...)
	for i := range f {
		f[i] *= unit
	}
	return f
}

// frequencies is the logarithm of the mean power in each band.
func frequencies(z []float64) []float64 {
	power, f := power(&Image{Values: z, Height: 1, Width: len(z)}), make([]float64, bands)
	for b := range bands {
		sum, n := 0.0, 0.0
		for k, p := range power {
			if at := math.Abs(frequency(k, len(z))); at >= edge(b) && at < edge(b+1) {
				sum, n = sum+p/float64(len(z)), n+1
			}
		}
		f[b] = math.Log(sum/max(1, n) + .01)
	}
	return f
}

// roughness is the mean step from one time to the next.
func roughness(x []float64) (mean float64) {
	for t := range len(x) - 1 {
		mean += math.Abs(x[t+1]-x[t]) / float64(len(x)-1)
	}
	return mean
}

// meanProduct is the sum of the products of two sequences over their common times, divided by the length of the first.
func meanProduct(a, b []float64) (mean float64) {
	for t := range b {
		mean += a[t] * b[t] / float64(len(a))
	}
	return mean
}

// parts are the means over equal parts of the window.
func parts(z []float64) (means []float64) {
	for i := range segments {
		part := z[i*len(z)/segments : (i+1)*len(z)/segments]
		mean := 0.0
		for _, v := range part {
			mean += v / float64(len(part))
		}
		means = append(means, mean)
	}
	return means
}

// correlations are those of all pairs of a few channels, or of neighbours of many.
func correlations(z [][]float64) (all []float64) {
	for a := range z {
		last := len(z) - 1
		if len(z) > fewChannels {
			last = min(last, a+1)
		}
		for b := a + 1; b <= last; b++ {
			all = append(all, meanProduct(z[a], z[b]))
		}
	}
	return all
}

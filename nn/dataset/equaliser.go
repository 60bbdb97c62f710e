package dataset

import (
	"math"
	"math/bits"
)

// Equaliser gives the mean of a channel over a window half the power, and the octaves of its frequencies the other half in
// equal parts. Sensors need it: a temperature differs by degrees from window to window and by hundredths within one, so a
// network that is off by a twentieth of the standard deviation would draw noise alone.
//
// A window of T times is a sum of T cosines, its orthonormal discrete cosine transform (Ahmed, Natarajan and Rao, 1974).
// Cosine k has k half waves in the window and belongs to octave bits.Len(k): 0 is the mean, 1 is k = 1, 2 is k = 2 and 3, 3
// is k = 4 to 7. Apply multiplies each octave of each channel by its gain, and Back divides by it.
type Equaliser struct {
	Times int         `json:"times"`
	Gain  [][]float64 `json:"gain"` // [octaves, C]
}

// ofMean is the share of the power that the mean over time has.
const ofMean = .5

// faint is the least share of the deviation of a channel that an octave is taken to have, so that none is divided by zero.
const faint = 1e-4

// NewEqualiser has the gains for standardised windows [N, T, C], N >= 1. Equalised, they have the standard deviation
// Deviation again.
func NewEqualiser(windows []float32, times, channels int) *Equaliser {
	e := &Equaliser{Times: times}
	power := e.power(windows, channels)
	for o, of := range power {
		want := Deviation * math.Sqrt((1-ofMean)/float64(len(power)-1))
		if o == 0 {
			want = Deviation * math.Sqrt(ofMean)
		}
		gain := make([]float64, channels)
		for c, p := range of {
			gain[c] = want / max(math.Sqrt(p), faint*Deviation)
		}
		e.Gain = append(e.Gain, gain)
	}
	return e
}

// power is the mean square of each octave of each channel, [octaves, C].
func (e *Equaliser) power(windows []float32, channels int) [][]float64 {
	power := make([][]float64, octave(e.Times-1)+1)
	for o := range power {
		power[o] = make([]float64, channels)
	}
	w, cosines := wavesOf(e.Times), make([]float64, e.Times)
	e.each(windows, channels, func(c int, x []float32) {
		w.analyse(cosines, x, channels)
		for k, a := range cosines {
			power[octave(k)][c] += float64(a*a) / float64(len(windows)/channels)
		}
	})
	return power
}

// octave is that of cosine k.
func octave(k int) int { return bits.Len(uint(k)) }

// Apply equalises standardised windows [N, T, C] in place.
func (e *Equaliser) Apply(windows []float32) {
	e.scale(windows, func(gain float64) float64 { return gain })
}

// Back undoes Apply.
func (e *Equaliser) Back(windows []float32) {
	e.scale(windows, func(gain float64) float64 { return 1 / gain })
}

// scale takes T^2 products for each channel of a window, which are few beside those of the network that learns it.
func (e *Equaliser) scale(windows []float32, factor func(gain float64) float64) {
	w, cosines, channels := wavesOf(e.Times), make([]float64, e.Times), len(e.Gain[0])
	e.each(windows, channels, func(c int, x []float32) {
		w.analyse(cosines, x, channels)
		for k := range cosines {
			cosines[k] *= factor(e.Gain[octave(k)][c])
		}
		w.synthesise(x, cosines, channels)
	})
}

// each calls f with each channel of each window: every channels-th value, from the first one on.
func (e *Equaliser) each(windows []float32, channels int, f func(c int, x []float32)) {
	for size := e.Times * channels; len(windows) > 0; windows = windows[size:] {
		for c := range channels {
			f(c, windows[c:size])
		}
	}
}

// waves are the cosines of i quarter turns over T, for i below 4T.
type waves []float64

func wavesOf(times int) waves {
	w := make(waves, 4*times)
	for i := range w {
		w[i] = math.Cos(float64(i) * math.Pi / float64(2*times))
	}
	return w
}

// at is cosine k at time t, without its norm.
func (w waves) at(k, t int) float64 { return w[(2*t+1)*k%len(w)] }

// norm is that of cosine k.
func (w waves) norm(k int) float64 {
	if k == 0 {
		return math.Sqrt(4 / float64(len(w)))
	}
	return math.Sqrt(8 / float64(len(w)))
}

// analyse writes the cosines of every step-th value of x.
func (w waves) analyse(cosines []float64, x []float32, step int) {
	for k := range cosines {
		sum := 0.0
		for t := range cosines {
			sum += float64(float64(x[t*step]) * w.at(k, t))
		}
		cosines[k] = float64(sum * w.norm(k))
	}
}

// synthesise undoes analyse.
func (w waves) synthesise(x []float32, cosines []float64, step int) {
	for t := range cosines {
		sum := 0.0
		for k, a := range cosines {
			sum += float64(float64(a*w.norm(k)) * w.at(k, t))
		}
		x[t*step] = float32(sum)
	}
}

package dataset

import (
	"fmt"
	"math"
)

// Deviation is the standard deviation of standardised data: sigma_data of EDM (arXiv 2206.00364, table 1).
const Deviation = .5

// Standard turns values into what a network sees and back: x = (v - Mean) / Scale, for each channel. A model keeps it,
// because samples are worth nothing without it.
type Standard struct {
	Mean, Scale []float32 // [C]
	Low, High   float32   // range of the values of the set, for pictures
}

// Standard has mean 0 and standard deviation 1/2 on the given rows, those of training, for each channel. A channel
// that is constant there is an error.
func (s *Set) Standard(rows []int) (Standard, error) {
	channels := s.Channels()
	st := Standard{Low: s.Low, High: s.High}
	if len(rows) == 0 {
		return st, fmt.Errorf("%s: no rows to standardise by; allowed: at least one", s.Name)
	}
	n := float64(len(rows) * s.Size() / channels)
	for c := range channels {
		mean := s.sum(rows, c, func(v float64) float64 { return v }) / n
		square := s.sum(rows, c, func(v float64) float64 { return float64((v - mean) * (v - mean)) }) / n
		scale := float32(math.Sqrt(square) / Deviation)
		if scale == 0 {
			name := fmt.Sprintf("channel %d of %d", c, channels)
			if s.Sensors != nil {
				name = fmt.Sprintf("the sensor %q", s.Sensors[c])
			}
			return st, fmt.Errorf("%s: %s has the value %v in all samples; allowed: channels that vary", s.Name, name, mean)
		}
		st.Mean, st.Scale = append(st.Mean, float32(mean)), append(st.Scale, scale)
	}
	return st, nil
}

// sum adds f of the values of a channel.
func (s *Set) sum(rows []int, channel int, f func(float64) float64) (sum float64) {
	for _, row := range rows {
		sample := s.Sample(row)
		for i := channel; i < len(sample); i += s.Channels() {
			sum += f(float64(sample[i]))
		}
	}
	return sum
}

// Apply writes standardised values into x; both have the channels last and may be the same.
func (st Standard) Apply(x, values []float32) {
	for i, v := range values {
		c := i % len(st.Mean)
		x[i] = (v - st.Mean[c]) / st.Scale[c]
	}
}

// Back undoes Apply. Nothing is clipped.
func (st Standard) Back(values, x []float32) {
	for i, v := range x {
		c := i % len(st.Mean)
		values[i] = float32(v*st.Scale[c]) + st.Mean[c]
	}
}

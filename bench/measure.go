package bench

import (
	"fmt"
	"slices"
	"time"
)

// shortest is the least time of a sample, so that the cost of the clock and the loop is negligible.
const shortest = time.Millisecond

// Measurement is the time of one run.
type Measurement struct {
	Median, Low, High float64 // seconds: median and quartiles
	Samples           int
}

// Spread is the interquartile range.
func (m Measurement) Spread() float64 { return m.High - m.Low }

// timer runs the work n times and returns the total time in seconds.
type timer func(n int) (float64, error)

// measure takes samples of run for about the given time, at least five.
func measure(run timer, length time.Duration) (Measurement, error) {
	n, err := calibrate(run, shortest)
	if err != nil {
		return Measurement{}, err
	}
	var samples []float64
	for end := time.Now().Add(length); len(samples) < 5 || time.Now().Before(end); {
		s, err := run(n)
		if err != nil {
			return Measurement{}, err
		}
		samples = append(samples, s/float64(n))
	}
	return summarise(samples), nil
}

// calibrate warms up and returns the number of runs that take at least the given time.
func calibrate(run timer, least time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		if _, err := run(n); err != nil { // a warm-up before the timed call
			return 0, err
		}
		s, err := run(n)
		if err != nil {
			return 0, err
		}
		if s <= 0 {
			return 0, fmt.Errorf("bench: %d runs took %g s", n, s)
		}
		if s >= least.Seconds() || n >= 1<<24 {
			return n, nil
		}
	}
}

func summarise(samples []float64) Measurement {
	return Measurement{
		Median: quantile(samples, 0.5), Low: quantile(samples, 0.25), High: quantile(samples, 0.75), Samples: len(samples),
	}
}

// quantile interpolates between the sorted samples; q = 0.5 is the median.
func quantile(samples []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(samples))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

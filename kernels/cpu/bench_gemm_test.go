//go:build cgo

package cpu_test

import (
	"testing"

	"github.com/gmel-go/gmel/bench/shape"
	"github.com/gmel-go/gmel/kernels/cpu"
)

// BenchmarkProducts ends with two geometric means of the fraction of the peak: over all products,
// and over those that are not narrow. The peak is the largest of those measured between the
// products.
func BenchmarkProducts(b *testing.B) {
	var all, wide []float64
	peak := 0.0
	for _, p := range shape.Products() {
		b.Run(p.String(), func(b *testing.B) {
			peak = max(peak, measuredPeak(b))
			rate := work{p.String(), p.Desc()}.run(b, peak)
			all = append(all, rate)
			if !p.Narrow() {
				wide = append(wide, rate)
			}
		})
	}
	b.Run("mean", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(100*shape.GeometricMean(all)/peak, "%peak")
		b.ReportMetric(100*shape.GeometricMean(wide)/peak, "%peak-wide")
	})
}

func measuredPeak(b *testing.B) float64 {
	peak, err := cpu.Peak(options())
	if err != nil {
		b.Fatal(err)
	}
	return peak
}

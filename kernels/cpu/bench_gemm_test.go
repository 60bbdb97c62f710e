//go:build cgo

package cpu_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels/cpu"
)

// A layer maps in features to out features of a batch of rows.
type layer struct{ rows, in, out int64 }

// layers are the layers of small and middle-sized nets at the batches of acting, of small
// updates and of updates over all agents, then some larger products.
func layers() []layer {
	var all []layer
	for _, rows := range []int64{256, 4096, 7680} {
		for _, l := range [][2]int64{{32, 64}, {64, 64}, {64, 16}, {32, 128}, {128, 128}, {128, 16}, {39, 64}, {128, 64}, {64, 5}} {
			all = append(all, layer{rows, l[0], l[1]})
		}
	}
	return append(all, layer{30, 64, 64}, layer{1, 128, 128}, layer{32768, 64, 64}, layer{8192, 128, 128}, layer{1024, 1024, 1024})
}

// gemms are the three products of a layer: forward with bias and ReLU (NN), the gradient
// of its input (NT) and of its weights (TN).
func (l layer) gemms() []work {
	return []work{gemm("NN", l.rows, l.out, l.in), gemm("NT", l.rows, l.in, l.out), gemm("TN", l.in, l.out, l.rows)}
}

// BenchmarkLayers ends with geometric means of the fraction of the peak, with and without
// the layers of 5 outputs, whose vectors are not full. The peak is the largest of all that
// were measured between the products.
func BenchmarkLayers(b *testing.B) {
	var all, wide mean
	peak := 0.0
	for _, l := range layers() {
		for _, w := range l.gemms() {
			name := fmt.Sprintf("%dx%dx%d/%s", l.rows, l.in, l.out, w.name[4:6])
			b.Run(name, func(b *testing.B) {
				peak = max(peak, measuredPeak(b))
				rate := w.run(b, peak)
				all.add(rate)
				if l.out >= 8 {
					wide.add(rate)
				}
			})
		}
	}
	b.Run("mean", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(100*all.value()/peak, "%peak")
		b.ReportMetric(100*wide.value()/peak, "%peak-wide")
	})
}

func measuredPeak(b *testing.B) float64 {
	peak, err := cpu.Peak(options())
	if err != nil {
		b.Fatal(err)
	}
	return peak
}

// A mean is a geometric mean.
type mean struct{ logs, count float64 }

func (m *mean) add(x float64) { m.logs, m.count = m.logs+math.Log(x), m.count+1 }

func (m *mean) value() float64 { return math.Exp(m.logs / m.count) }

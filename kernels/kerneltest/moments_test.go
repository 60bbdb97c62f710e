package kerneltest

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
)

// withStatistics is an arena with a norm by the given statistics of each group.
func (c *momentsCase) withStatistics(arena []float32, of func(x []float32) (mean, rstd float32)) []float32 {
	arena = slices.Clone(arena)
	for image := range c.images {
		for group := range c.groups {
			list := c.members(image, group)
			var x []float32
			for _, i := range list {
				x = append(x, c.numbers(arena, 0)[i])
			}
			mean, rstd := of(x)
			copy(c.numbers(arena, 5)[2*(image*c.groups+group):], []float32{mean, rstd})
			for _, i := range list {
				scale, shift := c.filmOf(arena, image, i%c.filters)
				a := float64(c.numbers(arena, 1)[i%c.filters]) * float64(rstd) * scale
				b := float64(c.numbers(arena, 2)[i%c.filters])*scale + shift
				c.numbers(arena, 4)[i] = float32(applied(c.fn, float64(c.numbers(arena, 0)[i]-mean)*a+b))
			}
		}
	}
	return arena
}

// twoPasses are the statistics in float64.
func twoPasses(x []float32) (mean, rstd float32) {
	m, v := 0.0, 0.0
	for _, a := range x {
		m += float64(a) / float64(len(x))
	}
	for _, a := range x {
		v += (float64(a) - m) * (float64(a) - m) / float64(len(x))
	}
	return float32(m), float32(1 / math.Sqrt(v+1e-5))
}

// squares are those by the sum of squares minus the square of the sum, in fp32.
func squares(x []float32) (mean, rstd float32) {
	var sum, square float32
	for _, a := range x {
		sum, square = sum+a, square+a*a
	}
	n := float32(len(x))
	mean = sum / n
	return mean, float32(1 / math.Sqrt(float64(max(square/n-mean*mean, 0)+1e-5)))
}

// The bounds hold for statistics in two passes, and do not for sums of squares where the mean is large.
func TestBoundsOfMoments(t *testing.T) {
	for i, c := range momentsCases {
		c.place(uint64(i))
		arena := c.bench.resultOn(t, "ref", kernels.Options{})
		if fault := c.fault(c.withStatistics(arena, twoPasses)); fault != "" {
			t.Errorf("case %d, in two passes: %s", i, fault)
		}
		if fault := c.fault(c.withStatistics(arena, squares)); math.Abs(float64(c.mean)) >= 1000 && fault == "" {
			t.Errorf("case %d: sums of squares pass", i)
		}
	}
}

package quality

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A watch of a part hears of rising shares of the whole, the last of which is the end of the part.
func TestEach(t *testing.T) {
	var shares []float64
	w := Watch(func(share float64) { shares = append(shares, share) })
	squares := make([]int, 40)
	Each(len(squares), w.Part(.25, .75), func(i int) { squares[i] = i * i })
	for i, v := range squares {
		if v != i*i {
			t.Fatalf("call %d wrote %d", i, v)
		}
	}
	if len(shares) != 40 || !slices.IsSorted(shares) || shares[0] <= .25 || shares[39] != .75 {
		t.Errorf("%v", shares)
	}
	Each(3, Watch(nil).Part(0, 1), func(int) {})
}

// The radius is the sixth distance of all sorted ones, the first of which is that to the point itself.
func TestRadii(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 4, 6, 50} {
		var points [][]float64
		for range n {
			points = append(points, []float64{float64(r.IntN(4)), float64(r.IntN(4)), r.NormFloat64()})
		}
		for i, got := range radii(points, nil) {
			var all []float64
			for _, q := range points {
				all = append(all, distance(points[i], q))
			}
			slices.Sort(all)
			if want := all[min(nearest, n-1)]; got != want || math.IsNaN(got) {
				t.Errorf("%d points: radius %d is %g, want %g", n, i, got, want)
			}
		}
	}
}

package kerneltest

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

var imageOps = family{
	kernels.OpUpsample: {imageTrials, randomImage, mistakes{
		"the factor is ignored": scalar(0, 1),
	}},
	kernels.OpPool: {imageTrials, randomImage, mistakes{
		"the factor is ignored": scalar(0, 1),
	}},
	kernels.OpSinusoid: {sinusoidTrials, randomSinusoid, mistakes{
		"the low part of the ratio is ignored": scalar(1, 0),
	}},
}

func imageTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, s := range [][5]int64{
		{1, 1, 1, 1, 1}, {1, 1, 1, 5, 2}, {2, 3, 5, 31, 2}, {1, 2, 3, 33, 3}, {3, 1, 9, 16, 2}, {2, 16, 16, 64, 2}, {1, 5, 2, 8, 4}, {0, 2, 2, 2, 2},
	} {
		all = append(all, newTrial(op, s[:]...).scalars(0.3).flags(kernels.Flags(i%2)*acc).within(16), newTrial(op, s[:]...).scalars(1).within(16))
	}
	return all
}

func randomImage(r dice, op kernels.Op) *trial {
	f, c := 1+r.Int64N(5), r.size(97)
	y := r.size(share(work, f, f, c))
	x := r.size(share(work, f, f, c, y))
	return newTrial(op, min(r.size(share(work, f, f, c, y, x)), 9), y, x, c, f).scalars(r.scale()).flags(r.flag()).ofTerms().within(32)
}

// ratio splits base^(-1/steps) into the two scalars of OpSinusoid.
func ratio(base, steps float64) (high, low float32) {
	r := math.Pow(base, -1/steps)
	high = float32(r)
	return high, float32(r - float64(high))
}

func sinusoidTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, b := range small {
		for _, half := range []int64{1, 3, 16, 33, 64} {
			high, low := ratio(10_000, float64(half))
			all = append(all,
				newTrial(op, b, half).scalars(high, low).with("t", uniform(-1000, 1000)),
				newTrial(op, b, half).scalars(high, low).with("t", special).discrete())
		}
	}
	return all
}

func randomSinusoid(r dice, op kernels.Op) *trial {
	b, half := r.size(129), max(1, r.size(129))
	high, low := ratio(10_000, float64(half))
	return newTrial(op, b, half).scalars(high, low).with("t", uniform(-1000, 1000))
}

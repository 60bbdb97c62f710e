package kerneltest

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

var normFns = []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnSiLU, kernels.FnGELU}

// normShapes are B, P, C, G: groups of one channel and of all, channels off the vectors' edges.
var normShapes = [][4]int64{
	{1, 1, 1, 1}, {2, 3, 5, 5}, {2, 31, 6, 2}, {3, 33, 31, 1}, {1, 7, 33, 11}, {9, 5, 16, 4}, {2, 64, 64, 16}, {1, 257, 24, 8},
	{2, 255, 40, 40}, {1, 700, 17, 17}, {8, 16, 96, 32}, {1, 2100, 48, 16}, {1, 40, 130, 2}, {1, 530, 130, 1}, {0, 3, 4, 2}, {2, 0, 40, 8},
}

// groupNormTrials: a large eps keeps the deviations of tiny groups from blowing errors up.
func groupNormTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, s := range normShapes {
		for j, f := range normFns {
			t := newTrial(op, s[:]...).fn(f).scalars(0.25).with("stats", values(0.125, 0.75)).within(200 + 4*float64(s[1]))
			if (i+j)%2 == 0 {
				t.without("film")
			}
			if op == kernels.OpGroupNormGrad && (i+j)%3 == 0 {
				t.flags(acc)
			}
			if f == kernels.FnReLU { // a rounding error may move a number over the kink
				t.discrete()
			}
			all = append(all, t)
		}
	}
	return append(all, newTrial(op, 2, 40, 32, 8).with("x", uniform(999, 1001)).scalars(1e-5).discrete(), newTrial(op, 1, 9, 20, 4).with("x", special).discrete())
}

func normParamTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, b := range small {
		for _, c := range []int64{1, 5, 31, 33, 64, 130} {
			all = append(all, newTrial(op, b, c).within(200), newTrial(op, b, c).without("film", "dfilm").within(200))
		}
	}
	return all
}

func layerNormTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range []int64{1, 2, 31, 33, kernels.ChunkRows + 1, 600} {
		for _, n := range []int64{1, 2, 5, 31, 33, 64, 100} {
			t := newTrial(op, m, n).scalars(0.25).with("stats", values(0.125, 0.75)).within(400 + float64(m))
			if op == kernels.OpLayerNormGrad {
				t.flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, t)
		}
	}
	return append(all, newTrial(op, 2, kernels.Chunk+9).scalars(1e-5).with("stats", values(0, 1)).within(4000), newTrial(op, 0, 3))
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

func dropoutTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, n := range long {
		t := newTrial(op, n).with("counter", counter).with("x", special).seed(uint64(n)<<33|7, uint32(i)).scalars(float32(i) / 16)
		all = append(all, t.flags(kernels.Flags(i%2)*acc))
	}
	return all
}

// ratio splits base^(-1/steps) in two, as the scalars of OpSinusoid want it.
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

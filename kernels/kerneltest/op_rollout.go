package kerneltest

import (
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

var rolloutOps = family{
	kernels.OpGAE: {gaeTrials, randomGAE, mistakes{
		"a time limit is no end":         {after: endless(kernels.Truncated)},
		"a termination is a time limit":  {after: endless(kernels.Terminated)},
		"lambda is ignored":              scalar(1, 1),
		"the first slot is not computed": fewer(0),
	}},
	kernels.OpShuffle: {shuffleTrials, randomShuffle, mistakes{
		"all permutations are the first":           {before: func(d *kernels.Desc) { d.Dim[1] = max(d.Dim[1]-1, 1) }},
		"the high digit of the counter is ignored": {after: lowCounter},
	}},
}

// ends draws how slots end; after most the episode goes on.
func ends(r *rand.Rand, x []float32) {
	for i := range x {
		x[i] = []float32{kernels.GoesOn, kernels.GoesOn, kernels.GoesOn, kernels.Terminated, kernels.Truncated}[r.IntN(5)]
	}
}

func gaeTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, slots := range []int64{1, 2, 7, 33} {
		for _, m := range []int64{1, 5, 8, 31, 128, 300} {
			all = append(all, newTrial(op, slots, m).scalars(0.99, 0.95).with("ended", ends).within(64))
		}
	}
	nan := newTrial(op, 9, 40).scalars(0.9, 0.8).with("ended", ends).with("next", special).discrete()
	return append(all, nan, newTrial(op, 0, 3).scalars(0.9, 0.8), newTrial(op, 3, 0).scalars(0.9, 0.8))
}

func randomGAE(r dice, op kernels.Op) *trial {
	slots := r.size(129)
	return newTrial(op, slots, r.size(share(work, slots))).scalars(float32(r.Float64()), float32(r.Float64())).with("ended", ends).within(64)
}

func shuffleTrials(op kernels.Op) []*trial {
	const last = kernels.CounterBase - 1
	var all []*trial
	for i, s := range [][2]int64{{1, 1}, {5, 1}, {3, 2}, {64, 64}, {100, 37}, {300, 100}, {65, 1 << 24}, {130, 1<<24 - 1}, {7, 5}, {0, 4}} {
		t := newTrial(op, s[0], s[1]).with("counter", values(float32(i%2*1000*i), float32(i*17))).seed(0x123456789abcdef0+uint64(i), uint32(i))
		all = append(all, t.discrete())
	}
	far := newTrial(op, 70, 3).with("counter", values(last, last-9)).seed(0x77<<40+9, 3) // more than 2^32 permutations
	return append(all, far.discrete())
}

func randomShuffle(r dice, op kernels.Op) *trial {
	n := max(1, r.size(3*kernels.Chunk))
	return newTrial(op, r.size(1000), n).with("counter", counter).seed(r.Uint64(), r.Uint32()).discrete()
}

// endless computes advantages that continue across one kind of end.
func endless(end float32) func(c *call) {
	other := float32(kernels.Truncated)
	if end == kernels.Truncated {
		other = kernels.GoesOn
	}
	return func(c *call) {
		c.redo("ended", func(ended []float32) {
			for i := range ended {
				if ended[i] == end {
					ended[i] = other
				}
			}
		})
	}
}

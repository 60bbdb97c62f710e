package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

func softmaxTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 300) {
		for _, n := range []int64{1, 2, 5, 8, 16, 31, 33, 100} {
			plain := newTrial(op, m, n).without("mask").within(64)
			masked := newTrial(op, m, n).with("mask", flagsOf(n)).within(64)
			if op == kernels.OpLogSoftmaxGrad {
				plain.with("y", logProbs(n)).flags(kernels.Flags(i%2) * acc)
				masked.with("y", logProbs(n)).flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, plain, masked)
		}
	}
	if op == kernels.OpLogSoftmax { // large scores, and a row without a legal entry
		all = append(all, newTrial(op, 3, 7).without("mask").with("x", normal(200)), newTrial(op, 3, 7).with("mask", constant(0)))
	}
	return append(all, newTrial(op, 2, kernels.Chunk+9).without("mask").with("y", uniform(-9, -8)).within(4000))
}

// logProbs fills rows of n with normalised log-probabilities.
func logProbs(n int64) filler {
	return func(r *rand.Rand, x []float32) {
		normal(2)(r, x)
		for i := int64(0); i+n <= int64(len(x)); i += n {
			sum := 0.0
			for _, v := range x[i : i+n] {
				sum += math.Exp(float64(v))
			}
			for j := i; j < i+n; j++ {
				x[j] -= float32(math.Log(sum))
				if r.IntN(4) == 0 && j > i {
					x[j] = kernels.MaskedLogProb
				}
			}
		}
	}
}

func counter(r *rand.Rand, x []float32) {
	x[0], x[1] = float32(r.IntN(1<<24)), float32(r.IntN(1<<24))
}

func sampleTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, m := range append(small, 700) {
		for _, n := range []int64{1, 2, 5, 31, 33, 100} {
			t := newTrial(op, m, n).with("logp", logProbs(n)).with("counter", counter)
			all = append(all, t.seed(uint64(m)<<40+7, uint32(n)).discrete())
		}
	}
	return append(all, newTrial(op, 4, 5).with("logp", constant(kernels.MaskedLogProb)).with("counter", counter).discrete())
}

func choiceTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 1000) {
		for _, n := range small {
			t := newTrial(op, m, n).discrete()
			if op == kernels.OpArgMax {
				t.with("x", special)
			} else {
				t.with("a", indices(n))
			}
			if op == kernels.OpPickGrad {
				t.flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, t)
		}
	}
	return all
}

func gatherTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 1100) {
		for _, n := range append(small, 36, 36) {
			t := newTrial(op, m, n, 20).with("idx", indices(20)).discrete()
			if op == kernels.OpScatterRows {
				t.flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, t)
		}
	}
	if op == kernels.OpScatterRows { // so few rows that columns are shared out
		all = append(all, newTrial(op, 900, 37, 2).with("idx", indices(2)).flags(acc).discrete(), newTrial(op, 300, 130, 3).with("idx", indices(3)).discrete())
	}
	return all
}

// penaltyOf names the optional argument that takes part in the penalty on scores.
var penaltyOf = map[kernels.Op]string{kernels.OpAttention: "penalty", kernels.OpAttentionGrad: "dpenalty"}

func attentionTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, s := range [][4]int64{
		{1, 1, 1, 1}, {2, 1, 3, 5}, {2, 2, 2, 4}, {3, 5, 2, 7}, {2, 31, 2, 16}, {2, 33, 1, 17}, {5, 30, 4, 16}, {1, 97, 1, 8},
		{3, 7, 3, 37}, {2, 16, 3, 20}, {1, 4, 1, 300}, {1, 257, 1, 3}, {1, 300, 2, 33}, {2, 0, 3, 4}, {2, 3, 2, 0}, {2, 1, 2, 0}, {0, 3, 2, 4},
	} {
		// Sums over agents and blocks of rows: a generous multiple of their number.
		t := newTrial(op, s[:]...).scalars(0.01).within(64 + 4*float64(s[1]+s[3]))
		if t.spec().Accumulates {
			t.flags(kernels.Flags(i%2) * acc)
		}
		all = append(all, t)
		if penalty, ok := penaltyOf[op]; ok {
			plain := *t
			all = append(all, plain.without(penalty))
		}
	}
	// Every agent's score with itself, which nobody uses, is infinite.
	diagonal := values(1e30, 0, 0, 0, 0)
	all = append(all, newTrial(op, 1, 4, 1, 4).with("q", diagonal).with("k", diagonal).within(1e5))
	return append(all, newTrial(op, s0()...).with("q", normal(30)).scalars(1).within(1e5))
}

// s0 is a shape for scores so large that the softmax saturates.
func s0() []int64 { return []int64{2, 12, 2, 9} }

package kerneltest

import (
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// Sizes around the edges of vectors, tiles and chunks.
var (
	small = []int64{1, 2, 5, 31, 33}
	long  = []int64{1, 2, 15, 16, 17, 31, 33, 100, kernels.Chunk - 1, kernels.Chunk, kernels.Chunk + 1, 3*kernels.Chunk + 77}
)

const (
	acc    = kernels.FlagAccumulate
	fnLast = kernels.FnGELU
)

// trialsOf returns the trials of an op; every op needs some.
func trialsOf(op kernels.Op) []*trial {
	f, ok := map[kernels.Op]func(kernels.Op) []*trial{
		kernels.OpGemm:  gemmTrials,
		kernels.OpUnary: unaryTrials, kernels.OpUnaryGrad: unaryGradTrials, kernels.OpBinary: binaryTrials,
		kernels.OpCopy: copyTrials, kernels.OpFill: fillTrials,
		kernels.OpSumAll: sumAllTrials, kernels.OpSumRows: sumRowsTrials, kernels.OpSumCols: sumColsTrials,
		kernels.OpMoments: momentsTrials, kernels.OpCheckFinite: checkFiniteTrials,
		kernels.OpLogSoftmax: softmaxTrials, kernels.OpLogSoftmaxGrad: softmaxTrials,
		kernels.OpSample: sampleTrials, kernels.OpArgMax: choiceTrials, kernels.OpOneHot: choiceTrials,
		kernels.OpPick: choiceTrials, kernels.OpPickGrad: choiceTrials,
		kernels.OpAttention: attentionTrials, kernels.OpAttentionGrad: attentionTrials, kernels.OpAttentionPenalty: attentionTrials,
		kernels.OpAttentionPenaltyGrad: attentionTrials, kernels.OpAttentionEntropy: attentionTrials,
		kernels.OpConv: convTrials, kernels.OpConvGradX: convTrials, kernels.OpConvGradW: convTrials,
		kernels.OpGatherRows: gatherTrials, kernels.OpScatterRows: gatherTrials,
		kernels.OpRandInt: randomTrials, kernels.OpUniform: randomTrials, kernels.OpNormal: randomTrials, kernels.OpCount: countTrials,
		kernels.OpAdam: adamTrials, kernels.OpAdamTick: tickTrials, kernels.OpPolyak: polyakTrials, kernels.OpClipScale: clipTrials,
		kernels.OpGroupNorm: groupNormTrials, kernels.OpGroupNormGrad: groupNormTrials, kernels.OpGroupNormParamGrad: normParamTrials,
		kernels.OpLayerNorm: layerNormTrials, kernels.OpLayerNormGrad: layerNormTrials,
		kernels.OpUpsample: imageTrials, kernels.OpPool: imageTrials, kernels.OpDropout: dropoutTrials, kernels.OpSinusoid: sinusoidTrials,
		kernels.OpGAE: gaeTrials, kernels.OpShuffle: shuffleTrials,
	}[op]
	if !ok {
		return nil
	}
	return f(op)
}

var gemmShapes = [][3]int64{
	{1, 1, 1}, {2, 3, 5}, {5, 31, 33}, {31, 33, 31}, {33, 31, 257}, {6, 16, 256}, {7, 17, 255}, {14, 32, 512},
	{64, 64, 1030}, {300, 34, 39}, {1, 33, 300}, {97, 5, 64}, {12, 130, 513}, {290, 270, 70}, {3, 4, 0}, {0, 3, 2}, {4, 0, 3}, {600, 40, 270},
	{300, 140, 20}, {270, 24, 300}, {64, 5, 1030}, {40, 1, 700}, {200, 3, 100}, {25, 9, 60},
}

// gemmTrials: all shapes in all transpositions, everything else at random.
func gemmTrials(op kernels.Op) []*trial {
	r := rand.New(rand.NewPCG(1, 1))
	var all []*trial
	for _, s := range gemmShapes {
		for trans := range kernels.Flags(4) {
			all = append(all, gemmTrial(r, s, trans*kernels.FlagTransA))
		}
	}
	for trans := range kernels.Flags(4) { // one row (or column) of B for all k
		t := gemmTrial(r, [3]int64{9, 64, 20}, trans*kernels.FlagTransA)
		t.desc.Dim[kernels.GemmLDB] = 0
		all = append(all, t)
	}
	for f := range fnLast + 1 {
		t := gemmTrial(r, [3]int64{9, 35, 20}, 0).fn(f)
		t.desc.Flags &^= kernels.FlagFnGrad
		all = append(all, t.limits())
	}
	return all
}

func gemmTrial(r *rand.Rand, s [3]int64, trans kernels.Flags) *trial {
	m, n, k := s[0], s[1], s[2]
	pad := r.Int64N(4)
	lda, ldb, ldc, groups := k+pad, n+pad, n+r.Int64N(3), int64(1)
	if trans&kernels.FlagTransA != 0 {
		lda = m + pad
	}
	if trans&kernels.FlagTransB != 0 {
		ldb = k + pad
	}
	if m*n*k < 1<<18 {
		groups += r.Int64N(3)
	}
	t := newTrial(kernels.OpGemm, m, n, k, lda, ldb, ldc, groups, m*(k+pad)+k*pad+5, k*(n+pad)+n*pad+3, m*ldc+1, r.Int64N(2)*(n+2)).flags(trans)
	t.ofTerms().scalars(0.1, 0.7)
	if r.IntN(2) == 0 {
		t.without("bias")
	}
	if r.IntN(2) == 0 {
		t.flags(acc)
	}
	fns := []kernels.Fn{kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid, kernels.FnIdentity, kernels.FnIdentity}
	t.fn(fns[r.IntN(len(fns))])
	if r.IntN(3) == 0 {
		t.flags(kernels.FlagFnGrad)
	} else {
		t.without("aux")
	}
	return t.limits()
}

// limits sets the bound of a product: the errors of K terms grow like a random walk. Steep
// functions are left to the trials of unary.
func (t *trial) limits() *trial {
	k := float64(t.desc.Dim[kernels.GemmK])
	t.bound = 8 + k/16
	switch t.desc.Fn {
	case kernels.FnExp, kernels.FnLog, kernels.FnSquare, kernels.FnSqrt, kernels.FnReciprocal:
		t.bound = 0
	}
	if t.desc.Has(kernels.FlagFnGrad) {
		t.bound *= 20 // the slope of normals may be this large
	}
	return t
}

func unaryTrials(op kernels.Op) []*trial {
	var all []*trial
	for f := range fnLast + 1 {
		for _, n := range []int64{1, 7, 33, 3000, kernels.Chunk + 5} {
			all = append(all, newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", special).within(64))
		}
		all = append(all, newTrial(op, 77).fn(f).scalars(0.25, 3).with("x", special).flags(acc).within(64))
		all = append(all, newTrial(op, 77).fn(f).scalars(0.25, 3).with("x", special).shares("y", "x").within(64))
	}
	return all
}

func unaryGradTrials(op kernels.Op) []*trial {
	var all []*trial
	for f := range fnLast + 1 {
		for i, n := range []int64{1, 9, 3000, kernels.Chunk + 5} {
			t := newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", special).with("y", special).discrete()
			u := newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", uniform(0.1, 2)).with("y", uniform(0.1, 2)).within(64)
			all = append(all, t.flags(kernels.Flags(i%2)*acc), u)
		}
	}
	return all
}

func binaryTrials(op kernels.Op) []*trial {
	var all []*trial
	for b := range kernels.BinMax + 1 {
		for i, s := range [][6]int64{
			{3, 33, 33, 1, 33, 1}, {5, 31, 31, 1, 0, 1}, {7, 5, 5, 1, 1, 0}, {4, 9, 12, 1, 0, 0}, {2, 6, 1, 2, 6, 1},
			{1, 40, 0, 0, 0, 1}, {40, 1, 1, 1, 3, 1}, {130, 70, 70, 1, 0, 1}, {100, 97, 97, 1, 97, 1},
		} {
			t := newTrial(op, s[:]...).with("a", special).with("b", special).flags(kernels.Flags(i%3/2) * acc).within(4)
			t.desc.Bin = b
			all = append(all, t)
		}
		t := newTrial(op, 6, 35, 35, 1, 0, 1).shares("y", "a").within(4)
		t.desc.Bin = b
		all = append(all, t)
	}
	return all
}

func copyTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, m := range small {
		for _, n := range small {
			all = append(all, newTrial(op, m, n, n+3, n), newTrial(op, m, n, n, n+2).flags(acc), newTrial(op, m, n, n, n))
		}
	}
	return append(all, newTrial(op, 700, 39, 39, 64))
}

func fillTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, n := range long {
		all = append(all, newTrial(op, n).scalars(2.5))
	}
	return all
}

package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

// generators draw a trial of an op; every op needs one, but for OpLoop, whose shapes
// randomBench draws.
var generators = map[kernels.Op]func(r dice, op kernels.Op) *trial{
	kernels.OpGemm: randomGemm, kernels.OpUnary: randomUnary, kernels.OpUnaryGrad: randomUnaryGrad, kernels.OpBinary: randomBinary,
	kernels.OpSumAll: randomSum, kernels.OpSumRows: randomSum, kernels.OpSumCols: randomSum,
	kernels.OpCopy: randomCopy, kernels.OpFill: randomVector,
	kernels.OpLogSoftmax: randomSoftmax, kernels.OpLogSoftmaxGrad: randomSoftmax, kernels.OpSample: randomSample,
	kernels.OpArgMax: randomChoice, kernels.OpOneHot: randomChoice, kernels.OpPick: randomChoice, kernels.OpPickGrad: randomChoice,
	kernels.OpAttention: randomAttention, kernels.OpAttentionGrad: randomAttention, kernels.OpAttentionPenalty: randomAttention,
	kernels.OpAttentionPenaltyGrad: randomAttention, kernels.OpAttentionEntropy: randomAttention,
	kernels.OpConv: randomConv, kernels.OpConvGradX: randomConv, kernels.OpConvGradW: randomConv,
	kernels.OpGatherRows: randomGather, kernels.OpScatterRows: randomGather,
	kernels.OpRandInt: randomDraws, kernels.OpUniform: randomDraws, kernels.OpNormal: randomDraws, kernels.OpDropout: randomDraws,
	kernels.OpCount: randomCount, kernels.OpAdam: randomAdam, kernels.OpAdamTick: randomTick, kernels.OpPolyak: randomVector, kernels.OpClipScale: randomClip,
	kernels.OpMoments: randomMoments, kernels.OpCheckFinite: randomFinite,
	kernels.OpGroupNorm: randomGroupNorm, kernels.OpGroupNormGrad: randomGroupNorm, kernels.OpGroupNormParamGrad: randomNormParam,
	kernels.OpLayerNorm: randomLayerNorm, kernels.OpLayerNormGrad: randomLayerNorm,
	kernels.OpUpsample: randomImage, kernels.OpPool: randomImage, kernels.OpSinusoid: randomSinusoid,
	kernels.OpGAE: randomGAE, kernels.OpShuffle: randomShuffle,
}

const work = 1 << 16 // terms of a trial, about

func randomGemm(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := r.size(share(4*work, m))
	k := r.size(share(4*work, m, n))
	t := gemmTrial(r.Rand, [3]int64{m, n, k}, kernels.Flags(r.IntN(4))*kernels.FlagTransA)
	d := &t.desc
	switch groups := d.Dim[kernels.GemmGroups]; {
	case groups > 1 && r.odds(3): // groups beside each other, as the heads of attention
		d.Dim[kernels.GemmStrideC], d.Dim[kernels.GemmLDC] = n, groups*n
	case r.odds(8): // one row of B for all
		d.Dim[kernels.GemmLDB] = 0
	case r.odds(8): // one matrix for all groups
		d.Dim[kernels.GemmStrideA] = 0
	}
	return t
}

func randomUnary(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).fn(kernels.Fn(r.IntN(int(fnLast)+1))).scalars(-0.5, 0.75).with("x", special).within(64)
	if r.odds(3) {
		return t.shares("y", "x")
	}
	return t.flags(r.flag())
}

func randomUnaryGrad(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).fn(kernels.Fn(r.IntN(int(fnLast)+1))).scalars(-0.5, 0.75).flags(r.flag())
	if r.odds(2) {
		return t.with("x", special).with("y", special).with("dy", special).discrete()
	}
	return t.with("x", uniform(0.1, 2)).with("y", uniform(0.1, 2)).within(64)
}

func randomBinary(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := r.size(share(work, m))
	stride := func() (rows, columns int64) {
		switch r.IntN(5) {
		case 0: // a row
			return 0, 1
		case 1: // a column
			return 1, 0
		case 2: // transposed
			return 1, m
		}
		return n + r.pad(), 1
	}
	ars, acs := stride()
	brs, bcs := stride()
	t := newTrial(op, m, n, ars, acs, brs, bcs).with("a", special).with("b", special).flags(r.flag()).within(4)
	t.desc.Bin = kernels.Bin(r.IntN(int(kernels.BinMax) + 1))
	if ars == n && acs == 1 && r.odds(3) {
		t.shares("y", "a").desc.Flags = 0
	}
	return t
}

func randomSum(r dice, op kernels.Op) *trial {
	dims := []int64{r.size(3 * kernels.Chunk)}
	if op != kernels.OpSumAll {
		dims = append(dims, r.size(share(work, dims[0])))
	}
	if op == kernels.OpSumCols {
		dims = append(dims, dims[1]+r.pad())
	}
	t := newTrial(op, dims...).fn(sumFns[r.IntN(3)]).scalars(r.scale()).flags(r.flag()).ofTerms().within(64)
	if r.odds(8) {
		t.with("x", special).discrete()
	}
	return t
}

func randomCopy(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := r.size(share(work, m))
	return newTrial(op, m, n, n+r.pad(), n+r.pad()).with("x", special).flags(r.flag())
}

// randomVector is for ops of one length and one scalar.
func randomVector(r dice, op kernels.Op) *trial {
	return newTrial(op, r.size(3*kernels.Chunk)).scalars(r.scale())
}

func randomSoftmax(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).with("mask", flagsOf(n)).within(64 + float64(n))
	if op == kernels.OpLogSoftmaxGrad {
		t.with("y", logProbs(n)).flags(r.flag())
	}
	return r.drop(t, "mask")
}

func randomSample(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := max(1, r.size(share(work, m)))
	return newTrial(op, m, n).with("logp", logProbs(n)).with("counter", counter).seed(r.Uint64(), r.Uint32()).discrete()
}

func randomChoice(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).with("a", indices(n)).discrete()
	switch op {
	case kernels.OpArgMax:
		t = newTrial(op, m, n).with("x", r.fill(special, normal(1), values(1, 2, 2, 1))).discrete()
	case kernels.OpPickGrad:
		t.flags(r.flag())
	}
	return t
}

func randomAttention(r dice, op kernels.Op) *trial {
	n := r.size(97)
	d := r.size(share(4*work, n, n, 1))
	h := r.size(share(4*work, n, n, d))
	b := r.size(share(4*work, n, n, d, h))
	t := newTrial(op, min(b, 9), n, min(h, 9), d).scalars(0.01).within(64 + 4*float64(n+d))
	switch op {
	case kernels.OpAttention:
		r.drop(t, "penalty")
	case kernels.OpAttentionGrad:
		r.drop(t, "dpenalty")
	}
	if t.spec().Accumulates {
		t.flags(r.flag())
	}
	return t
}

func randomConv(r dice, op kernels.Op) *trial {
	c, f := r.size(65), r.size(65)
	kernel := func() int64 { return []int64{1, 1, 2, 3, 3, 4, 5}[r.IntN(7)] }
	ky, kx := kernel(), kernel()
	y := r.size(share(8*work, c, f, ky, kx))
	x := r.size(share(8*work, c, f, ky, kx, y))
	b := min(r.size(share(8*work, c, f, ky, kx, y, x)), 9)
	stride := func() int64 { return 1 + r.Int64N(3)*r.Int64N(2) }
	return convTrial(r.Rand, op, []int64{b, y, x, c, ky, kx, f, stride(), stride(), r.Int64N(3), r.Int64N(3)})
}

func randomGather(r dice, op kernels.Op) *trial {
	m, rows := r.size(1000), 1+r.size(65)
	n := r.size(share(work, max(m, rows)))
	t := newTrial(op, m, n, rows).with("idx", indices(rows)).discrete()
	if op == kernels.OpScatterRows {
		t.flags(r.flag())
	}
	return t
}

// randomDraws is for the ops that draw a number per element.
func randomDraws(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).with("counter", counter).seed(r.Uint64(), r.Uint32())
	switch op {
	case kernels.OpRandInt:
		return t.with("bound", values(float32(1+r.IntN(1<<20)))).discrete()
	case kernels.OpDropout:
		p := r.Float32() * 0.99 // what is left is large, and may cancel against what is there
		return t.with("x", special).scalars(p).flags(r.flag()).within(8 + 40/(1-float64(p)))
	case kernels.OpNormal:
		t.within(64)
	}
	return t.scalars(r.scale(), 3)
}

func randomCount(r dice, op kernels.Op) *trial {
	return newTrial(op, r.Int64N(1<<(1+r.IntN(47)))).with("counter", counter)
}

func randomAdam(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).scalars(0.9, 0.999, 1e-8).with("state", values(1e-3, 0.9*0.9, 0.999*0.999))
	return r.drop(t.with("v", uniform(0.01, 1)).with("scale", values(r.Float32())), "scale")
}

func randomTick(r dice, op kernels.Op) *trial {
	return newTrial(op).scalars(r.Float32(), r.Float32()).with("state", uniform(0, 1))
}

func randomClip(r dice, op kernels.Op) *trial {
	return newTrial(op).scalars(r.Float32()).with("q", uniform(0, 4))
}

func randomMoments(r dice, op kernels.Op) *trial {
	m := r.size(3 * kernels.Chunk)
	n := r.size(share(work, m))
	t := newTrial(op, m, n).with("w", flagsOf(3)).with("count", values(float32(r.Int64N(m+2)))).within(64)
	return r.drop(t, "w")
}

func randomFinite(r dice, op kernels.Op) *trial {
	return newTrial(op, r.size(3*kernels.Chunk)).with("x", r.fill(special, normal(1))).with("y", values(float32(r.IntN(2)))).flags(r.flag())
}

func randomGroupNorm(r dice, op kernels.Op) *trial {
	width, groups := max(1, r.size(48)), max(1, r.size(33))
	p := r.size(share(work, width, groups))
	b := min(r.size(share(work, width, groups, p)), 17)
	t := newTrial(op, b, p, width*groups, groups).fn(normFns[r.IntN(len(normFns))]).scalars(0.25).with("stats", values(0.125, 0.75))
	t.within(200 + 4*float64(p))
	if op == kernels.OpGroupNormGrad {
		t.flags(r.flag())
	}
	if t.desc.Fn == kernels.FnReLU { // a rounding error may move a number over the kink
		t.discrete()
	}
	return r.drop(t, "film")
}

func randomNormParam(r dice, op kernels.Op) *trial {
	return r.drop(newTrial(op, r.size(65), r.size(513)).within(400), "film", "dfilm")
}

func randomLayerNorm(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).scalars(0.25).with("stats", values(0.125, 0.75)).within(400 + float64(m+n))
	if op == kernels.OpLayerNormGrad {
		t.flags(r.flag())
	}
	return t
}

func randomImage(r dice, op kernels.Op) *trial {
	f, c := 1+r.Int64N(5), r.size(97)
	y := r.size(share(work, f, f, c))
	x := r.size(share(work, f, f, c, y))
	return newTrial(op, min(r.size(share(work, f, f, c, y, x)), 9), y, x, c, f).scalars(r.scale()).flags(r.flag()).ofTerms().within(32)
}

func randomSinusoid(r dice, op kernels.Op) *trial {
	b, half := r.size(129), max(1, r.size(129))
	high, low := ratio(10_000, float64(half))
	return newTrial(op, b, half).scalars(high, low).with("t", uniform(-1000, 1000))
}

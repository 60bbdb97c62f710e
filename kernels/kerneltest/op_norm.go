package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

var normOps = family{
	kernels.OpGroupNorm: {groupNormTrials, randomGroupNorm, mistakes{
		"eps is ignored": scalar(0, 0),
	}},
	kernels.OpGroupNormGrad: {groupNormTrials, randomGroupNorm, mistakes{
		"all channels are one group": {before: func(d *kernels.Desc) { d.Dim[3] = 1 }},
	}},
	kernels.OpGroupNormParamGrad: {normParamTrials, randomNormParam, mistakes{
		"the last sample is dropped": fewer(0),
	}},
	kernels.OpLayerNorm: {layerNormTrials, randomLayerNorm, mistakes{
		"eps is ignored": scalar(0, 0),
	}},
	kernels.OpLayerNormGrad: {layerNormTrials, randomLayerNorm, mistakes{
		"the last row is dropped": fewer(0),
	}},
}

var normFns = []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnSiLU, kernels.FnGELU}

// normShapes are B, P, C, G: groups of one channel and of all channels, and channels that do not fill vectors.
var normShapes = [][4]int64{
	{1, 1, 1, 1}, {2, 3, 5, 5}, {2, 31, 6, 2}, {3, 33, 31, 1}, {1, 7, 33, 11}, {9, 5, 16, 4}, {2, 64, 64, 16}, {1, 257, 24, 8},
	{2, 255, 40, 40}, {1, 700, 17, 17}, {8, 16, 96, 32}, {1, 2100, 48, 16}, {1, 40, 130, 2}, {1, 530, 130, 1}, {0, 3, 4, 2}, {2, 0, 40, 8}, {70, 3, 16, 8},
}

// groupNormTrials uses a large eps, so that small deviations of tiny groups do not amplify errors.
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
			if f == kernels.FnReLU { // a rounding error may move a number across the kink
				t.discrete()
			}
			all = append(all, t)
		}
	}
	return append(all, newTrial(op, 2, 40, 32, 8).with("x", uniform(999, 1001)).scalars(1e-5).discrete(), newTrial(op, 1, 9, 20, 4).with("x", special).discrete())
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
	if t.desc.Fn == kernels.FnReLU { // a rounding error may move a number across the kink
		t.discrete()
	}
	return r.drop(t, "film")
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

func randomNormParam(r dice, op kernels.Op) *trial {
	return r.drop(newTrial(op, r.size(65), r.size(513)).within(400), "film", "dfilm")
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

func randomLayerNorm(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).scalars(0.25).with("stats", values(0.125, 0.75)).within(400 + float64(m+n))
	if op == kernels.OpLayerNormGrad {
		t.flags(r.flag())
	}
	return t
}

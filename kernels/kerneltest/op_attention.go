package kerneltest

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

var attentionOps = family{
	kernels.OpAttention:            {attentionTrials, randomAttention, selfMistakes},
	kernels.OpAttentionGrad:        {attentionTrials, randomAttention, selfMistakes},
	kernels.OpAttentionPenalty:     {attentionTrials, randomAttention, attentionMistakes},
	kernels.OpAttentionPenaltyGrad: {attentionTrials, randomAttention, attentionMistakes},
	kernels.OpAttentionEntropy:     {attentionTrials, randomAttention, attentionMistakes},
}

// selfMistakes are those of the ops that know FlagSelf.
var selfMistakes = mistakes{
	"heads and their width are exchanged":     attentionMistakes["heads and their width are exchanged"],
	"scores are not divided by the root of D": attentionMistakes["scores are not divided by the root of D"],
	"an agent never attends to itself":        {before: func(d *kernels.Desc) { d.Flags &^= kernels.FlagSelf }},
	"an agent always attends to itself": {before: func(d *kernels.Desc) {
		d.Flags |= kernels.FlagSelf
		d.Arg[map[kernels.Op]int{kernels.OpAttention: 4, kernels.OpAttentionGrad: 7}[d.Op]] = kernels.Absent
	}},
}

var attentionMistakes = mistakes{
	"heads and their width are exchanged":     {before: func(d *kernels.Desc) { d.Dim[2], d.Dim[3] = d.Dim[3], d.Dim[2] }},
	"scores are not divided by the root of D": {after: undivided},
}

// penaltyOf is the name of the optional argument for the penalty on scores.
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
			plain, self := *t, *t
			all = append(all, plain.without(penalty), self.without(penalty).flags(kernels.FlagSelf))
		}
	}
	// The score of every agent with itself, which is unused, is infinite.
	diagonal := values(1e30, 0, 0, 0, 0)
	all = append(all, newTrial(op, 1, 4, 1, 4).with("q", diagonal).with("k", diagonal).within(1e5))
	large := func() *trial { return newTrial(op, s0()...).with("q", normal(30)).scalars(1).within(1e5) }
	if penalty, ok := penaltyOf[op]; ok {
		all = append(all, large().without(penalty).flags(kernels.FlagSelf))
	}
	return append(all, large())
}

// s0 is a shape for trials with scores so large that the softmax saturates.
func s0() []int64 { return []int64{2, 12, 2, 9} }

func randomAttention(r dice, op kernels.Op) *trial {
	n := r.size(97)
	d := r.size(share(4*work, n, n, 1))
	h := r.size(share(4*work, n, n, d))
	b := r.size(share(4*work, n, n, d, h))
	t := newTrial(op, min(b, 9), n, min(h, 9), d).scalars(0.01).within(64 + 4*float64(n+d))
	if penalty, ok := penaltyOf[op]; ok {
		r.drop(t, penalty)
		if t.desc.Arg[t.index(penalty)] == kernels.Absent && r.odds(2) {
			t.flags(kernels.FlagSelf)
		}
	}
	if t.spec().Accumulates {
		t.flags(r.flag())
	}
	return t
}

// undivided omits the factor 1 / sqrt D of the scores.
func undivided(c *call) {
	c.redo("q", func(q []float32) {
		for i := range q {
			q[i] *= float32(math.Sqrt(float64(c.Dim[3])))
		}
	})
}

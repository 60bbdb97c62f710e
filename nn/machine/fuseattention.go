package machine

import "github.com/gmel-go/gmel/kernels"

// fuseAttention merges the penalty on attention's scores into attention, and does the same for their
// gradients. The scores and the products of the gradients are then computed once. This is the only
// rewrite that changes bits: it adds the two gradients of a score before the products, not after
// them. So it is always applied, with or without the other rewrites.
func fuseAttention(code []*instr) []*instr {
	for _, rewrite := range []func(*listing) bool{(*listing).penalty, (*listing).penaltyGrad} {
		for {
			l := newListing(code)
			if !rewrite(l) {
				break
			}
			code = l.code
		}
	}
	return code
}

// Arguments of the ops on attention.
const (
	attPenalty   = 4 // of OpAttention
	attGradQuery = 4 // of OpAttentionGrad
	attGradKey   = 5
	attDPenalty  = 7
)

// penalty moves an OpAttentionPenalty into an OpAttention.
func (l *listing) penalty() bool {
	for p, pen := range l.code {
		if pen.d.Op != kernels.OpAttentionPenalty {
			continue
		}
		a := l.sameScores(p, kernels.OpAttention, attPenalty)
		if a < 0 || p < a && !l.movable(p, a) || a < p && !l.movableUp(p, a) {
			continue
		}
		l.code[a].args[attPenalty], l.code[a].d.Scalar[0] = pen.args[2], pen.d.Scalar[0]
		l.remove(p)
		return true
	}
	return false
}

// sameScores finds an op of this kind on the same queries and keys, of other agents only, whose optional argument free is
// absent.
func (l *listing) sameScores(p int, kind kernels.Op, free int) int {
	pen := l.code[p]
	for i, in := range l.code {
		d := &in.d
		if d.Op == kind && d.Dim == pen.d.Dim && in.args[0] == pen.args[0] && in.args[1] == pen.args[1] && in.args[free].s == nil && !d.Has(kernels.FlagSelf) {
			return i
		}
	}
	return -1
}

// movableUp reports whether op from may move up to right after op to.
func (l *listing) movableUp(from, to int) bool {
	for _, a := range l.acc[from] {
		if l.touched(a, to, from, !a.write) {
			return false
		}
	}
	return true
}

// penaltyGrad moves an OpAttentionPenaltyGrad into an OpAttentionGrad if both its results are only
// added to those of the OpAttentionGrad.
func (l *listing) penaltyGrad() bool {
	for p, pen := range l.code {
		if pen.d.Op != kernels.OpAttentionPenaltyGrad {
			continue
		}
		g := l.sameScores(p, kernels.OpAttentionGrad, attDPenalty)
		sums, ok := l.sums(p)
		if g < 0 || !ok || !l.addsTo(g, sums) || p < g && !l.movable(p, g) || g < p && !l.movable(g, p) {
			continue
		}
		l.joinGrads(g, p, sums)
		return true
	}
	return false
}

// addsTo reports whether the sums add dq and dk to those of op g and nothing else uses them.
func (l *listing) addsTo(g int, sums []partialSum) bool {
	if len(sums) != 2 || l.code[g].d.Has(kernels.FlagAccumulate) {
		return false
	}
	for i, arg := range []int{attGradQuery, attGradKey} {
		x := l.arg(g, arg)
		if sums[i].x.s != x.s || !x.whole() || len(l.uses[x.s]) != 2 {
			return false
		}
	}
	return true
}

// joinGrads merges the gradient of the penalty, op p, into op g, at the later of the two positions.
func (l *listing) joinGrads(g, p int, sums []partialSum) {
	in := l.code[g]
	in.args[attDPenalty], in.d.Scalar[0] = l.code[p].args[2], l.code[p].d.Scalar[0]
	if p > g {
		l.code[g], l.code[p] = l.code[p], in
		g, p = p, g
	}
	for _, s := range sums {
		l.rename(s.y.s, loc{s: s.x.s})
	}
	l.remove(p, sums[0].at, sums[1].at)
}

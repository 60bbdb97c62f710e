package machine

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// fuse applies the rewrites until none applies. None changes a bit of any result, because an
// epilogue rounds like the op it replaces (see kernels.OpGemm). [fuseAttention] does change bits;
// it runs before.
func fuse(code []*instr) []*instr {
	rewrites := []func(*listing) bool{
		(*listing).splitColumns, (*listing).accumulate, (*listing).gradEpilogue, (*listing).squareSum, (*listing).forwardCopy,
	}
	for _, rewrite := range rewrites {
		for {
			l := newListing(code)
			if !rewrite(l) {
				break
			}
			code = l.code
		}
	}
	return dropDead(code)
}

// listing is code with an index of all accesses to each tensor.
type listing struct {
	code []*instr
	acc  [][]access
	uses map[*store][]use
}

// use is one access with the position of its op.
type use struct {
	at int
	access
}

func newListing(code []*instr) *listing {
	l := &listing{code: code, uses: map[*store][]use{}}
	for i, in := range code {
		a := in.accesses()
		l.acc = append(l.acc, a)
		for _, x := range a {
			l.uses[x.s] = append(l.uses[x.s], use{i, x})
		}
	}
	return l
}

// arg returns the access of argument i of op at.
func (l *listing) arg(at, i int) access {
	for _, a := range l.acc[at] {
		if a.arg == i {
			return a
		}
	}
	return access{}
}

// touched reports whether an op in [from, to) accesses the range of a. If writes is set, only
// writes count.
func (l *listing) touched(a access, from, to int, writes bool) bool {
	for i := from; i < to; i++ {
		for _, x := range l.acc[i] {
			if x.overlaps(a) && (x.write || !writes) {
				return true
			}
		}
	}
	return false
}

// movable reports whether op from may move to right after op to.
func (l *listing) movable(from, to int) bool {
	for _, a := range l.acc[from] {
		if l.touched(a, from+1, to+1, !a.write) {
			return false
		}
	}
	return true
}

// remove deletes the ops at the given positions.
func (l *listing) remove(at ...int) {
	var code []*instr
	for i, in := range l.code {
		if !slices.Contains(at, i) {
			code = append(code, in)
		}
	}
	l.code = code
}

// rename makes all ops use the place of to instead of the temporary s.
func (l *listing) rename(s *store, to loc) {
	for _, u := range l.uses[s] {
		l.code[u.at].args[u.arg] = loc{to.s, to.off + u.from}
	}
}

// contiguousCopy reports whether the op copies a single contiguous range.
func (in *instr) contiguousCopy() bool {
	d := &in.d
	return d.Op == kernels.OpCopy && !d.Has(kernels.FlagAccumulate) &&
		(d.Dim[0] == 1 || d.Dim[2] == d.Dim[1] && d.Dim[3] == d.Dim[1])
}

// squareSum replaces a square and a sum by a sum of squares.
func (l *listing) squareSum() bool {
	for i, in := range l.code {
		sum := in.d.Op == kernels.OpSumAll || in.d.Op == kernels.OpSumRows || in.d.Op == kernels.OpSumCols && in.d.Dim[2] == in.d.Dim[1]
		x := l.arg(i, 0)
		if !sum || in.d.Fn != kernels.FnIdentity || !x.whole() || len(l.uses[x.s]) != 2 {
			continue
		}
		at := l.uses[x.s][0].at
		square := l.code[at]
		plain := square.d.Op == kernels.OpUnary && square.d.Fn == kernels.FnSquare && !square.d.Has(kernels.FlagAccumulate)
		if !plain || l.touched(l.arg(at, 0), at, i, true) {
			continue
		}
		in.d.Fn, in.args[0] = kernels.FnSquare, square.args[0]
		l.remove(at)
		return true
	}
	return false
}

// forwardCopy removes a copy of a temporary by computing it at the destination.
func (l *listing) forwardCopy() bool {
	for c, in := range l.code {
		if !in.contiguousCopy() {
			continue
		}
		from, to := l.arg(c, 0), l.arg(c, 1)
		if !from.whole() || from.s == to.s {
			continue
		}
		uses := l.uses[from.s]
		if uses[0].at == c { // never written; reported by lifetimes
			continue
		}
		last := uses[len(uses)-1].at
		if l.touched(to, uses[0].at, c, false) || l.touched(to, c+1, last+1, true) || l.touched(from, c+1, last+1, true) {
			continue
		}
		l.rename(from.s, loc{to.s, to.from})
		l.remove(c)
		return true
	}
	return false
}

package machine

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// accumulate removes an addition y = x + o if an op that can accumulate computes o and nothing else
// reads o. That op then adds to x, which becomes y. An op with several results accumulates all of
// them or none.
func (l *listing) accumulate() bool {
	for p := range l.code {
		sums, ok := l.sums(p)
		if !ok {
			continue
		}
		after := p // the op must run after this one: the terms are then complete, and no op needs them alone
		first := len(l.code)
		for _, s := range sums {
			first = min(first, s.at)
			for _, u := range l.uses[s.x.s] {
				if u.at != s.at {
					after = max(after, u.at)
				}
			}
		}
		if after >= first || !l.movable(p, after) {
			continue
		}
		l.addInto(p, after, sums)
		return true
	}
	return false
}

// partialSum is an addition y = x + o at position at, where o is result arg of another op.
type partialSum struct {
	at, arg int
	x, y    access
}

// sums finds the additions for all results of op p that can accumulate.
func (l *listing) sums(p int) ([]partialSum, bool) {
	if !l.accumulates(p) {
		return nil, false
	}
	spec, _ := kernels.SpecOf(l.code[p].d.Op)
	var list []partialSum
	terms := map[*store]bool{}
	for _, o := range l.acc[p] {
		terms[o.s] = true // the term must not be an operand or another result of the op
	}
	for _, o := range l.acc[p] {
		if !o.write || spec.Args[o.arg].Mode == kernels.Fresh {
			continue
		}
		uses := l.uses[o.s]
		if o.read || !o.whole() || len(uses) != 2 || uses[1].at == p {
			return nil, false
		}
		s, ok := l.sum(uses[1])
		if !ok || terms[s.x.s] {
			return nil, false
		}
		terms[s.x.s] = true
		s.arg = o.arg
		list = append(list, s)
	}
	return list, len(list) > 0
}

// accumulates reports whether op p can take FlagAccumulate.
func (l *listing) accumulates(p int) bool {
	d := &l.code[p].d
	spec, _ := kernels.SpecOf(d.Op)
	switch {
	case !spec.Accumulates || d.Has(kernels.FlagAccumulate) || d.Op == kernels.OpCheckFinite:
		return false
	case d.Op == kernels.OpGemm:
		return l.plainGemm(p) // an epilogue would change the term too
	case d.Op == kernels.OpConv || d.Op == kernels.OpConvGradX:
		return d.Fn == kernels.FnIdentity // a bias is added before the term
	}
	return true
}

// sum returns the op that reads o as a partialSum; ok is false unless it adds complete temporaries.
func (l *listing) sum(o use) (partialSum, bool) {
	d := &l.code[o.at].d
	n := d.Dim[1]
	full := d.Op == kernels.OpBinary && d.Bin == kernels.BinAdd && !d.Has(kernels.FlagAccumulate) &&
		d.Dim[3] == 1 && d.Dim[5] == 1 && (d.Dim[0] == 1 || d.Dim[2] == n && d.Dim[4] == n)
	if !full && !(d.Op == kernels.OpBinary && d.Bin == kernels.BinAdd && d.Dim[0] == 1 && n == 1) {
		return partialSum{}, false
	}
	s := partialSum{at: o.at, x: l.arg(o.at, 1-o.arg), y: l.arg(o.at, 2)}
	ok := s.x.whole() && s.y.whole() && s.x.s != s.y.s && s.x.s != o.s && s.y.s != o.s && o.whole() &&
		s.x.s.Len() == s.y.s.Len() && l.uses[s.y.s][0].at == o.at && l.lastUse(s.x.s) == o.at
	return s, ok
}

func (l *listing) lastUse(s *store) int {
	uses := l.uses[s]
	return uses[len(uses)-1].at
}

// addInto makes op p accumulate into the terms of the sums and moves it to right after op after.
func (l *listing) addInto(p, after int, sums []partialSum) {
	in := l.code[p]
	in.d.Flags |= kernels.FlagAccumulate
	remove := []int{p}
	for _, s := range sums {
		in.args[s.arg] = loc{s: s.x.s}
		l.rename(s.y.s, loc{s: s.x.s})
		remove = append(remove, s.at)
	}
	// Insert first: the positions of remove are before or after the insertion, never at after+1.
	code := slices.Insert(slices.Clone(l.code), after+1, in)
	for i, at := range remove {
		if at > after {
			remove[i]++
		}
	}
	l.code = code
	l.remove(remove...)
}

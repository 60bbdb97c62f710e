package machine

import (
	"cmp"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// mayOverwrite returns the operand x and the result y of an op that may run in place. Both are
// complete temporaries of one size.
func (in *instr) mayOverwrite() (x, y access, ok bool) {
	if in.d.Has(kernels.FlagAccumulate) {
		return x, y, false
	}
	acc := in.accesses()
	switch in.d.Op {
	case kernels.OpUnary:
		x, y = acc[0], acc[1]
	case kernels.OpBinary:
		x, y = acc[0], acc[2]
		contiguous := in.d.Dim[2] == in.d.Dim[1] && in.d.Dim[3] == 1
		sameB := acc[1].s == acc[0].s && (in.d.Dim[4] != in.d.Dim[2] || in.d.Dim[5] != 1)
		if !contiguous || sameB {
			return x, y, false
		}
	default:
		return x, y, false
	}
	return x, y, x.whole() && y.whole() && x.s.Len() == y.s.Len()
}

// place gives every temporary an offset such that no two that are alive at the same time overlap.
// It is greedy by size: the largest comes first, and each goes into the tightest gap. It returns the
// memory used and the total size of all temporaries, in floats.
func place(temps []*lifetime, share bool) (used, total int64) {
	var blocks []*block
	owner := map[*lifetime]*block{}
	for _, t := range temps {
		total += align(t.s.Len())
		b := owner[t.shares]
		if b == nil || !share {
			b = &block{first: t.first, size: align(t.s.Len())}
			blocks = append(blocks, b)
		}
		b.last = max(b.last, t.last)
		b.temps = append(b.temps, t)
		owner[t] = b
	}
	if !share {
		for _, b := range blocks {
			b.first, b.last = 0, math.MaxInt
		}
	}
	used = placeBlocks(blocks)
	for _, b := range blocks {
		for _, t := range b.temps {
			t.at = b.at
		}
	}
	return used, total
}

// block is memory for one temporary or for several that succeed each other in place.
type block struct {
	temps       []*lifetime
	first, last int
	size, at    int64
}

func placeBlocks(blocks []*block) (used int64) {
	order := slices.Clone(blocks)
	slices.SortStableFunc(order, func(a, b *block) int { return cmp.Compare(b.size, a.size) })
	var placed []*block // by offset
	for _, b := range order {
		b.at = gap(placed, b)
		used = max(used, b.at+b.size)
		i, _ := slices.BinarySearchFunc(placed, b.at, func(p *block, at int64) int { return cmp.Compare(p.at, at) })
		placed = slices.Insert(placed, i, b)
	}
	return used
}

// gap returns the offset of the tightest gap for b among the placed blocks that are alive at the same
// time, or the end of these blocks.
func gap(placed []*block, b *block) int64 {
	best, width := int64(-1), int64(math.MaxInt64)
	end := int64(0)
	for _, p := range placed {
		if p.last < b.first || b.last < p.first {
			continue
		}
		if hole := p.at - end; hole >= b.size && hole < width {
			best, width = end, hole
		}
		end = max(end, p.at+p.size)
	}
	if best >= 0 {
		return best
	}
	return end
}

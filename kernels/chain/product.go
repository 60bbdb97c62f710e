package chain

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// Arguments of OpGemm.
const (
	left  = 0
	right = 1
	bias  = 2
	aux   = 3
	out   = 4
)

// product reports whether the op may be in a chain: a product of whole rows and a small matrix, one block of terms.
func (x *stretch) product(op int) bool {
	d := &x.p.Descs[op]
	size := func(n int64) bool { return n >= 1 && n <= Widest }
	return d.Op == kernels.OpGemm && d.Dim[kernels.GemmGroups] == 1 && !d.Has(kernels.FlagTransA) && x.step(op).Sum == 0 &&
		d.Dim[kernels.GemmM] >= 1 && size(d.Dim[kernels.GemmN]) && size(d.Dim[kernels.GemmK]) &&
		d.Dim[kernels.GemmLDA] >= d.Dim[kernels.GemmK] && d.Dim[kernels.GemmLDC] >= d.Dim[kernels.GemmN] // rows do not overlap
}

// follows reports whether the left factor of next is the result of op.
func (x *stretch) follows(op, next int) bool {
	if !x.product(next) {
		return false
	}
	a, b := &x.p.Descs[op], &x.p.Descs[next]
	return b.Dim[kernels.GemmM] == a.Dim[kernels.GemmM] && b.Dim[kernels.GemmK] == a.Dim[kernels.GemmN] &&
		x.rowsOf(op, out) == x.rowsOf(next, left)
}

// rows is the location of the rows of an argument.
type rows struct{ from, pitch, stride, segment int64 }

func (x *stretch) rowsOf(op, arg int) rows {
	d, s := &x.p.Descs[op], x.step(op)
	pitch := d.Dim[kernels.GemmLDC]
	if arg == left {
		pitch = d.Dim[kernels.GemmLDA]
	}
	return rows{d.Arg[arg], pitch, s.Iteration[arg], s.Segment[arg]}
}

// result is the access of a product to its result.
func (x *stretch) result(op int) touch { return x.touches[op][len(x.touches[op])-1] }

// rowsApart reports whether blocks of rows may run through the chain independently, given the ops rest after it: no
// product accesses what another one stores, except in the same rows.
func (x *stretch) rowsApart(link []int, rest [][]int) bool {
	stored := make([]bool, len(link))
	for i := range link {
		stored[i] = i == len(link)-1 || !x.unread(link, i, rest)
	}
	for i, writer := range link {
		for j, op := range link {
			if i != j && stored[i] && !x.apart(writer, op, j > 0, stored[j]) {
				return false
			}
		}
	}
	return true
}

// apart reports whether op accesses nothing that writer stores, except in the same rows. A left factor on chip and a
// result that is not stored do not count as accesses.
func (x *stretch) apart(writer, op int, onChip, stores bool) bool {
	result := x.result(writer)
	return !slices.ContainsFunc(x.touches[op], func(t touch) bool {
		if t.arg == left && onChip || t.arg == out && !stores && !t.reads || !x.overlap(t, result) {
			return false
		}
		return t.arg == right || t.arg == bias || x.rowsOf(op, t.arg) != x.rowsOf(writer, out)
	})
}

// unread reports whether only the next product reads the result of product i, which is not the last of the chain. The
// result must be in local memory, and no later op may read a part of it that has not been overwritten.
func (x *stretch) unread(link []int, i int, rest [][]int) bool {
	t := x.result(link[i])
	if x.loop == nil || t.From < kernels.LocalBase {
		return false
	}
	alive := []touch{t}
	for j, op := range slices.Concat(link[i+1:], slices.Concat(rest...)) {
		for _, u := range x.touches[op] {
			onChip := j == 0 && u.arg == left
			if u.reads && !onChip && slices.ContainsFunc(alive, func(l touch) bool { return x.overlap(l, u) }) {
				return false
			}
		}
		for _, u := range x.touches[op] {
			alive = u.overwrite(alive)
		}
	}
	return true
}

package chain

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// Limits of a chain. gmel_cuda.h repeats them.
const (
	Widest  = 128 // columns and terms of a product
	Longest = 4   // products
)

// Marks of an op in a chain or in a group. gmel_cuda.h repeats them.
const (
	OnChip = 1 << iota // the next op in the order is the next product of the chain
	Unread             // no other op reads the result, so it is not stored
	ByRows             // this op, the next one and their neighbours with this mark process Schedule.Rows rows independently
	Beside             // the next op is independent of this one and of its neighbours before it with this mark
)

// Schedule is an order of launches. Loops keep their positions, and ops stay in their loop.
type Schedule struct {
	Program *kernels.Program // the same ops; some results have other offsets in local memory, which is then larger
	Order   []int64          // [position] index of the op
	Marks   []uint8          // [position] marks of the op
	Rows    []int64          // [position] rows of an op next to a mark ByRows; nil before Group
}

// Plain is the order of the Program, without chains.
func Plain(p *kernels.Program) *Schedule {
	s := &Schedule{Program: p, Order: make([]int64, len(p.Descs)), Marks: make([]uint8, len(p.Descs))}
	for i := range s.Order {
		s.Order[i] = int64(i)
	}
	return s
}

// Of finds the chains of a valid Program.
func Of(program *kernels.Program) *Schedule {
	p := *program
	p.Descs = slices.Clone(p.Descs)
	s := &Schedule{Program: &p, Order: make([]int64, len(p.Descs)), Marks: make([]uint8, len(p.Descs))}
	local := p.Local // loops run one after the other and share it
	for at := 0; at < len(p.Descs); {
		d := &p.Descs[at]
		switch d.Op {
		case kernels.OpLoop:
			s.Order[at] = int64(at)
			end := at + 1 + int(d.Dim[kernels.LoopBody])
			p.Local = program.Local
			s.place(at+1, newStretch(&p, d, at+1, end))
			local = max(local, p.Local)
			at = end
		case kernels.OpStep:
			s.Order[at] = int64(at)
			at++
		default:
			end := stretchFrom(&p, at)
			s.place(at, newStretch(&p, nil, at, end))
			at = end
		}
	}
	p.Local = local
	return s
}

// place makes the chains of a stretch of ops and writes its order and marks, beginning at position at.
func (s *Schedule) place(at int, x *stretch) {
	x.link()
	for n, link := range x.links {
		for i, op := range link {
			s.Order[at] = int64(op)
			if i < len(link)-1 {
				s.Marks[at] = OnChip
				if x.unread(link, i, x.links[n+1:]) {
					s.Marks[at] |= Unread
				}
			}
			at++
		}
	}
}

// stretch is a list of consecutive ops: a part of the Program outside of loops, or the body of a loop.
type stretch struct {
	p       *kernels.Program
	loop    *kernels.Desc // nil outside of loops
	touches map[int][]touch
	links   [][]int // ops in the order of launches; each element is one op or a chain
}

func newStretch(p *kernels.Program, loop *kernels.Desc, from, to int) *stretch {
	x := &stretch{p: p, loop: loop, touches: map[int][]touch{}}
	for op := from; op < to; op++ {
		x.touches[op] = x.touchesOf(op)
		x.links = append(x.links, []int{op})
	}
	return x
}

// link joins products into chains, from the first op to the last. It also visits the ops that extend moves before a chain.
func (x *stretch) link() {
	for at := 0; at < len(x.links); at++ {
		if moved := x.extend(at); moved > at {
			at--
		}
	}
}

// extend makes the chain at index at as long as possible and returns its new index. It keeps trying when a chain is not
// valid: a longer chain may be, because it need not store the result that makes the shorter one invalid.
func (x *stretch) extend(at int) int {
	best, found := x.links, at
	for ok := x.product(x.links[at][0]); ok; {
		if at, ok = x.lengthen(at); ok && (x.rowsApart(x.links[at], x.links[at+1:]) || x.giveWay(x.links[at], x.links[at+1:])) {
			best, found = x.links, at
		}
	}
	x.links = best
	return found
}

// lengthen appends to the chain at index at the first op that can follow it, and returns the chain's new index.
func (x *stretch) lengthen(at int) (moved int, ok bool) {
	link := x.links[at]
	if len(link) == Longest {
		return at, false
	}
	for n, next := range x.links[at+1:] {
		if len(next) > 1 || !x.follows(link[len(link)-1], next[0]) {
			continue
		}
		before, behind := x.split(at, at+1+n)
		if !slices.ContainsFunc(behind, func(l []int) bool { return x.depends(next, l) }) {
			longer := slices.Concat(link, next)
			x.links = slices.Concat(x.links[:at], before, [][]int{longer}, behind, x.links[at+n+2:])
			return at + len(before), true
		}
	}
	return at, false
}

// split divides the ops between the chain at index at and the op at index next: some can move before the chain, the
// others depend on it and must stay after it (behind).
func (x *stretch) split(at, next int) (before, behind [][]int) {
	waits := [][]int{x.links[at]}
	for _, l := range x.links[at+1 : next] {
		if slices.ContainsFunc(waits, func(w []int) bool { return x.depends(l, w) }) {
			waits = append(waits, l)
		} else {
			before = append(before, l)
		}
	}
	return before, waits[1:]
}

// depends reports whether b must run after a, which comes first in the order.
func (x *stretch) depends(b, a []int) bool {
	for _, i := range a {
		for _, j := range b {
			for _, t := range x.touches[i] {
				if slices.ContainsFunc(x.touches[j], func(u touch) bool { return (t.writes || u.writes) && x.overlap(t, u) }) {
					return true
				}
			}
		}
	}
	return false
}

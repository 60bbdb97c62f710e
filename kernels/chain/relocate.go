package chain

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// giveWay moves the result of a chain's last product to a place of its own where rows are not apart because of it, and
// reports whether they are then. The plan of a Program gives the memory of what the first product reads to what the last
// one writes, which is right for launches of their own only.
func (x *stretch) giveWay(link []int, rest [][]int) bool {
	last := link[len(link)-1]
	readers, ok := x.readers(x.result(last), rest)
	if !ok {
		return false
	}
	from, size := x.p.Descs[last].Arg[out], x.p.Local
	to := kernels.LocalBase + (size+line-1)/line*line
	x.p.Local = to - kernels.LocalBase + x.result(last).Length
	readers = append(readers, reader{last, out})
	x.shift(readers, to-from)
	if x.rowsApart(link, rest) {
		return true
	}
	x.shift(readers, from-to)
	x.p.Local = size
	return false
}

// line is the distance of places in local memory, in floats.
const line = 16

// reader is an argument of an op.
type reader struct{ op, arg int }

func (x *stretch) shift(readers []reader, by int64) {
	for _, r := range readers {
		x.p.Descs[r.op].Arg[r.arg] += by
	}
	for _, r := range readers {
		x.touches[r.op] = x.touchesOf(r.op)
	}
}

// readers lists those who read the result t in local memory, none of them together with anything else. ok is
// false where others than they would have to move.
func (x *stretch) readers(t touch, rest [][]int) (list []reader, ok bool) {
	if x.loop == nil || t.From < kernels.LocalBase || !t.whole || t.Iteration != 0 || t.Segment != 0 {
		return nil, false
	}
	alive := []touch{t}
	for _, op := range slices.Concat(rest...) {
		for _, u := range x.touches[op] {
			switch {
			case !slices.ContainsFunc(alive, func(l touch) bool { return x.overlap(l, u) }):
			case u.writes && !u.whole:
				return nil, false
			case u.writes:
			case len(alive) == 1 && alive[0] == t && u.Iteration == 0 && u.Segment == 0 && t.From <= u.From && u.End() <= t.End():
				list = append(list, reader{op, u.arg})
			default:
				return nil, false
			}
		}
		for _, u := range x.touches[op] {
			alive = u.overwrite(alive)
		}
	}
	return list, true
}

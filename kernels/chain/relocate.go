package chain

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// giveWay moves the result of a chain's last product to memory of its own and reports whether rows are then apart. The
// Program's memory plan may put this result over the operand of the first product. That is correct only if each product
// has its own launch.
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

// line is the alignment of relocated results in local memory, in floats.
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

// readers lists the arguments that read the result t in local memory. ok is false if one of them also reads other data,
// or if another access would have to move too.
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

package share

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// output is what the body of a loop writes in the arena: piece i has length floats at from + i pitch. A piece is that of
// a segment, which is a partial sum, or of an iteration.
type output struct {
	from, length, pitch, pieces int64
	ends                        []int64 // pieces up to those of each rank
}

// size is the number of floats from the first piece to the end of the last one.
func (o *output) size() int64 { return (o.pieces-1)*o.pitch + o.length }

// own are the pieces [from, to) of a rank.
func (o *output) own(rank int) (from, to int64) {
	if rank > 0 {
		from = o.ends[rank-1]
	}
	return from, o.ends[rank]
}

// outputs lists what the loop at op i writes. ok is false if the loop is not divided: it adds nothing up, or it has one
// segment, or its iterations need each other.
func (c *cut) outputs(i int) (list []output, ok bool) {
	header := &c.p.Descs[i]
	if header.Dim[kernels.LoopSegments] < 2 || c.inOrder[i] != 0 {
		return nil, false
	}
	sums := false
	for op := i + 1; op <= i+int(header.Dim[kernels.LoopBody]); op++ {
		d, s := &c.p.Descs[op], &c.p.Steps[op]
		spec, _ := kernels.SpecOf(d.Op)
		for a, arg := range spec.Args {
			if arg.Mode == kernels.In || d.Arg[a] == kernels.Absent || d.Arg[a] >= kernels.LocalBase {
				continue
			}
			o, known := c.output(header, s.Extent(d, a), s.Sum != 0)
			if !known {
				return nil, false
			}
			sums = sums || s.Sum != 0
			if !slices.ContainsFunc(list, func(x output) bool { return x.from == o.from && x.length == o.length && x.pitch == o.pitch }) {
				list = append(list, o)
			}
		}
	}
	return list, sums
}

// output is an extent in pieces of segments, or of iterations. ok is false if it moves in another way.
func (c *cut) output(header *kernels.Desc, e kernels.Extent, sum bool) (o output, ok bool) {
	o = output{from: e.From, length: e.Length}
	switch {
	case sum && e.Iteration == 0:
		o.pitch, o.pieces = e.Segment, header.Dim[kernels.LoopSegments]
	case !sum && e.Segment == 0:
		o.pitch, o.pieces = e.Iteration, header.Dim[kernels.LoopIterations]
	}
	for r := range c.ranks {
		_, end := c.segments(header, r)
		if !sum {
			end = begin(header, end)
		}
		o.ends = append(o.ends, end)
	}
	return o, o.length > 0 && o.length <= o.pitch
}

// segments are the segments [from, to) of a rank.
func (c *cut) segments(header *kernels.Desc, rank int) (from, to int64) {
	s, r, n := header.Dim[kernels.LoopSegments], int64(rank), int64(c.ranks)
	return s * r / n, s * (r + 1) / n
}

// begin is the first iteration of a segment, or the number of iterations for the one after the last.
func begin(header *kernels.Desc, segment int64) int64 {
	first, _ := header.SegmentRange(segment)
	return first
}

// divide adds the rank's segments of the loop at op i, and the exchange of what they write.
func (c *cut) divide(i int, made []output) {
	header := &c.p.Descs[i]
	from, to := c.segments(header, c.rank)
	for from < to {
		end := to
		for !uniform(header, from, end) {
			end--
		}
		c.part(i, from, end)
		from = end
	}
	c.exchange(i+1+int(header.Dim[kernels.LoopBody]), made)
}

// uniform reports whether a loop of its own has the segments [from, to) with the same iterations in each.
func uniform(header *kernels.Desc, from, to int64) bool {
	first := begin(header, from)
	part := *header
	part.Dim[kernels.LoopIterations], part.Dim[kernels.LoopSegments] = begin(header, to)-first, to-from
	for s := from; s < to; s++ {
		if begin(header, s)-first != begin(&part, s-from) {
			return false
		}
	}
	return true
}

// part adds the segments [from, to) of the loop at op i as a loop.
func (c *cut) part(i int, from, to int64) {
	header := c.p.Descs[i]
	first := begin(&header, from)
	header.Dim[kernels.LoopIterations], header.Dim[kernels.LoopSegments] = begin(&header, to)-first, to-from
	c.add(header, kernels.Step{})
	for op := i + 1; op <= i+int(header.Dim[kernels.LoopBody]); op++ {
		s := c.p.Steps[op]
		c.add(s.At(&c.p.Descs[op], first, from, true), s)
	}
}

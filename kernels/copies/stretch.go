package copies

import "github.com/gmel-go/gmel/kernels"

// stretch is the consecutive ops [from, to): a part of the Program outside of loops, or the body of a loop.
type stretch struct {
	p        *kernels.Program
	loop     int // the op before the body; -1 outside of loops
	from, to int
}

// stretchesOf cuts a Program. Environments, which have no products, are part of a stretch.
func stretchesOf(p *kernels.Program) (list []stretch) {
	for at := 0; at < len(p.Descs); {
		s := stretch{p, -1, at, at}
		if p.Descs[at].Op == kernels.OpLoop {
			s = stretch{p, at, at + 1, at + 1 + int(p.Descs[at].Dim[kernels.LoopBody])}
		} else {
			for s.to < len(p.Descs) && p.Descs[s.to].Op != kernels.OpLoop {
				s.to++
			}
		}
		list = append(list, s)
		at = s.to
	}
	return list
}

func (s stretch) step(op int) kernels.Step {
	if s.loop < 0 {
		return kernels.Step{}
	}
	return s.p.Steps[op]
}

func (s stretch) iterations() int64 {
	if s.loop < 0 {
		return 1
	}
	return s.p.Descs[s.loop].Dim[kernels.LoopIterations]
}

// before is the first place outside of loops that is reached after all that an op of the stretch reads is there.
func (s stretch) before(op int) int {
	if s.loop < 0 {
		return op
	}
	return s.loop
}

// own reports that every iteration has its own m.
func (s stretch) own(m matrix) bool {
	return m.segment == 0 && (s.loop < 0 || m.from >= kernels.LocalBase || m.iteration != 0)
}

// moves is the floats from the copy of an iteration to that of the next one.
func (s stretch) moves(m matrix) int64 {
	if s.loop < 0 {
		return 0
	}
	return m.copied()
}

// reader is a factor of a product.
type reader struct{ op, arg int }

// readers lists the factors that are the result m of an op, in order, and the number of blocks of threads that read them.
func (s stretch) readers(op int, m matrix) (list []reader, blocks int64) {
	for i := op + 1; i < s.to; i++ {
		for arg := left; arg <= right; arg++ {
			if f, n, ok := s.matrixOf(i, arg); ok && f == m {
				list, blocks = append(list, reader{i, arg}), blocks+n
			}
		}
		if s.writes(i, m) {
			break
		}
	}
	return list, blocks
}

// writes reports whether an op of the stretch may write to m.
func (s stretch) writes(op int, m matrix) bool {
	for _, w := range s.written(op) {
		endW, endM := w.End(), m.from+m.length()
		if s.loop >= 0 && (w.Iteration != m.iteration || w.Segment != m.segment) { // over all iterations
			loop := &s.p.Descs[s.loop]
			endW += w.Way(loop)
			endM += kernels.Extent{Iteration: m.iteration, Segment: m.segment}.Way(loop)
		}
		if w.Length > 0 && w.From < endM && m.from < endW {
			return true
		}
	}
	return false
}

// written lists what an op writes.
func (s stretch) written(op int) (list []kernels.Extent) {
	d, step := &s.p.Descs[op], s.step(op)
	spec, _ := kernels.SpecOf(d.Op)
	for a, arg := range spec.Args {
		if arg.Mode != kernels.In && d.Arg[a] != kernels.Absent {
			list = append(list, step.Extent(d, a))
		}
	}
	return list
}

// unwritten returns the first op outside of loops from which on nothing writes to m, which does not move, until op of the stretch reads it. ok
// is false if the loop of the op writes to m.
func (s stretch) unwritten(op int, m matrix) (first int, ok bool) {
	for _, x := range stretchesOf(s.p) {
		for i := x.from; i < x.to; i++ {
			switch {
			case !x.writes(i, m) || x.loop < 0 && i >= op:
			case x.loop >= 0 && x.loop == s.loop:
				return 0, false
			case x.from > op: // later
			case x.loop >= 0:
				first = x.to
			default:
				first = i + 1
			}
		}
	}
	return first, true
}

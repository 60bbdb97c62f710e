package chain

import "github.com/gmel-go/gmel/kernels"

// touch is the access of one argument of an op.
type touch struct {
	kernels.Extent
	arg           int
	reads, writes bool
	whole         bool // it overwrites the whole extent, without gaps and without reading it
}

// touchesOf lists the accesses of op, in the order of its arguments.
func (x *stretch) touchesOf(op int) (list []touch) {
	d, s := &x.p.Descs[op], x.step(op)
	spec, _ := kernels.SpecOf(d.Op)
	for a, arg := range spec.Args {
		if d.Arg[a] == kernels.Absent {
			continue
		}
		adds := arg.Mode == kernels.Out && (d.Has(kernels.FlagAccumulate) || s.Sum != 0)
		t := touch{Extent: s.Extent(d, a), arg: a}
		t.reads = arg.Mode == kernels.In || arg.Mode == kernels.InOut || adds
		t.writes = arg.Mode != kernels.In
		t.whole = t.writes && !t.reads && (spec.Gaps == nil || !spec.Gaps(d))
		list = append(list, t)
	}
	return list
}

// step returns how the arguments of op move in its loop. Outside of loops they do not move.
func (x *stretch) step(op int) kernels.Step {
	if x.loop == nil {
		return kernels.Step{}
	}
	return x.p.Steps[op]
}

// overlap reports whether two accesses may overlap in an iteration.
func (x *stretch) overlap(a, b touch) bool {
	if a.Length == 0 || b.Length == 0 {
		return false
	}
	endA, endB := a.End(), b.End()
	if a.Iteration != b.Iteration || a.Segment != b.Segment { // compare the extents over all iterations
		endA, endB = endA+a.Way(x.loop), endB+b.Way(x.loop)
	}
	return a.From < endB && b.From < endA
}

// overwrite removes the range that t overwrites from left, the remaining parts of a result.
func (t touch) overwrite(left []touch) (still []touch) {
	for _, l := range left {
		if !t.whole || t.Iteration != l.Iteration || t.Segment != l.Segment || t.Length == 0 {
			still = append(still, l)
			continue
		}
		for _, part := range [][2]int64{{l.From, min(l.End(), t.From)}, {max(l.From, t.End()), l.End()}} {
			if part[0] < part[1] {
				p := l
				p.From, p.Length = part[0], part[1]-part[0]
				still = append(still, p)
			}
		}
	}
	return still
}

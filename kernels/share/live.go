package share

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// span is the floats [from, to) of the arena.
type span struct{ from, to int64 }

func (s span) overlaps(o span) bool { return s.from < o.to && o.from < s.to }

// read reports whether an output may be read by op or later.
func (c *cut) read(op int, o *output) bool {
	_, ok := c.reader(op, span{o.from, o.from + o.size()})
	return ok
}

// reader returns the first op, from op on, that may read what is in a span now. Persistent floats
// are also read after the last op.
func (c *cut) reader(op int, s span) (at int, ok bool) {
	left := []span{s}
	for ; op < len(c.p.Descs) && len(left) > 0; op++ {
		all := c.accesses(op)
		for _, a := range all {
			if a.reads && a.in(left) {
				return op, true
			}
		}
		for _, a := range all {
			if a.whole {
				left = without(left, a.span)
			}
		}
	}
	return len(c.p.Descs), access{span: span{0, c.persistent}}.in(left)
}

// written reports whether op writes in a span.
func (c *cut) written(op int, s span) bool {
	return slices.ContainsFunc(c.accesses(op), func(a access) bool { return a.writes && a.overlaps(s) })
}

// access is what an op touches by one argument, in all iterations of its loop.
type access struct {
	span
	reads, writes bool
	whole         bool // it overwrites all of the span
}

func (a access) in(list []span) bool {
	return slices.ContainsFunc(list, a.overlaps)
}

// accesses lists what an op touches in the arena.
func (c *cut) accesses(op int) (list []access) {
	d := &c.p.Descs[op]
	spec, _ := kernels.SpecOf(d.Op)
	loop, step := c.p.LoopOf(op), kernels.Step{}
	header := &kernels.Desc{Dim: [kernels.MaxDims]int64{kernels.LoopIterations: 1, kernels.LoopSegments: 1}}
	if loop >= 0 {
		header, step = &c.p.Descs[loop], c.p.Steps[op]
	}
	for i, arg := range spec.Args {
		if d.Arg[i] == kernels.Absent || d.Arg[i] >= kernels.LocalBase {
			continue
		}
		e := step.Extent(d, i)
		a := access{span: span{e.From, e.End() + e.Way(header)}, writes: arg.Mode != kernels.In}
		a.reads = arg.Mode == kernels.In || arg.Mode == kernels.InOut || arg.Mode == kernels.Out && d.Has(kernels.FlagAccumulate)
		dense := (e.Iteration <= e.Length && e.Segment == 0 || e.Segment <= e.Length && e.Iteration == 0) && (spec.Gaps == nil || !spec.Gaps(d))
		a.whole = a.writes && !a.reads && dense && (loop < 0 || c.inOrder[loop] == 0)
		list = append(list, a)
	}
	return list
}

// without is what is left of a list of spans.
func without(list []span, gone span) (left []span) {
	for _, s := range list {
		for _, part := range []span{{s.from, min(s.to, gone.from)}, {max(s.from, gone.to), s.to}} {
			if part.from < part.to {
				left = append(left, part)
			}
		}
	}
	return left
}

package kernels

import "slices"

// Result is a range of memory that an op writes.
type Result struct {
	Name      string // of the tensor if a symbol has this offset, else of the argument
	At        int64  // as in Desc.Arg: local memory begins at LocalBase
	Len       int64  // floats, with gaps between rows
	Iteration int64  // of the loop of the op: every iteration has its own local memory
}

// Results lists the ranges that op i writes in one run, in the order of arguments and iterations, without those that are unread.
// It is for backends that look for numbers that are not finite.
func (p *Program) Results(i int) (list []Result) {
	d, names := &p.Descs[i], p.names()
	spec, ok := SpecOf(d.Op)
	if !ok {
		return nil
	}
	for a, arg := range spec.Args {
		if arg.Mode == In || d.Arg[a] == Absent || slices.Contains(p.Unread, Unread{i, a}) {
			continue
		}
		name, ok := names[d.Arg[a]]
		if !ok {
			name = arg.Name
		}
		list = append(list, p.places(i, a, Result{Name: name, Len: arg.Len(d)})...)
	}
	return list
}

// Places are the offsets of argument a of op i in all iterations; an offset in the arena is listed once.
func (p *Program) Places(i, a int) (list []int64) {
	for _, r := range p.places(i, a, Result{}) {
		list = append(list, r.At)
	}
	return list
}

// places are the ranges of argument a of op i in all iterations; a range of the arena is listed once.
func (p *Program) places(i, a int, r Result) (list []Result) {
	seen := map[int64]bool{}
	at := func(iteration, offset int64) {
		r.At, r.Iteration = p.Descs[i].Arg[a]+offset, iteration
		if r.At >= LocalBase || !seen[r.At] {
			seen[r.At] = true
			list = append(list, r)
		}
	}
	header := p.loopOf(i)
	if header == nil {
		at(0, 0)
		return list
	}
	for s := range header.Dim[LoopSegments] {
		from, to := header.SegmentRange(s)
		for it := from; it < to; it++ {
			at(it, it*p.Steps[i].Iteration[a]+s*p.Steps[i].Segment[a])
		}
	}
	return list
}

// LoopOf is the index of the loop that contains op i, or -1.
func (p *Program) LoopOf(i int) int {
	for h := i - 1; h >= 0; h-- {
		if d := &p.Descs[h]; d.Op == OpLoop {
			if int64(h)+d.Dim[LoopBody] >= int64(i) {
				return h
			}
			return -1
		}
	}
	return -1
}

// loopOf is the loop that contains op i, or nil.
func (p *Program) loopOf(i int) *Desc {
	if h := p.LoopOf(i); h >= 0 {
		return &p.Descs[h]
	}
	return nil
}

package kernels

// InOrder marks, for every op that is a loop, whether its iterations must follow each other: 1 where
// an iteration touches what another one writes, other than by adding up (Step.Sum). Elsewhere a device may
// run each op of the body over all iterations at once.
func (p *Program) InOrder() []uint8 {
	marks := make([]uint8, len(p.Descs))
	for i := range p.Descs {
		if p.Descs[i].Op == OpLoop && p.iterationsDepend(i) {
			marks[i] = 1
		}
	}
	return marks
}

// extent is what an argument touches in a loop: in iteration i of segment s the floats
// [from + i stride + s segment, and length more).
type extent struct {
	op                            int
	from, length, stride, segment int64
	written, sum                  bool
}

func (p *Program) iterationsDepend(loop int) bool {
	d := &p.Descs[loop]
	extents := p.extents(loop)
	for _, w := range extents {
		if !w.written {
			continue
		}
		for _, x := range extents {
			if !apart(w, x, d) {
				return true
			}
		}
	}
	return false
}

// extents lists what the body of a loop touches in the arena. Local memory is each iteration's own.
func (p *Program) extents(loop int) (all []extent) {
	for i := loop + 1; i <= loop+int(p.Descs[loop].Dim[LoopBody]); i++ {
		d, s := &p.Descs[i], &p.Steps[i]
		spec, _ := SpecOf(d.Op)
		for a, arg := range spec.Args {
			if d.Arg[a] == Absent || d.Arg[a] >= LocalBase {
				continue
			}
			written := arg.Mode != In
			all = append(all, extent{i, d.Arg[a], arg.Len(d), s.Iteration[a], s.Segment[a], written, written && s.Sum != 0})
		}
	}
	return all
}

// apart reports that what w writes in an iteration x touches in no other one: they never meet;
// or both move alike and stay in a window that is left behind by the next iteration; or they
// are the same sum.
func apart(w, x extent, loop *Desc) bool {
	n, segments := loop.Dim[LoopIterations], loop.Dim[LoopSegments]
	end := func(e extent) int64 { return e.from + e.length + (n-1)*e.stride + (segments-1)*e.segment }
	if end(w) <= x.from || end(x) <= w.from {
		return true
	}
	if w.sum || x.sum {
		return w == x && w.stride == 0 && (segments == 1 || w.segment >= w.length)
	}
	from, to := min(w.from, x.from), max(w.from+w.length, x.from+x.length)
	return w.stride == x.stride && w.segment == 0 && x.segment == 0 && (n == 1 || to-from <= w.stride)
}

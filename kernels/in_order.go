package kernels

// InOrder marks every op that is a loop: 1 if its iterations must run in order, because an iteration
// touches floats that another one writes, other than by a sum (Step.Sum). Otherwise a device may run
// each op of the body over all iterations at once.
func (p *Program) InOrder() []uint8 {
	marks := make([]uint8, len(p.Descs))
	for i := range p.Descs {
		if p.Descs[i].Op == OpLoop && p.iterationsDepend(i) {
			marks[i] = 1
		}
	}
	return marks
}

// inLoop is the extent of an argument of an op in a loop.
type inLoop struct {
	Extent
	op           int
	written, sum bool
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

// extents lists the parts of the arena that the body of a loop touches. Every iteration has its own local memory.
func (p *Program) extents(loop int) (all []inLoop) {
	for i := loop + 1; i <= loop+int(p.Descs[loop].Dim[LoopBody]); i++ {
		d, s := &p.Descs[i], &p.Steps[i]
		spec, _ := SpecOf(d.Op)
		for a, arg := range spec.Args {
			if d.Arg[a] == Absent || d.Arg[a] >= LocalBase {
				continue
			}
			written := arg.Mode != In
			all = append(all, inLoop{s.Extent(d, a), i, written, written && s.Sum != 0})
		}
	}
	return all
}

// apart reports that x touches the floats that w writes in an iteration in no other iteration. Either
// they never overlap, or both move by the same stride and stay within it, or they are the same sum.
func apart(w, x inLoop, loop *Desc) bool {
	n, segments := loop.Dim[LoopIterations], loop.Dim[LoopSegments]
	if w.End()+w.Way(loop) <= x.From || x.End()+x.Way(loop) <= w.From {
		return true
	}
	if w.sum || x.sum {
		return w == x && w.Iteration == 0 && (segments == 1 || w.Segment >= w.Length)
	}
	from, to := min(w.From, x.From), max(w.End(), x.End())
	return w.Iteration == x.Iteration && w.Segment == 0 && x.Segment == 0 && (n == 1 || to-from <= w.Iteration)
}

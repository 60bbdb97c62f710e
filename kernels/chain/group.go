package chain

import "github.com/gmel-go/gmel/kernels"

// widestRow is the most floats that an op of a group may have in a row: one block of threads processes a row.
const widestRow = 2048

// Group marks neighbours in the order that may share a launch, other than as a chain: ops that process the same rows
// independently (ByRows), and ops that touch nothing that the others write (Beside). A device may also use a part of the
// neighbours that are marked.
func (s *Schedule) Group() {
	s.Rows = make([]int64, len(s.Order))
	for at := 0; at < len(s.Order); {
		d := &s.Program.Descs[s.Order[at]]
		switch d.Op {
		case kernels.OpLoop:
			end := at + 1 + int(d.Dim[kernels.LoopBody])
			s.group(newStretch(s.Program, d, at+1, end), at+1, end)
			at = end
		case kernels.OpStep:
			at++
		default:
			end := stretchFrom(s.Program, at)
			s.group(newStretch(s.Program, nil, at, end), at, end)
			at = end
		}
	}
}

// stretchFrom is the end of the ops outside of loops that begin at op at.
func stretchFrom(p *kernels.Program, at int) int {
	for at < len(p.Descs) && p.Descs[at].Op != kernels.OpLoop && p.Descs[at].Op != kernels.OpStep {
		at++
	}
	return at
}

// group marks the places [from, to) of a stretch.
func (s *Schedule) group(x *stretch, from, to int) {
	var rows rowRun
	var beside [][]int
	for at := from; at < to; at++ {
		op := int(s.Order[at])
		if at == from || s.Marks[at-1]&OnChip != 0 || s.Marks[at]&OnChip != 0 {
			rows, beside = x.newRun(op), [][]int{{op}}
			continue
		}
		if longer, ok := x.extendRun(rows, op); ok {
			s.Marks[at-1] |= ByRows
			rows = longer
			for i := range rows.ops {
				s.Rows[at-i] = rows.rows
			}
		} else {
			rows = x.newRun(op)
		}
		if x.free(op, beside) {
			s.Marks[at-1] |= Beside
			beside = append(beside, []int{op})
		} else {
			beside = [][]int{{op}}
		}
	}
}

// free reports whether op touches nothing that others write, and they nothing that it writes.
func (x *stretch) free(op int, others [][]int) bool {
	for _, o := range others {
		if x.depends([]int{op}, o) {
			return false
		}
	}
	return true
}

// rowRun is consecutive ops that process rows independently.
type rowRun struct {
	ops  []int
	rows int64
}

func (x *stretch) newRun(op int) rowRun {
	r, _ := x.cut(op)
	return rowRun{[]int{op}, r}
}

// cut is into how many rows an op can be divided at most; ok is false if it cannot be divided.
func (x *stretch) cut(op int) (rows int64, ok bool) {
	d := &x.p.Descs[op]
	spec, _ := kernels.SpecOf(d.Op)
	r, ok := spec.Rows(d)
	if !ok || r.Sum != kernels.NoSum || x.step(op).Sum != 0 {
		return 0, false
	}
	return d.Dim[r.Dim], d.Dim[r.Dim] > 0
}

// extendRun appends op to a run, if the rows of all its ops are still independent.
func (x *stretch) extendRun(run rowRun, op int) (longer rowRun, ok bool) {
	n, ok := x.cut(op)
	if !ok || run.rows == 0 {
		return run, false
	}
	rows := gcd(run.rows, n)
	longer = rowRun{append(run.ops[:len(run.ops):len(run.ops)], op), rows}
	if rows < 2 {
		return run, false
	}
	for i, a := range longer.ops {
		if x.widest(a) > rows*widestRow {
			return run, false
		}
		for _, b := range longer.ops[i+1:] {
			if (b == op || rows != run.rows) && !x.sameRows(a, b, rows) {
				return run, false
			}
		}
	}
	return longer, true
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// widest is the length of the longest argument that moves from row to row.
func (x *stretch) widest(op int) (n int64) {
	d := &x.p.Descs[op]
	spec, _ := kernels.SpecOf(d.Op)
	r, _ := spec.Rows(d)
	for _, t := range x.touches[op] {
		if r.Pitch[t.arg] > 0 {
			n = max(n, t.Length)
		}
	}
	return n
}

// sameRows reports whether a and b, cut into rows, touch in row i nothing that the other one writes in another row.
func (x *stretch) sameRows(a, b int, rows int64) bool {
	for _, t := range x.touches[a] {
		for _, u := range x.touches[b] {
			if (t.writes || u.writes) && x.overlap(t, u) && !x.inStep(a, t, b, u, rows) {
				return false
			}
		}
	}
	return true
}

// inStep reports whether two accesses move alike from row to row and stay within the distance by which they move.
func (x *stretch) inStep(a int, t touch, b int, u touch, rows int64) bool {
	first, pitch := x.firstRow(a, t, rows)
	second, other := x.firstRow(b, u, rows)
	from, to := min(first.From, second.From), max(first.End(), second.End())
	return pitch == other && t.Iteration == u.Iteration && t.Segment == u.Segment && to-from <= pitch
}

// firstRow is what an access touches in the first row, and the floats from row to row.
func (x *stretch) firstRow(op int, t touch, rows int64) (first kernels.Extent, pitch int64) {
	d := &x.p.Descs[op]
	r, _ := d.Rows(rows)
	spec, _ := kernels.SpecOf(d.Op)
	part := r.Part(*d, 1, rows)
	first = t.Extent
	first.Length = spec.Args[t.arg].Len(&part)
	return first, r.Pitch[t.arg]
}

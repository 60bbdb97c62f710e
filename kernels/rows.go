package kernels

// NoSum is Rows.Sum of an op whose items have separate results.
const NoSum = -1

// Rows says how an op processes the items of a batch: by how much each argument moves from item to item. A loop
// uses it to run the op on a part of the items at a time.
type Rows struct {
	Dim   int            // index into Desc.Dim of the dimension that is proportional to the number of items
	Pitch [MaxArgs]int64 // floats of each argument from item to item; 0: all items share the argument
	Sum   int            // the argument that adds up over the items, or NoSum
	Mean  bool           // Scalar[0] is for the mean over the whole batch; a part of the batch gets its share
}

// Rows says how d processes a batch of items; ok is false if its items depend on each other, or if it has none. An
// absent argument has to be Absent; the offsets of the others do not matter.
func (d *Desc) Rows(items int64) (r Rows, ok bool) {
	spec, known := SpecOf(d.Op)
	if !known {
		return Rows{}, false
	}
	r, ok = spec.Rows(d)
	n := d.Dim[r.Dim]
	if !ok || n == 0 || n%items != 0 {
		return Rows{}, false
	}
	for i := range r.Pitch {
		r.Pitch[i] *= n / items
	}
	return r, true
}

// Part is the op d on the first items of a batch; no argument moves.
func (r *Rows) Part(d Desc, items, batch int64) Desc {
	d.Dim[r.Dim] = d.Dim[r.Dim] / batch * items
	if r.Mean {
		d.Scalar[0] *= float32(items) / float32(batch)
	}
	return d
}

// Terms says how an op adds up over the items of a batch. A part of the batch (Rows.Part) is an op of its own, whose sums
// overwrite its outputs.
type Terms struct {
	Rows
	Sums []int // the arguments that add up over the items; they do not move
}

// Terms says how d adds up over a batch of items; ok is false if it adds nothing up. An absent argument has to be Absent; the
// offsets of the others do not matter.
func (d *Desc) Terms(items int64) (t Terms, ok bool) {
	spec, known := SpecOf(d.Op)
	if !known {
		return Terms{}, false
	}
	if spec.Terms != nil {
		t = spec.Terms(d)
	} else if t.Rows, ok = spec.Rows(d); ok && t.Sum != NoSum {
		t.Sums = []int{t.Sum}
	}
	n := d.Dim[t.Dim]
	if len(t.Sums) == 0 || n == 0 || n%items != 0 {
		return Terms{}, false
	}
	for i := range t.Pitch {
		t.Pitch[i] *= n / items
	}
	return t, true
}

// termsOf is for ops that loops over tiles leave whole, with Dim[0] items. pitch gives, for each argument in order, the floats
// from item to item; nil if all items share the argument.
func termsOf(sums []int, pitch ...func(*Desc) int64) func(*Desc) Terms {
	return func(d *Desc) Terms {
		t := Terms{Rows: Rows{Sum: NoSum}, Sums: sums}
		for i, f := range pitch {
			if f != nil {
				t.Pitch[i] = f(d)
			}
		}
		return t
	}
}

// uncut is for ops without independent items, and for ops that loops run on the whole batch.
func uncut(*Desc) (Rows, bool) { return Rows{}, false }

// separate is for rows with separate results.
var separate = Rows{Sum: NoSum}

// byRow is for ops with Dim[0] rows that are independent, except for a sum over them. pitch gives, for each argument in
// order, the floats from row to row; nil if all rows share the argument. A sum whose argument is Absent is NoSum.
func byRow(like Rows, pitch ...func(*Desc) int64) func(*Desc) (Rows, bool) {
	return func(d *Desc) (Rows, bool) {
		r := like
		for i, f := range pitch {
			if f != nil {
				r.Pitch[i] = f(d)
			}
		}
		if r.Sum != NoSum && d.Arg[r.Sum] == Absent {
			r.Sum = NoSum
		}
		return r, true
	}
}

package machine

import "github.com/gmel-go/gmel/kernels"

// rowsOf says how the op works on a batch of items; ok is false where these depend on each other, or are none.
func rowsOf(in *instr, items int64) (rows kernels.Rows, ok bool) {
	d := in.unplaced()
	return d.Rows(items)
}

// unplaced is the descriptor of an op whose arguments have no place yet; absent ones are Absent.
func (in *instr) unplaced() kernels.Desc {
	d := in.d
	for i := range d.Arg {
		d.Arg[i] = 0
		if in.args[i].s == nil {
			d.Arg[i] = kernels.Absent
		}
	}
	return d
}

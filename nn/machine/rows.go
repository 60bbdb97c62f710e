package machine

import "github.com/gmel-go/gmel/kernels"

// rowsOf says how the op works on a batch of items; ok is false where these depend on each other, or are none.
func rowsOf(in *instr, items int64) (rows kernels.Rows, ok bool) {
	d := in.d
	for i := range d.Arg {
		d.Arg[i] = 0 // it has no place yet
		if in.args[i].s == nil {
			d.Arg[i] = kernels.Absent
		}
	}
	return d.Rows(items)
}

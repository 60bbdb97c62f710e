package ref

import "github.com/gmel-go/gmel/kernels"

// gae walks every chain from its last slot to its first.
func (o *op[T]) gae() {
	reward, value, next, ended, a := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.arg(4)
	slots, m := o.dim(0), o.dim(1)
	gamma, c := o.scalar(0), T(o.scalar(0)*o.scalar(1))
	for i := range m {
		var later T
		for t := slots - 1; t >= 0; t-- {
			at := t*m + i
			var follows, rest T
			if ended[at] != kernels.Terminated {
				follows = T(gamma * next[at])
			}
			if ended[at] == kernels.GoesOn {
				rest = T(c * later)
			}
			later = ((reward[at] + follows) - value[at]) + rest
			a[at] = later
		}
	}
}

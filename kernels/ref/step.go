package ref

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// step plays a slot of an environment. Its numbers are float32 for every T. It spoils what is unread, so that a read shows.
func (r *run[T]) step(i int, o *op[T]) error {
	var x [kernels.MaxArgs][]float32
	for a := range x {
		x[a] = make([]float32, len(o.arg(a)))
		convert(x[a], o.arg(a))
	}
	err := r.p.Environments[o.Dim[kernels.StepEnvironment]].Play(kernels.SlotOf(func(a int) []float32 { return x[a] }))
	if err != nil {
		return fmt.Errorf("ref: program %q, op %d: %w", r.p.Name, i, err)
	}
	for a := 1; a < len(x); a++ {
		convert(o.arg(a), x[a])
	}
	for _, u := range r.p.Unread {
		if u.Op == i {
			spoil(o.arg(u.Arg))
		}
	}
	return nil
}

func convert[A, B Float](to []A, from []B) {
	for i, v := range from {
		to[i] = A(v)
	}
}

package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// Do implements gorgonia.Op. It runs the op by itself on the reference interpreter, so that
// gorgonia's TapeMachine can check our graphs, slowly. It does not change the inputs and returns
// new memory.
func (k *kernel) Do(in ...G.Value) (G.Value, error) {
	if k.dt == G.Float64 {
		return do[float64](k, in)
	}
	return do[float32](k, in)
}

func do[T float32 | float64](k *kernel, in []G.Value) (G.Value, error) {
	if len(in) != len(k.in) {
		return nil, fmt.Errorf("op: %s got %d inputs", k, len(in))
	}
	e := &interpreter[T]{}
	vals := make([]Val, len(in))
	for i, v := range in {
		x, err := Elements[T](v)
		if err != nil {
			return nil, fmt.Errorf("op: %s, input %d: %w", k, i, err)
		}
		if int64(len(x)) != size(k.in[i]) {
			return nil, fmt.Errorf("op: %s, input %d has %d elements", k, i, len(x))
		}
		vals[i] = Val(len(e.mem))
		e.mem = append(e.mem, x...)
	}
	from := len(e.mem)
	if _, offset, ok := k.Alias(); ok {
		from = int(offset) // here a tuple is packed into one vector
	} else if err := e.run(k, vals); err != nil {
		return nil, err
	}
	s := k.shape()
	return NewValue(s, append([]T{}, e.mem[from:from+int(size(s))]...)), nil
}

// interpreter executes each descriptor when it is emitted. A Val is an offset into its memory.
type interpreter[T float32 | float64] struct {
	mem []T
	err error
}

// run computes the outputs of k and appends them to the inputs in memory.
func (e *interpreter[T]) run(k *kernel, in []Val) error {
	out := make([]Val, len(k.out))
	for i, n := range k.Sizes() {
		out[i] = Val(len(e.mem))
		e.mem = append(e.mem, make([]T, n)...)
	}
	k.lower(e, in, out)
	return e.err
}

// Emit implements Emitter.
func (e *interpreter[T]) Emit(d kernels.Desc, args ...Val) {
	for i, a := range args {
		d.Arg[i] = int64(a) // None is kernels.Absent
	}
	if e.err == nil {
		e.err = ref.Exec(&d, e.mem)
	}
}

// Offset implements Emitter.
func (e *interpreter[T]) Offset(v Val, n int64) Val { return v + Val(n) }

// Uniform implements Emitter. No value is known before the op runs.
func (e *interpreter[T]) Uniform(Val) (float32, bool) { return 0, false }

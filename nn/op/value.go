package op

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Elements returns the elements of v in row-major order. They alias v if its memory has that order.
// A view is copied first, because its backing array is that of its parent.
func Elements[T float32 | float64](v G.Value) ([]T, error) {
	if d, ok := v.(*tensor.Dense); ok && (d.RequiresIterator() || d.IsMaterializable()) {
		v = d.Materialize().(*tensor.Dense)
	}
	switch x := v.Data().(type) {
	case T:
		return []T{x}, nil
	case []T:
		return x[:max(v.Size(), 1)], nil
	}
	return nil, fmt.Errorf("op: want a value of %T, got %T of %v", *new(T), v, v.Dtype())
}

// NewValue wraps data in a value of the given shape, a scalar for rank 0.
func NewValue[T float32 | float64](shape tensor.Shape, data []T) G.Value {
	if shape.Dims() > 0 {
		return tensor.New(tensor.WithShape(slices.Clone(shape)...), tensor.WithBacking(data))
	}
	if x, ok := any(data[0]).(float32); ok {
		return G.NewF32(x)
	}
	return G.NewF64(float64(data[0]))
}

package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
)

// Val is a tensor known to an [Emitter].
type Val int

// None stands for an absent optional argument.
const None Val = -1

// Emitter receives the descriptors of the op that is being lowered.
type Emitter interface {
	// Emit appends an op with its arguments in the order of its Spec.
	Emit(d kernels.Desc, args ...Val)
	// Offset returns the part of v that starts n floats later, without moving data.
	Offset(v Val, n int64) Val
	// Uniform returns c and true if every element of v is known to be the constant c.
	Uniform(v Val) (c float32, ok bool)
}

// Lowerer is an op that the machine can lower.
type Lowerer interface {
	G.SDOp
	// Sizes lists the lengths of the outputs. With more than one output the node is a tuple; ops
	// with an Alias read its parts.
	Sizes() []int64
	// Alias reports whether the result is a part of input 0, or all of it if input 0 is no tuple.
	// packed is the part's first element if the tuple is stored as one vector.
	Alias() (part int, packed int64, ok bool)
	// Fold returns the value of the result if it is a constant, given the known inputs.
	Fold(e Emitter, in []Val) (c float32, ok bool)
	// Lower emits the descriptors that compute out from in.
	Lower(e Emitter, in, out []Val)
}

var _ Lowerer = (*kernel)(nil)

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
	// Offset is the part of v that starts n floats later; no data moves.
	Offset(v Val, n int64) Val
	// Uniform returns c and true when every element of v is known to be the constant c.
	Uniform(v Val) (c float32, ok bool)
}

// Lowerer is an op that the machine can lower.
type Lowerer interface {
	G.SDOp
	// Sizes lists the lengths of the outputs. More than one makes the node a tuple, whose
	// parts are read by an op with an Alias.
	Sizes() []int64
	// Alias reports that the result is a part of input 0, or input 0 itself where that is no
	// tuple; packed is where the part begins if a tuple is stored as one vector.
	Alias() (part int, packed int64, ok bool)
	// Fold returns the constant that the result is known to be, given the known inputs.
	Fold(e Emitter, in []Val) (c float32, ok bool)
	// Lower emits the descriptors that compute out from in.
	Lower(e Emitter, in, out []Val)
}

var _ Lowerer = (*kernel)(nil)

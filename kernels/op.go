package kernels

import "fmt"

// Op is an operation code. What its arguments, dimensions and scalars mean is documented at
// the constant and executed by its [Spec]; C has the same codes in cpu/ops.h.
type Op uint32

// OpNone is the code of no op.
//
// The ops themselves are declared by family, each with its formula and its [Spec], in op_*.go. Tensors are contiguous and
// row-major unless a leading dimension is named. "acc" means: with [FlagAccumulate] the result is added to the output
// (out = out + result), without it the output is overwritten. Codes are part of [Program.Hash]: they never change, and a
// new op takes the next one.
const OpNone Op = 0

// Fn is a pointwise function: the body of OpUnary and the epilogue of OpGemm and OpConv.
type Fn uint32

// The pointwise functions, with the derivative each backend uses.
const (
	FnIdentity   Fn = iota // x
	FnAffine               // Scalar[0] x + Scalar[1], product rounded first; f' = Scalar[0]
	FnReLU                 // x < 0 ? 0 : x, so NaN stays; f' = y > 0
	FnLeakyReLU            // x > 0 ? x : Scalar[0] x; f' = y > 0 ? 1 : Scalar[0]
	FnTanh                 // f' = 1 - y y
	FnSigmoid              // 1/(1+exp(-x)); f' = y (1 - y)
	FnExp                  // f' = y
	FnLog                  // f' = 1/x
	FnSquare               // x x; f' = 2 x
	FnSqrt                 // f' = 0.5 / y
	FnReciprocal           // 1/x; f' = -(y y)
	FnAbs                  // f' = sign x, 0 at 0
	FnClamp                // min(max(x, Scalar[0]), Scalar[1]); f' = 1 strictly inside, else 0
	FnSiLU                 // x / (1+exp(-x)); f' = s fma(x, 1-s, 1) with s = sigmoid x
	FnGELU                 // x Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016, exact); f' = fma(x, phi(x), Phi(x))
	fnEnd
)

// Bin is the body of OpBinary.
type Bin uint32

// The binary operations.
const (
	BinAdd Bin = iota
	BinSub
	BinMul
	BinDiv
	BinMin
	BinMax
	binEnd
)

// Flags modify an op; which ops know which flag is documented at the op.
type Flags uint32

// The flags.
const (
	FlagAccumulate Flags = 1 << iota
	FlagTransA
	FlagTransB
	FlagFnGrad
	FlagSelf     // an agent attends to itself, too
	FlagWinograd // a convolution has the form F(2x2, 3x3)
)

// Constants of the specification of the ops.
const (
	// BlockK is the length of a block of a product sum, in terms.
	BlockK = 256
	// WinogradBlock is the length of a block of OpConvGradW with FlagWinograd, in tiles of 2x2 pixels.
	WinogradBlock = BlockK / 4
	// Lanes is the number of virtual lanes of a vector sum.
	Lanes = 16
	// Chunk is the number of elements of one chunk of a vector sum.
	Chunk = 4096
	// ChunkRows is the number of rows of one chunk of a sum over rows.
	ChunkRows = 256
	// MaskedLogProb is the log-probability of an illegal action: finite, and exp of it is 0.
	MaskedLogProb = -1e9
	// CounterBase is the base of the two digits of a counter.
	CounterBase = 1 << 24
)

var fnNames = [...]string{"identity", "affine", "relu", "leakyrelu", "tanh", "sigmoid", "exp", "log", "square", "sqrt", "reciprocal", "abs", "clamp", "silu", "gelu"}

// String returns the name used in dumps.
func (f Fn) String() string {
	if f < fnEnd {
		return fnNames[f]
	}
	return fmt.Sprintf("fn(%d)", uint32(f))
}

var binNames = [...]string{"add", "sub", "mul", "div", "min", "max"}

// String returns the name used in dumps.
func (b Bin) String() string {
	if b < binEnd {
		return binNames[b]
	}
	return fmt.Sprintf("bin(%d)", uint32(b))
}

// String returns the name used in dumps.
func (o Op) String() string {
	if s, ok := SpecOf(o); ok {
		return s.Name
	}
	return fmt.Sprintf("op(%d)", uint32(o))
}

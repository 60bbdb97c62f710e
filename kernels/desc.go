package kernels

// Limits of a descriptor; the same as in program.h.
const (
	MaxArgs    = 8
	MaxDims    = 12
	MaxScalars = 4
)

// Absent marks an optional argument that is not given.
const Absent int64 = -1

// Desc describes one op: 208 bytes with the same layout in Go, C and CUDA (program.h).
type Desc struct {
	Op    Op
	Fn    Fn // pointwise function of OpUnary, OpUnaryGrad, OpGemm, OpConv and the sums
	Bin   Bin
	Flags Flags

	Seed   uint64 // Philox key of the random ops
	Stream uint32 // last counter word of the random ops
	_      uint32

	Arg    [MaxArgs]int64 // arena offsets in floats, in the order of the op's Spec; Absent if not given
	Dim    [MaxDims]int64 // dimensions and leading dimensions, in the order of the op's Spec
	Scalar [MaxScalars]float32
}

// Has reports whether all flags of f are set.
func (d *Desc) Has(f Flags) bool { return d.Flags&f == f }

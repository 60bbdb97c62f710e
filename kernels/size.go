package kernels

import (
	"fmt"
	"math/bits"
)

// Sizes of hand-made Programs may not fit an int64. So sums and products of sizes stop at
// tooLong, which is longer than every arena and leaves room for an offset.
const (
	tooLong = int64(1) << 60
	// maxDim is the largest dimension: the floats of the address space of an arena.
	maxDim = LocalBase
)

// plus is a + b of sizes, at most tooLong.
func plus(a, b int64) int64 { return min(min(a, tooLong)+min(b, tooLong), tooLong) }

// mul is the product of sizes, at most tooLong; 0 where one of them is 0.
func mul(sizes ...int64) int64 {
	n := int64(1)
	for _, s := range sizes {
		if s == 0 {
			return 0
		}
		high, low := bits.Mul64(uint64(n), uint64(s))
		if high != 0 || low > uint64(tooLong) {
			low = uint64(tooLong)
		}
		n = int64(low)
	}
	return n
}

// checkDims reports a dimension that is negative or larger than any arena.
func (d *Desc) checkDims(s *Spec) error {
	for i, name := range s.Dims {
		if d.Dim[i] < 0 {
			return fmt.Errorf("%s: dimension %s is %d, must not be negative", s.Name, name, d.Dim[i])
		}
		if d.Dim[i] > maxDim {
			return fmt.Errorf("%s: dimension %s is %d, at most 2^48 are allowed", s.Name, name, d.Dim[i])
		}
	}
	return nil
}

// checkGemm checks flags and function of a product, and that no element of C has two values.
func (d *Desc) checkGemm() error {
	if d.Flags&^(FlagAccumulate|FlagTransA|FlagTransB|FlagFnGrad) != 0 {
		return fmt.Errorf("gemm: unknown flags %04b", d.Flags)
	}
	if d.Has(FlagFnGrad) && (!d.Fn.fromOutput() || d.Arg[3] == Absent) {
		return fmt.Errorf("gemm: the gradient of %s needs aux, and a function that is known from its output", d.Fn)
	}
	rows, width, pitch, groups, stride := d.Dim[GemmM], d.Dim[GemmN], d.Dim[GemmLDC], d.Dim[GemmGroups], d.Dim[GemmStrideC]
	apart := stride >= strided(rows, width, pitch, 1) || stride >= width && mul(groups, stride) <= pitch // behind or beside each other
	switch {
	case rows > 1 && pitch < width:
		return fmt.Errorf("gemm: rows of C overlap: ldc is %d, N is %d", pitch, width)
	case groups > 1 && !apart:
		return fmt.Errorf("gemm: groups of C overlap: strideC is %d for [%d, %d] with ldc %d", stride, rows, width, pitch)
	}
	return nil
}

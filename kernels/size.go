package kernels

import (
	"fmt"
	"math/bits"
)

// Sizes of hand-made Programs may overflow an int64. So sums and products of sizes saturate at
// tooLong, which is longer than every arena and leaves room for an offset.
const (
	tooLong = int64(1) << 60
	// maxDim is the largest dimension: the size of an arena's address space in floats.
	maxDim = LocalBase
)

// plus is a + b of sizes, at most tooLong.
func plus(a, b int64) int64 { return min(min(a, tooLong)+min(b, tooLong), tooLong) }

// mul is the product of sizes, at most tooLong; 0 if one of them is 0.
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

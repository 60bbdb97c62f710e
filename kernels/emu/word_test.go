//go:build emu

package emu

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// Properties that products do not show: the sign of zero, and the position of a number in a word.
func TestWords(t *testing.T) {
	negative := float32(math.Copysign(0, -1))
	for _, x := range []float32{0, negative, 1, 1 + 0x1p-11, -1 - 0x1p-8, float32(math.Inf(-1)), math.MaxFloat32, 0x1p-149, -0x1p-130} {
		tf32, bf16 := math.Float32bits(kerneltest.Rounded(kernels.TF32, x)), math.Float32bits(kerneltest.Rounded(kernels.BF16, x))
		if got := word(kernels.TF32, x, 5); got != tf32 {
			t.Errorf("tf32 of %x is %08x, want %08x", x, got, tf32)
		}
		if got := word(kernels.BF16, x, 1); got != 0x3f80<<16|bf16>>16 {
			t.Errorf("bf16 of (%x, 1) is %08x, want %08x in the lower half", x, got, bf16>>16)
		}
		if got := word(kernels.BF16, 1, x); got != 0x3f80|bf16 {
			t.Errorf("bf16 of (1, %x) is %08x, want %08x in the upper half", x, got, bf16>>16)
		}
	}
	for _, bits := range []uint32{0x7fc00000, 0xffc00000, 0x7f800001, 0x7fffffff} {
		nan := math.Float32frombits(bits)
		if tf32 := math.Float32frombits(word(kernels.TF32, nan, 0)); tf32 == tf32 {
			t.Errorf("tf32 of the NaN %08x is %g", bits, tf32)
		}
		if bf16 := math.Float32frombits(word(kernels.BF16, nan, 0) << 16); bf16 == bf16 {
			t.Errorf("bf16 of the NaN %08x is %g", bits, bf16)
		}
	}
}

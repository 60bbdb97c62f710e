//go:build emu

package emu

/*
#include <stdint.h>
uint32_t gmel_emu_word(int bf16, float x, float y);
*/
import "C"

import "github.com/gmel-go/gmel/kernels"

// word is the word for the tensor cores that the kernels make of x, or in bf16 of x and y.
func word(precision string, x, y float32) uint32 {
	second := C.int(0)
	if precision == kernels.BF16 {
		second = 1
	}
	return uint32(C.gmel_emu_word(second, C.float(x), C.float(y)))
}

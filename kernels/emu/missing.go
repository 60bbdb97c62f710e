//go:build emu || ptx

package emu

/*
#include "../gpu/cuda/gmel_cuda.h"
*/
import "C"

import "github.com/gmel-go/gmel/kernels"

// hasKernel reports whether there is a CUDA kernel for an op.
func hasKernel(op kernels.Op) bool {
	d := C.desc{op: C.uint32_t(op)}
	d.dim = [12]C.int64_t{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	return C.gmel_cuda_missing(&d, 1) == C.OP_NONE
}

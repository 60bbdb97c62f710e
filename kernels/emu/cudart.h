// The CUDA runtime, as far as the host code of nvcc calls it. Kernels are listed when the program starts, with the PTX of their
// module; a launch calls gmel_ptx_launch.
#ifndef GMEL_EMU_CUDART_H
#define GMEL_EMU_CUDART_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	unsigned x, y, z;
} cuda_dim3;

// cuda_kernel is a kernel of a module.
typedef struct cuda_kernel {
	const char *name;    // its entry in PTX
	const void *module;  // a fat binary, which has the PTX
	const void *on_host; // the function by which nvcc's host code names the kernel
	const struct cuda_kernel *next;
} cuda_kernel;

// gmel_ptx_kernels is the first of all kernels of the program.
const cuda_kernel *gmel_ptx_kernels(void);

enum { CUDA_SUCCESS, CUDA_INVALID_VALUE, CUDA_OUT_OF_MEMORY, CUDA_UNKNOWN_KERNEL = 98, CUDA_LAUNCH_FAILURE = 719 };

#endif

// Games that a device plays. A game has CUDA code of its own, outside of this folder; it defines one gmel_cuda_environment, which
// adds itself to the list when the program starts. So a new game needs no edit here.
#ifndef GMEL_ENVIRONMENT_CUH
#define GMEL_ENVIRONMENT_CUH

#include "kernel.cuh"

struct gmel_cuda_environment {
	const char *name; // kernels.Image.Kernel
	// scratch is the working memory that each world needs, in words; -1 where the params are not those of this code.
	int64_t (*scratch)(const void *params, int64_t params_bytes);
	// enqueue launches the slot l.d, an OP_STEP, of the worlds w. SLOT_NEXT_OBS and SLOT_NEXT_MASK are absent where nothing reads them.
	int32_t (*enqueue)(const gmel_cuda_world &w, const launch &l, void *stream);
	const gmel_cuda_environment *next;

	gmel_cuda_environment(const char *name, int64_t (*scratch)(const void *, int64_t),
	                      int32_t (*enqueue)(const gmel_cuda_world &, const launch &, void *));
};

#endif

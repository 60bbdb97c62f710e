//go:build ptx

#include "cudart.h"

#include <stdlib.h>

#include "_cgo_export.h"

// What follows __cudaRegisterFatBinary's argument is laid out in fatbinary_section.h of the toolkit.
typedef struct {
	int magic, version;
	const void *data;
	void *file;
} fat_binary;

static const cuda_kernel *kernels;

void **__cudaRegisterFatBinary(const fat_binary *binary) { return (void **)binary->data; }
void __cudaRegisterFatBinaryEnd(void **module) { (void)module; }
void __cudaUnregisterFatBinary(void **module) { (void)module; }

void __cudaRegisterFunction(void **module, const void *on_host, void *on_device, const char *name, int limit, void *thread, void *block,
                            void *block_size, void *grid_size, int *warp) {
	(void)on_device, (void)limit, (void)thread, (void)block, (void)block_size, (void)grid_size, (void)warp;
	cuda_kernel *k = malloc(sizeof *k);
	if (!k) abort(); // the program has just started
	*k = (cuda_kernel){name, module, on_host, kernels};
	kernels = k;
}

const cuda_kernel *gmel_ptx_kernels(void) { return kernels; }

int __cudaGetKernel(const cuda_kernel **kernel, const void *on_host) {
	for (const cuda_kernel *k = kernels; k; k = k->next)
		if (k->on_host == on_host) {
			*kernel = k;
			return CUDA_SUCCESS;
		}
	return CUDA_UNKNOWN_KERNEL;
}

// The shape of a launch, from the brackets <<< >>> to the call of the kernel's function, and its result.
static _Thread_local struct {
	cuda_dim3 grid, block;
	size_t shared;
	void *stream;
	int result;
} call;

unsigned __cudaPushCallConfiguration(cuda_dim3 grid, cuda_dim3 block, size_t shared, void *stream) {
	call.grid = grid, call.block = block, call.shared = shared, call.stream = stream;
	return 0;
}

int __cudaPopCallConfiguration(cuda_dim3 *grid, cuda_dim3 *block, size_t *shared, void **stream) {
	*grid = call.grid, *block = call.block, *shared = call.shared, *stream = call.stream;
	return CUDA_SUCCESS;
}

int __cudaLaunchKernel(const cuda_kernel *kernel, cuda_dim3 grid, cuda_dim3 block, void **args, size_t shared, void *stream) {
	return call.result = gmel_ptx_launch((cuda_kernel *)kernel, grid, block, args, shared, stream);
}

int cudaPeekAtLastError(void) { return call.result; }

// Any size of shared memory up to the device's is accepted by a launch.
int cudaFuncSetAttribute(const void *on_host, int attribute, int value) {
	(void)on_host, (void)attribute, (void)value;
	return CUDA_SUCCESS;
}

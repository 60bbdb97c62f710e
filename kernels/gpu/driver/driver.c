#include "driver.h"

#include <cuda.h>
#include <dlfcn.h>
#include <string.h>

// The table of entry points, and their names: each ends with 0, and the list with one more 0. Both are
// generated from cuda.h by scripts/gpu-library.
extern void *gmel_driver_table[];
extern const char gmel_driver_names[];

CUresult gmel_driver_not_loaded(void) { return CUDA_ERROR_NOT_INITIALIZED; }
CUresult gmel_driver_success(void) { return CUDA_SUCCESS; }
static CUresult not_found(void) { return CUDA_ERROR_NOT_FOUND; }

int gmel_driver_load(int *result) {
	*result = CUDA_SUCCESS;
	void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library) return GMEL_DRIVER_ABSENT;
	int i = 0;
	for (const char *name = gmel_driver_names; *name; name += strlen(name) + 1, i++) {
		void *entry = dlsym(library, name);
		gmel_driver_table[i] = entry ? entry : (void *)not_found;
	}
	*result = cuInit(0);
	return *result == CUDA_SUCCESS ? GMEL_DRIVER_READY : GMEL_DRIVER_FAILED;
}

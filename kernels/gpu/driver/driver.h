// The CUDA driver, loaded on demand. An executable that is linked with libcuda.so.1 does not start
// without an installed driver, and gorgonia.org/cu ends the process if cuInit fails. So this program
// is linked with its own libcuda.a, whose entry points jump through a table.
#ifndef GMEL_DRIVER_H
#define GMEL_DRIVER_H

// Results of gmel_driver_load.
enum { GMEL_DRIVER_READY, GMEL_DRIVER_ABSENT, GMEL_DRIVER_FAILED };

// gmel_driver_load loads libcuda.so.1, fills the table and calls cuInit; *result is the result of
// cuInit. Before that, cuInit does nothing and returns success, because gorgonia.org/cu calls it at
// program start, and all other entry points return CUDA_ERROR_NOT_INITIALIZED. An entry point that
// the driver lacks returns CUDA_ERROR_NOT_FOUND. Call it once, or from one thread at a time.
int gmel_driver_load(int *result);

#endif

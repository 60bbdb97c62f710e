// The CUDA driver, loaded when it is wanted. Programs linked with libcuda.so.1 do not start where
// no driver is installed, and gorgonia.org/cu ends the process where cuInit fails; so the program
// is linked with a libcuda.a of ours instead, whose entry points jump through a table.
#ifndef GMEL_DRIVER_H
#define GMEL_DRIVER_H

// What gmel_driver_load found.
enum { GMEL_DRIVER_READY, GMEL_DRIVER_ABSENT, GMEL_DRIVER_FAILED };

// gmel_driver_load loads libcuda.so.1, fills the table and calls cuInit; *result is what that
// returned. Until then cuInit does nothing and returns success, for the sake of programs that call
// it at their start, and all else returns CUDA_ERROR_NOT_INITIALIZED. An entry point that the
// driver lacks returns CUDA_ERROR_NOT_FOUND. To be called once, or by one thread at a time.
int gmel_driver_load(int *result);

#endif

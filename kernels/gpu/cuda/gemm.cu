#include "tasks.cuh"

const kernel *gemm_kernel(const desc &, int) { return NULL; }

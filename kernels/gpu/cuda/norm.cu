#include "tasks.cuh"

const kernel *norm_kernel(const desc &) { return NULL; }
